"""The documented sample answers."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standin.sample import exact_json, summaries, summary

AMOUNTS = st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**12), max_value=10**12)


def test_the_sample_is_the_documented_one() -> None:
    """68059.03 USD, a date with and one without a zone, and a payment date of year 1."""
    document = json.loads(exact_json(summary()))
    assert (document["balanceAmount"], document["currencyCode"], document["currencySymbol"]) == (68059.03, "USD", "$")
    assert document["accountingDate"] == "2018-03-16T00:00:00"
    assert document["firstInvoiceCreationDate"] == "2017-01-21T00:00:00Z"
    assert document["lastPaymentDate"] == "0001-01-01T00:00:00"


@given(AMOUNTS)
def test_the_parts_add_up_exactly(amount: Decimal) -> None:
    """As in every documented sample, whatever the balance."""
    document = json.loads(exact_json(summary(amount)), parse_float=Decimal)
    parts = [part["summary"]["balanceAmount"] for part in document["details"]]
    assert sum(parts) == amount == document["balanceAmount"]


def test_a_missing_symbol_is_left_out() -> None:
    """Old answers had none."""
    assert "currencySymbol" not in summary(symbol=None)


def test_a_collection_counts_its_items() -> None:
    """One item a currency."""
    document = summaries([summary(), summary(Decimal(1), "EUR", "€")])
    assert document["totalCount"] == 2
    assert [item["currencyCode"] for item in document["items"]] == ["USD", "EUR"]


@pytest.mark.parametrize("digits", ["12345678901234567.89", "-0.10", "1E+3", "0"])
def test_amounts_are_written_digit_for_digit(digits: str) -> None:
    """No float stands between the test and the wire."""
    assert exact_json({"a": [Decimal(digits)], "b": "text €"}) == f'{{"a":[{digits}],"b":"text €"}}'


def test_what_json_cannot_say_is_refused() -> None:
    """A mistake in a test is met at once."""
    with pytest.raises(TypeError, match="object has no form in JSON"):
        exact_json({"a": object()})
