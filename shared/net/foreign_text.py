"""Text from other services: made safe for a message, and read as a date."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

MAX_LENGTH = 300


def one_line(value: Any, max_length: int = MAX_LENGTH) -> str:
    """Return a value as printable text on one line of at most so many characters; None gives nothing."""
    text = str("" if value is None else value).encode("utf-8", "replace").decode()
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:max_length]


def http_date(text: str) -> datetime | None:
    """Read a header's date, in UTC where it names no zone; None when it is not one."""
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)
