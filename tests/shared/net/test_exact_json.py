"""JSON without loss, and nothing ambiguous let through."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.net import exact_json

# What JSON can hold: numbers as decimals of any precision, text with every character that UTF-8 can carry.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_what_is_written_is_read_back_exactly(value: Any) -> None:
    """Every digit of every number survives, however many there are."""
    assert exact_json.loads(exact_json.dumps(value).encode()) == value


@given(NUMBERS)
@example(Decimal("9" * 5000))
def test_a_number_keeps_its_digits_and_exponent(number: Decimal) -> None:
    """1.10 stays 1.10: equal would not be enough for an amount's text. An integer may be longer than Python's own limit."""
    read = exact_json.loads(str(number).encode())
    assert read.as_tuple() == number.as_tuple()


REFUSED: dict[str, tuple[bytes, ...]] = {
    ".": (  # in Python's own words
        *(b"", b"\xef\xbb\xbf", b"\xef\xbb\xbf\xef\xbb\xbf{}", b"<html><body>Service unavailable</body></html>", b"01"),
        *(b'{"a": 1', b"{'a': 1}", b'{"a": 1,}', b'{"a": 1} {"a": 2}', b'{"token": "hush-hush', b'{"a": hush-hush}'),
    ),
    "not UTF-8 at byte": (b'{"a": "hush\xff"}', '{"a": 1}'.encode("utf-16")),
    "is not a JSON number": (b'{"a": NaN}', b'{"a": Infinity}', b"-Infinity"),
    "beyond all measure": (b"1e99999999999999999999",),
    "nested too deeply": (b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000),
    "twice": (
        *(b'{"a": "hush-hush", "a": "hush"}', b'{"a": 1, "b": 0, "a": null}', b'{"o": {"a": [1], "a": [2]}}'),
        *(b'[{"a": "1", "a": 1}]', b'{"a": true, "a": 1}', b'{"%b": 1, "%b": 2}' % (b"k" * 99, b"k" * 99)),
    ),
}


@pytest.mark.parametrize(
    ("why", "body"), [(why, body) for why in REFUSED for body in REFUSED[why]], ids=lambda value: repr(value[:30])
)
def test_what_is_no_json_or_ambiguous_is_refused(why: str, body: bytes) -> None:
    """With one kind of error, which shows nothing of the body. Which of two balances counts would be a guess."""
    with pytest.raises(ValueError, match=why) as raised:
        exact_json.loads(body)
    assert not isinstance(raised.value, UnicodeDecodeError), "it would carry the body"
    assert "hush" not in str(raised.value)
    assert len(str(raised.value)) < 100


@pytest.mark.parametrize("body", ['{"a": 1, "a": 1}', '{"a": {"b": []}, "a": {"b": []}}'])
def test_a_member_twice_with_one_value_is_read(body: str) -> None:
    """What is said twice is not ambiguous."""
    assert exact_json.loads(body.encode()) == json.loads(body, parse_int=Decimal)


def test_dumps_is_compact_ascii() -> None:
    """Details go into a column of limited length; in ASCII a character is a character however it is counted."""
    value = {"invoiceType": "Ü\ud800", "summary": [Decimal("1.50"), Decimal("1E+5"), None, True]}
    assert exact_json.dumps(value) == '{"invoiceType":"\\u00dc\\ud800","summary":[1.50,1E+5,null,true]}'


def test_names_are_read_in_any_case() -> None:
    """At every depth; other members keep their own spelling. Partner Center sends a byte order mark before many answers."""
    read = exact_json.loads(b'\xef\xbb\xbf {"A": [{"bEE": 1, "Other": {"a": "\xc3\xa4"}}]} ', names=("a", "Bee"))
    assert read == {"a": [{"Bee": 1, "Other": {"a": "ä"}}]}


@pytest.mark.parametrize("body", [b'{"x": 1, "x": 1}', b'{"a": 1, "A": 1}', b'[{"x": 1, "X": 2}]'], ids=bytes.decode)
def test_a_name_twice_in_whatever_spelling_is_refused(body: bytes) -> None:
    """Also with one value, and one that is not among the names: two readers would take different ones."""
    with pytest.raises(ValueError, match="same member twice"):
        exact_json.loads(body, names=("a",))
