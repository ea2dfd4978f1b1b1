"""Lossless JSON: numbers keep the exact decimals that were sent, and ambiguous documents are rejected."""

import json
from collections.abc import Collection, Mapping
from decimal import Decimal
from functools import partial
from typing import Any, NoReturn


def loads(body: bytes, *, names: Collection[str] = ()) -> Any:
    """Parse UTF-8 JSON, with or without a byte order mark, every number as a Decimal.

    With `names`, a member whose name differs from one of them only in case gets that spelling, and an object that
    repeats a member in any spelling is rejected, even with equal values.

    Raises:
        ValueError: not JSON, NaN or Infinity, a number out of range, or a repeated member with different values.
            The text is Python's own or ours and contains nothing from the body.

    """
    try:
        return json.loads(
            body.decode("utf-8-sig"),
            parse_float=_number,
            parse_int=_number,
            parse_constant=_refuse_constant,
            object_pairs_hook=partial(_members, spelling={name.lower(): name for name in names}),
        )
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start}") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None


def plain_object(body: bytes) -> dict[str, Any] | None:
    """Parse a body as a library would, and return its JSON object, or None if it is not one."""
    try:
        members = json.loads(body.decode())
    except (ValueError, RecursionError):
        return None
    return members if isinstance(members, dict) else None


def dumps(value: Any) -> str:
    """Write what `loads` read as compact JSON in ASCII, each number exactly as a decimal."""
    match value:
        case Decimal():
            return str(value)
        case dict():
            return "{" + ",".join(f"{json.dumps(name)}:{dumps(member)}" for name, member in value.items()) + "}"
        case list():
            return "[" + ",".join(map(dumps, value)) + "]"
        case _:
            return json.dumps(value)


def _number(literal: str) -> Decimal:
    try:
        return Decimal(literal)
    except ArithmeticError:
        raise ValueError("a number out of range") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _members(pairs: list[tuple[str, Any]], spelling: Mapping[str, str]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members and dumps(members[name]) != dumps(value):  # as text, because True == 1
            raise ValueError(f"the member {json.dumps(name[:40])} occurs twice with different values")
        members[name] = value
    if not spelling:
        return members
    if len({name.lower() for name, _ in pairs}) < len(pairs):
        raise ValueError("an object contains the same member twice")
    return {spelling.get(name.lower(), name): value for name, value in members.items()}
