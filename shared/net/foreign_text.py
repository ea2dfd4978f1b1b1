"""Text that a service sent, made fit for a message."""

from typing import Any

LONGEST = 300


def one_line(text: Any) -> str:
    """Return the text on one line of at most 300 characters, without what UTF-8 cannot carry; None gives nothing."""
    line = " ".join(str(text if text is not None else "").split())
    return line[:LONGEST].encode("utf-8", "replace").decode()
