"""JSON is read without loss, and ambiguous JSON is refused."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.net import exact_json

# All JSON values: numbers as decimals of any precision, text with every character that UTF-8 can encode.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_values_round_trip_exactly(value: Any) -> None:
    """Every digit of every number survives, however many there are."""
    assert exact_json.loads(exact_json.dumps(value).encode()) == value


@given(NUMBERS)
@example(Decimal("9" * 5000))
def test_a_number_keeps_its_digits_and_exponent(number: Decimal) -> None:
    """1.10 stays 1.10: an amount's text needs more than equality. An integer may exceed Python's own limit."""
    read = exact_json.loads(str(number).encode())
    assert read.as_tuple() == number.as_tuple()


REFUSED: dict[str, tuple[bytes, ...]] = {
    ".": (  # Python's own text
        *(b"", b"\xef\xbb\xbf", b"\xef\xbb\xbf\xef\xbb\xbf{}", b"<html><body>Service unavailable</body></html>", b"01"),
        *(b'{"a": 1', b"{'a': 1}", b'{"a": 1,}', b'{"a": 1} {"a": 2}', b'{"token": "hush-hush', b'{"a": hush-hush}'),
    ),
    "not UTF-8 at byte": (b'{"a": "hush\xff"}', '{"a": 1}'.encode("utf-16")),
    "is not a JSON number": (b'{"a": NaN}', b'{"a": Infinity}', b"-Infinity"),
    "out of range": (b"1e99999999999999999999",),
    "nested too deeply": (b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000),
    "twice": (
        *(b'{"a": "hush-hush", "a": "hush"}', b'{"a": 1, "b": 0, "a": null}', b'{"o": {"a": [1], "a": [2]}}'),
        *(b'[{"a": "1", "a": 1}]', b'{"a": true, "a": 1}', b'{"%b": 1, "%b": 2}' % (b"k" * 99, b"k" * 99)),
    ),
}


@pytest.mark.parametrize(
    ("why", "body"), [(why, body) for why in REFUSED for body in REFUSED[why]], ids=lambda value: repr(value[:30])
)
def test_invalid_and_ambiguous_json_is_refused(why: str, body: bytes) -> None:
    """With one kind of error, which shows nothing of the body. Choosing between two balances would be a guess."""
    with pytest.raises(ValueError, match=why) as raised:
        exact_json.loads(body)
    assert not isinstance(raised.value, UnicodeDecodeError), "it would contain the body"
    assert "hush" not in str(raised.value)
    assert len(str(raised.value)) < 100


@pytest.mark.parametrize("body", ['{"a": 1, "a": 1}', '{"a": {"b": []}, "a": {"b": []}}'])
def test_a_repeated_member_with_the_same_value_is_read(body: str) -> None:
    """A repetition is not ambiguous."""
    assert exact_json.loads(body.encode()) == json.loads(body, parse_int=Decimal)


def test_dumps_is_compact_ascii() -> None:
    """Details are stored in a column of limited length; an ASCII character counts as one, however length is measured."""
    value = {"invoiceType": "Ü\ud800", "summary": [Decimal("1.50"), Decimal("1E+5"), None, True]}
    assert exact_json.dumps(value) == '{"invoiceType":"\\u00dc\\ud800","summary":[1.50,1E+5,null,true]}'


def test_names_are_read_in_any_case() -> None:
    """At every depth; other members keep their spelling. Partner Center sends a byte order mark with many responses."""
    read = exact_json.loads(b'\xef\xbb\xbf {"A": [{"bEE": 1, "Other": {"a": "\xc3\xa4"}}]} ', names=("a", "Bee"))
    assert read == {"a": [{"Bee": 1, "Other": {"a": "ä"}}]}


@pytest.mark.parametrize("body", [b'{"x": 1, "x": 1}', b'{"a": 1, "A": 1}', b'[{"x": 1, "X": 2}]'], ids=bytes.decode)
def test_a_repeated_name_in_any_spelling_is_refused(body: bytes) -> None:
    """Even with the same value, and even if it is not among the names: two readers would choose different ones."""
    with pytest.raises(ValueError, match="same member twice"):
        exact_json.loads(body, names=("a",))
