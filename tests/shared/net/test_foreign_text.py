"""What a service sent, made fit for a message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.net.foreign_text import LONGEST, one_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("as it is,\x1b[31m\u200bin red", "as it is, [31m in red"),
        ("  two\r\n lines\tand\u2028more ", "two lines and more"),
        ("half a character: \ud800", "half a character: ?"),
        (None, ""),
        (0, "0"),
        (900421, "900421"),
    ],
)
def test_a_text_becomes_one_line(text: object, line: str) -> None:
    """Line breaks become spaces, half characters question marks, nothing nothing; zero is something."""
    assert one_line(text) == line


@given(st.text() | st.integers() | st.lists(st.text()) | st.none())
def test_any_text_is_short_and_can_be_written(text: object) -> None:
    """Whatever a service sends, the line can be encoded, is one line and is not endless."""
    line = one_line(text)
    assert len(line) <= LONGEST
    assert len(line.splitlines()) <= 1
    assert line.encode().decode() == line
