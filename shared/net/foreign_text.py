"""Text from other services, made safe for a message."""

from typing import Any

LONGEST = 300


def one_line(value: Any, longest: int = LONGEST) -> str:
    """Return a value as printable text on one line of at most so many characters; None gives nothing."""
    text = str("" if value is None else value).encode("utf-8", "replace").decode()
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:longest]
