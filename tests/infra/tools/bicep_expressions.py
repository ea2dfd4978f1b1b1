"""Evaluates the expressions of a Bicep file, as tree-sitter-bicep parses them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tree_sitter import Node

from tests.infra.tools.bicep_values import FUNCTIONS, BicepError, Group, Runtime

Local = Mapping[str, Any]
"""The variables of loops and lambdas around an expression."""

_ESCAPES = {r"\n": "\n", r"\'": "'", r"\\": "\\", r"\$": "$"}
_ACCESSES = {"member_expression", "subscript_expression"}
_LOOSER = {"ternary_expression", "lambda_expression", "binary_expression", "unary_expression"}
"""The grammar lets these end before a property access that follows them; the language does not."""


def text_of(node: Node) -> str:
    """Return a node's source."""
    return (node.text or b"").decode()


@dataclass(frozen=True)
class Expressions:
    """Evaluates expressions of one file; `look_up` finds what the file declares."""

    folder: Path
    group: Group
    look_up: Callable[[str], Any]

    def value(self, node: Node, local: Local, then: tuple[Node, ...] = ()) -> Any:
        """Evaluate an expression and, after it, the accesses in `then`."""
        if node.type in _ACCESSES:
            return self.value(node.named_children[0], local, (node, *then))
        if node.type in _LOOSER:
            return self._operation(node, local, then)
        return self._access(self._plain(node, local), then, local)

    def _operation(self, node: Node, local: Local, then: tuple[Node, ...]) -> Any:
        parts = node.named_children
        if node.type == "lambda_expression":
            return lambda value: self.value(parts[1], {**local, text_of(parts[0]): value}, then)
        if node.type == "unary_expression" and node.children[0].type == "!":
            return not self.value(parts[0], local, then)
        left = self.value(parts[0], local)
        if node.type == "ternary_expression":
            return self.value(parts[1], local) if left else self.value(parts[2], local, then)
        match node.children[1].type:
            case "&&":
                return left and self.value(parts[1], local, then)
            case "==":
                return left == self.value(parts[1], local, then)
            case "??":
                return self.value(parts[1], local, then) if left is None else left
        raise BicepError(f"this operation is not read here: {text_of(node)}")

    def _access(self, value: Any, then: tuple[Node, ...], local: Local) -> Any:
        for node in then:
            if node.type == "subscript_expression":
                value = value[self.value(node.named_children[1], local)]
                continue
            member = text_of(node.named_children[1])
            if isinstance(value, Mapping):
                value = value.get(member) if node.children[1].type == ".?" else value[member]
            elif hasattr(value, "get"):
                value = value.get(member)
            else:
                value = getattr(value, member)
        return value

    def _plain(self, node: Node, local: Local) -> Any:
        match node.type:
            case "string":
                value: Any = self._string(node, local)
            case "number":
                value = int(text_of(node))
            case "boolean":
                value = text_of(node) == "true"
            case "null":
                value = None
            case "array":
                value = [self.value(item, local) for item in node.named_children if item.type != "comment"]
            case "object":
                value = self.members(node, local)
            case "parenthesized_expression":
                value = self.value(node.named_children[0], local)
            case "identifier":
                name = text_of(node)
                value = local[name] if name in local else self.look_up(name)
            case "call_expression":
                value = self._call(node, local)
            case _:
                raise BicepError(f"{node.type} is not read here: {text_of(node)}")
        return value

    def members(self, node: Node, local: Local) -> dict[str, Any]:
        """Evaluate an object; resources nested in it are left out."""
        found: dict[str, Any] = {}
        for member in node.named_children:
            if member.type == "object_property" and len(member.named_children) > 1:
                key, value = member.named_children
                found[self._string(key, local) if key.type == "string" else text_of(key)] = self.value(value, local)
        return found

    def _string(self, node: Node, local: Local) -> str:
        parts: list[Any] = []
        for part in node.named_children:
            match part.type:
                case "string_content":
                    parts.append(text_of(part))
                case "escape_sequence":
                    parts.append(_ESCAPES[text_of(part)])
                case "interpolation":
                    parts.append(self.value(part.named_children[0], local))
        text = "".join(str(part) for part in parts)
        return Runtime(text) if any(isinstance(part, Runtime) for part in parts) else text

    def _call(self, node: Node, local: Local) -> Any:
        name = text_of(node.named_children[0])
        arguments = [self.value(argument, local) for argument in node.named_children[1].named_children]
        match name:
            case "loadTextContent":
                result: Any = (self.folder / arguments[0]).read_text("utf-8")
            case "resourceGroup":
                result = Group(*arguments) if arguments else self.group
            case "resourceId":
                result = f"{self.group.id}/providers/{arguments[0]}/{arguments[1]}"
            case "subscription":
                result = self.group.subscription
            case "subscriptionResourceId":
                result = f"/subscriptions/{self.group.subscription}/providers/{arguments[0]}/{arguments[1]}"
            case _ if name in FUNCTIONS:
                result = FUNCTIONS[name](*arguments)
            case _:
                raise BicepError(f"the function {name} is not read here")
        unknown = any(isinstance(argument, Runtime) for argument in arguments)
        return Runtime(result) if unknown and isinstance(result, str) else result
