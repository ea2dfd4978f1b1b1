"""Makes text from other services safe for messages, and parses their dates."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

MAX_LENGTH = 300


def one_line(value: Any, max_length: int = MAX_LENGTH) -> str:
    """Return a value as one line of printable text with at most `max_length` characters; None becomes an empty text."""
    text = str("" if value is None else value).encode("utf-8", "replace").decode()
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:max_length]


def http_date(text: str) -> datetime | None:
    """Parse a date header, in UTC if it names no zone; None if it is not a date."""
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)
