"""Runs a Bicep file on paper: which resources it would ask Azure for, with every name, scope, role and setting filled in.

Covers the part of the language that infra/ uses and refuses everything else, so that nothing is passed over in silence. A value
that only Azure knows (an object id, a connection string, another module's output) is a `Runtime` text; a name, scope or
condition that rests on one is refused, as the compiler does (BCP120).
https://learn.microsoft.com/azure/azure-resource-manager/bicep/file
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

from tests.infra.tools.bicep_expressions import Expressions, Local, text_of
from tests.infra.tools.bicep_values import SUBSCRIPTION, BicepError, Group, Runtime, Symbol, settled

GROUP = Group(SUBSCRIPTION, "rg-balances")
_PARSER = Parser(Language(tree_sitter_bicep.language()))
_CONSTANTS = {"string", "number", "boolean", "array"}


@dataclass(frozen=True)
class Parameter:
    """A parameter: its decorators (`minLength` and such) by name, and whether it has a default."""

    type: str
    decorators: Mapping[str, Any]
    has_default: bool
    default: Any = None


@dataclass(frozen=True)
class Resource:
    """A resource that would be asked for; `scope` is the id of the resource that an extension such as a role stands on."""

    file: str
    symbol: str
    type: str
    api_version: str
    name: str
    id: str
    body: Mapping[str, Any]
    scope: str = ""


@dataclass(frozen=True)
class _Declaration:
    node: Node
    decorators: Mapping[str, Any]


@dataclass(frozen=True)
class _Outputs:
    """The outputs of a module, which are not known before it is deployed."""

    module: "File"

    def get(self, member: str) -> Any:
        value = self.module.outputs[member]
        return Runtime(value) if isinstance(value, str) else value


@dataclass
class File:
    """One file, deployed with parameters to a group."""

    path: Path
    given: Mapping[str, Any]
    group: Group = GROUP
    _found: dict[str, Any] = field(default_factory=dict)

    def get(self, member: str) -> _Outputs:
        """Return what another file can say of this module: `outputs`."""
        return {"outputs": _Outputs(self)}[member]

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """The parameters by name, in the file's order."""
        found: dict[str, Parameter] = {}
        for name, declaration in self._declared("parameter_declaration").items():
            last = declaration.node.named_children[-1]
            found[name] = Parameter(
                type=text_of(_only(declaration.node, "type")),
                decorators=declaration.decorators,
                has_default=last.type != "type",
                default=self._value(last) if last.type in _CONSTANTS else None,
            )
        return found

    @cached_property
    def types(self) -> dict[str, dict[str, bool]]:
        """The members of each type by name, and whether they must be given."""
        return {
            name: {
                text_of(member.named_children[0]): member.named_children[1].type != "nullable_type"
                for member in _only(declaration.node, "object").named_children
                if member.type == "object_property"
            }
            for name, declaration in self._declared("type_declaration").items()
        }

    @cached_property
    def resources(self) -> list[Resource]:
        """All resources that would be asked for, those of the modules included; `existing` ones are not."""
        found: list[Resource] = []
        for declaration in self._declared("resource_declaration").values():
            found += self._resource(declaration.node, None)
        for name in self._declared("module_declaration"):
            found += self._look_up(name).resources
        return found

    @cached_property
    def outputs(self) -> dict[str, Any]:
        """The outputs by name."""
        declared = self._declared("output_declaration")
        return {name: self._value(declaration.node.named_children[-1]) for name, declaration in declared.items()}

    @cached_property
    def _expressions(self) -> Expressions:
        return Expressions(self.path.parent, self.group, self._look_up)

    def _value(self, node: Node, local: Local | None = None) -> Any:
        try:
            return self._expressions.value(node, local or {})
        except BicepError as error:
            raise BicepError(f"{self.path.name}: {error}") from None

    @cached_property
    def _all(self) -> dict[str, dict[str, _Declaration]]:
        root = _parsed(self.path.read_bytes())
        if root.has_error:
            raise BicepError(f"{self.path.name}: cannot be parsed")
        found: dict[str, dict[str, _Declaration]] = {}
        decorators: dict[str, Any] = {}
        for node in root.named_children:
            if node.type == "decorators":
                decorators = dict(self._decorator(each.named_children[0]) for each in node.named_children)
            elif node.type not in ("comment", "target_scope_assignment"):
                found.setdefault(node.type, {})[_name(node)] = _Declaration(node, decorators)
                decorators = {}
        return found

    def _declared(self, kind: str) -> Mapping[str, _Declaration]:
        return self._all.get(kind, {})

    def _decorator(self, call: Node) -> tuple[str, Any]:
        arguments = [self._value(argument) for argument in call.named_children[1].named_children]
        return text_of(call.named_children[0]), arguments[0] if arguments else True

    def _look_up(self, name: str) -> Any:
        if name not in self._found:
            self._found[name] = self._find(name)
        return self._found[name]

    def _find(self, name: str) -> Any:
        for kind, find in (
            ("parameter_declaration", self._parameter),
            ("variable_declaration", lambda node: self._value(node.named_children[-1])),
            ("module_declaration", self._module),
            ("resource_declaration", lambda node: self._symbol(node, _Parts(node).body, None)),
        ):
            if name in self._declared(kind):
                return find(self._declared(kind)[name].node)
        raise BicepError(f"nothing is called {name}")

    def _parameter(self, node: Node) -> Any:
        if _name(node) in self.given:
            return self.given[_name(node)]
        if node.named_children[-1].type == "type":
            raise BicepError(f"the parameter {_name(node)} is not given")
        return self._value(node.named_children[-1])

    def _module(self, node: Node) -> "File":
        body = self._expressions.members(_only(node, "object"), {})
        for fixed in ("name", "scope"):
            self._known(body.get(fixed), f"{fixed} of the module {_name(node)}")
        path = self.path.parent / self._value(_only(node, "string"))
        module = File(path, settled(body["params"]), body.get("scope", self.group))
        needed = {name for name, parameter in module.parameters.items() if not parameter.has_default}
        wrong = (module.given.keys() - module.parameters.keys()) | (needed - module.given.keys())
        if wrong:
            raise BicepError(f"{path.name}: parameters missing or unknown: {sorted(wrong)}")
        return module

    def _symbol(self, node: Node, body: Node, parent: Symbol | None, local: Local | None = None) -> Symbol:
        kind, _, _ = self._value(_only(node, "string")).partition("@")
        members = {
            name: self._value(value, local) for name in ("name", "parent", "scope") if (value := _member(body, name))
        }
        name = self._known(members["name"], f"the name of {_name(node)}")
        parent = members.get("parent", parent)
        if parent is not None:
            last = kind.rsplit("/", 1)[-1]
            return Symbol(f"{parent.type}/{last}", name, f"{parent.id}/{last}/{name}")
        base = members.get("scope", self.group).id
        return Symbol(kind, name, f"{base}/providers/{kind}/{name}")

    def _resource(self, node: Node, parent: Symbol | None, inherited: str = "") -> Iterator[Resource]:
        parts = _Parts(node)
        if parts.existing:
            return
        if parts.condition and not self._known(self._value(parts.condition), f"the condition of {_name(node)}"):
            return
        _, _, version = self._value(_only(node, "string")).partition("@")
        turns: list[Local] = [{}]
        if parts.item and parts.items:
            items = self._known(self._value(parts.items), f"the loop of {_name(node)}")
            turns = [{text_of(parts.item): item} for item in items]
        for local in turns:
            symbol = self._symbol(node, parts.body, parent, local)
            body = self._expressions.members(parts.body, local)
            scope = body.pop("scope", None)
            yield Resource(
                file=self.path.name,
                symbol=_name(node),
                type=symbol.type,
                api_version=version or inherited,
                name=symbol.name,
                id=symbol.id,
                body={key: value for key, value in body.items() if key not in ("parent", "dependsOn")},
                scope=scope.id if scope else "",
            )
            for child in parts.nested:
                yield from self._resource(child, symbol, version or inherited)

    def _known(self, value: Any, what: str) -> Any:
        if isinstance(value, Runtime):
            raise BicepError(f"{self.path.name}: {what} is not known when the deployment starts: {value}")
        return value


class _Parts:
    """The parts of a resource's declaration: the object, what stands around it, and the resources in it."""

    def __init__(self, node: Node) -> None:
        self.existing = any(child.type == "existing" for child in node.children)
        self.body = node.named_children[-1]
        self.condition: Node | None = None
        self.item: Node | None = None
        self.items: Node | None = None
        if self.body.type == "for_statement":
            self.item, self.items, self.body = self.body.named_children
        if self.body.type == "if_statement":
            self.condition, self.body = self.body.named_children
        members = [member.named_children[0] for member in self.body.named_children if member.named_children]
        self.nested = [member for member in members if member.type == "resource_declaration"]


@cache
def _parsed(source: bytes) -> Node:
    return _PARSER.parse(source).root_node


def _name(node: Node) -> str:
    return text_of(_only(node, "identifier"))


def _only(node: Node, kind: str) -> Node:
    return next(child for child in node.named_children if child.type == kind)


def _member(body: Node, name: str) -> Node | None:
    members = (member.named_children for member in body.named_children if member.type == "object_property")
    return next((member[1] for member in members if text_of(member[0]) == name), None)
