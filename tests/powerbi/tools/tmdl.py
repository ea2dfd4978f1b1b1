"""Reads TMDL, the text form of a Power BI semantic model, as strictly as the files here need it.

https://learn.microsoft.com/analysis-services/tmdl/tmdl-overview
"""

import re
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

KNOWN = MappingProxyType(
    {
        "database": {"compatibilityLevel"},
        "model": {
            "culture",
            "defaultPowerBIDataSourceVersion",
            "discourageImplicitMeasures",
            "sourceQueryCulture",
            "dataAccessOptions",
            "annotation",
            "ref",
        },
        "dataAccessOptions": {"legacyRedirects", "returnErrorValuesAsNull"},
        "table": {"dataCategory", "isHidden", "measure", "column", "partition"},
        "measure": {"formatString", "isHidden", "displayFolder", "formatStringDefinition"},
        "column": {"dataType", "isHidden", "isKey", "formatString", "summarizeBy", "sourceColumn", "sortByColumn"},
        "partition": {"mode", "source"},
        "relationship": {"fromColumn", "toColumn"},
        "expression": {"annotation"},
    }
)
"""What may appear below each kind of object, in the files of this project."""

_OBJECT = re.compile(r"(?P<kind>\w+)(?: (?P<name>'(?:[^']|'')+'|[^\s=:']+))?(?: =(?: (?P<expression>.*))?)?")
_PROPERTY = re.compile(r"(?P<kind>\w+): (?P<value>.+)")
_REFERENCE = re.compile(r"ref table (?P<name>.+)")


class TmdlError(ValueError):
    """A line that is not TMDL, or not of the kinds that this project uses; the text names file and line."""


@dataclass
class Node:
    """An object or a property: `expression` is what follows `=`, on its line or indented below it."""

    kind: str
    name: str = ""
    value: str = ""
    expression: str = ""
    description: str = ""
    children: list["Node"] = field(default_factory=list)

    def of(self, kind: str) -> list["Node"]:
        """Return the children of a kind."""
        return [child for child in self.children if child.kind == kind]

    def get(self, kind: str) -> str:
        """Return a property's value, or the empty text."""
        return next((child.value for child in self.of(kind)), "")

    def has(self, kind: str) -> bool:
        """Tell whether a property without a value is there."""
        return bool(self.of(kind))


class _Reader:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines = path.read_text(encoding="utf-8").split("\n")
        self.at = 0

    def fail(self, why: str) -> TmdlError:
        return TmdlError(f"{self.path.name}:{self.at + 1}: {why}: {self.lines[self.at].strip()!r}")

    def block(self, depth: int, parent: str) -> list[Node]:
        nodes: list[Node] = []
        description: list[str] = []
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if not line.strip():
                self.at += 1
                continue
            indent = _tabs(line)
            if indent < depth:
                break
            text = line.strip()
            if indent > depth or line[indent] == " ":
                raise self.fail(f"expected {depth} tabs")
            if text.startswith("///"):
                description.append(text.removeprefix("///").strip())
                self.at += 1
                continue
            node = self.node(text, depth)
            node.description = " ".join(description)
            description = []
            if parent and node.kind not in KNOWN.get(parent, ()):
                raise TmdlError(f"{self.path.name}: {node.kind!r} does not belong into {parent!r}")
            nodes.append(node)
        if description:
            raise TmdlError(f"{self.path.name}: a description without an object")
        return nodes

    def node(self, text: str, depth: int) -> Node:
        if reference := _REFERENCE.fullmatch(text):
            self.at += 1
            return Node("ref", _unquoted(reference["name"]))
        if prop := _PROPERTY.fullmatch(text):
            self.at += 1
            return Node(prop["kind"], value=prop["value"])
        found = _OBJECT.fullmatch(text)
        if not found:
            raise self.fail("neither an object nor a property")
        node = Node(found["kind"], _unquoted(found["name"] or ""))
        self.at += 1
        if found["expression"]:
            node.expression = found["expression"]
        elif text.endswith(" ="):
            node.expression = self.body(depth + 2)
        node.children = self.block(depth + 1, node.kind)
        return node

    def body(self, depth: int) -> str:
        start = self.at
        while self.at < len(self.lines) and (not self.lines[self.at].strip() or _tabs(self.lines[self.at]) >= depth):
            self.at += 1
        return textwrap.dedent("\n".join(self.lines[start : self.at])).strip("\n")


def _tabs(line: str) -> int:
    return len(line) - len(line.lstrip("\t"))


def _unquoted(name: str) -> str:
    return name[1:-1].replace("''", "'") if name.startswith("'") else name


def read(path: Path) -> list[Node]:
    """Read one file; raises TmdlError."""
    return _Reader(path).block(0, "")
