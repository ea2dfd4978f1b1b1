"""Checks a resource's values against Azure's published resource types, deeper than names: lengths, patterns, allowed values.

The types are files of Azure/bicep-types-az; AZURE_TYPES_DIR names their folder.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.infra.tools.bicep import Resource

_REQUIRED, _READ_ONLY, _CONSTANT = 1, 2, 8


class AzureTypes:
    """The published types of a folder."""

    def __init__(self, folder: Path) -> None:
        self._types: dict[str, tuple[list[dict[str, Any]], dict[str, Any]]] = {}
        for path in sorted(folder.glob("*.json")):
            types = json.loads(path.read_text("utf-8"))
            for entry in types:
                if entry["$type"] == "ResourceType":
                    self._types[entry["name"].lower()] = (types, entry)

    def problems(self, resource: Resource) -> list[str]:
        """Return what the type does not allow in a resource."""
        key = f"{resource.type}@{resource.api_version}".lower()
        if key not in self._types:
            return [f"{resource.symbol}: no type {key}"]
        types, entry = self._types[key]
        return list(_check(types, _follow(types, entry["body"]), resource.body, resource.symbol))


def _follow(types: list[dict[str, Any]], reference: Mapping[str, str]) -> dict[str, Any]:
    return types[int(reference["$ref"].rpartition("/")[2])]


def _check(types: list[dict[str, Any]], kind: dict[str, Any], value: Any, path: str) -> Iterator[str]:
    match kind["$type"]:
        case "ObjectType" | "DiscriminatedObjectType":
            yield from _check_object(types, kind, value, path)
        case "ArrayType":
            if not isinstance(value, list):
                yield f"{path}: no array"
                return
            for index, item in enumerate(value):
                yield from _check(types, _follow(types, kind["itemType"]), item, f"{path}[{index}]")
        case "UnionType":
            elements = [_follow(types, element) for element in kind["elements"]]
            if all(any(_check(types, element, value, path)) for element in elements):
                yield f"{path}: {value!r} is none of the allowed values"
        case _:
            yield from _check_scalar(kind, value, path)


def _check_object(types: list[dict[str, Any]], kind: dict[str, Any], value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{path}: no object"
        return
    known = dict(kind["properties"] if "properties" in kind else kind["baseProperties"])
    if kind["$type"] == "DiscriminatedObjectType":
        known |= _follow(types, kind["elements"][value[kind["discriminator"]]])["properties"]
    for name, item in value.items():
        if name not in known:
            if "additionalProperties" in kind:
                yield from _check(types, _follow(types, kind["additionalProperties"]), item, f"{path}.{name}")
            else:
                yield f"{path}.{name}: unknown"
            continue
        flags = known[name].get("flags", 0)
        if flags & _READ_ONLY and not flags & _CONSTANT:
            yield f"{path}.{name}: read-only"
        if item is not None:
            yield from _check(types, _follow(types, known[name]["type"]), item, f"{path}.{name}")
    for name, entry in known.items():
        flags = entry.get("flags", 0)
        if flags & _REQUIRED and not flags & _CONSTANT and name not in value:
            yield f"{path}.{name}: missing"


def _check_scalar(kind: dict[str, Any], value: Any, path: str) -> Iterator[str]:
    expected = {"StringType": str, "StringLiteralType": str, "IntegerType": int, "BooleanType": bool}
    wanted = expected.get(kind["$type"], object)
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        yield f"{path}: {value!r} is no {kind['$type']}"
        return
    if kind["$type"] == "StringLiteralType" and value != kind["value"]:
        yield f"{path}: {value!r} is not {kind['value']!r}"
    size = len(value) if isinstance(value, str) else value if isinstance(value, int) else 0
    low, high = kind.get("minLength", kind.get("minValue")), kind.get("maxLength", kind.get("maxValue"))
    if (low is not None and size < low) or (high is not None and size > high):
        yield f"{path}: {value!r} is not between {low} and {high}"
    if kind.get("pattern") and not re.search(kind["pattern"], str(value)):
        yield f"{path}: {value!r} does not match {kind['pattern']}"
