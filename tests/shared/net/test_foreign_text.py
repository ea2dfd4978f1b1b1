"""Text from a service, prepared for use in a message."""

import pytest

from shared.net.foreign_text import one_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("as it is,\x1b[31m\u200bin red", "as it is, [31m in red"),
        ("  two\r\n lines\tand\u2028more ", "two lines and more"),
        ("half a character: \ud800", "half a character: ?"),
        (None, ""),
        (0, "0"),
        (900421, "900421"),
        ("x" * 400, "x" * 300),
    ],
)
def test_a_text_becomes_one_line(text: object, line: str) -> None:
    """Line breaks become spaces, lone surrogates question marks, and nothing an empty string; zero is not nothing."""
    assert one_line(text) == line
