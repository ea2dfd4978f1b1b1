"""Every form that an InvoiceSummary has, or may have, on the wire."""

import json
import re
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.net import exact_json
from shared.partner_center.invoice_summary import (
    InvoiceSummary,
    NotASummary,
    ResponseMetadata,
    parse_summaries,
    parse_summary,
)

RECEIPT = ResponseMetadata(datetime(2026, 11, 23, 6, 17, tzinfo=UTC), "request", "correlation")
BOM = b"\xef\xbb\xbf"

DOCUMENTED = b"""{
  "balanceAmount": 68059.03, "currencyCode": "USD", "currencySymbol": "$",
  "accountingDate": "2018-03-16T00:00:00", "firstInvoiceCreationDate": "2017-01-21T00:00:00Z",
  "lastPaymentDate": "2018-02-01T00:00:00", "lastPaymentAmount": 0, "latestInvoiceDate": "2018-03-16T00:00:00",
  "details": [
    {"invoiceType": "Recurring", "summary": {"balanceAmount": 60123.03, "currencyCode": "USD"}},
    {"invoiceType": "one_time", "summary": {"balanceAmount": 7936.00, "currencyCode": "USD"}}
  ],
  "links": {"self": {"uri": "/invoices/summary", "method": "GET", "headers": []}},
  "attributes": {"objectType": "InvoiceSummary"}, "somethingNew": {"x": [1]}
}"""
"""A made-up response with the documented shape: both date formats, an integer amount, members to ignore."""


def summary_of(**members: Any) -> InvoiceSummary:
    """Parse a summary with these members and a valid balance."""
    return parse_summary(
        exact_json.dumps({"balanceAmount": Decimal(1), "currencyCode": "USD"} | members).encode(), RECEIPT
    )


def balance_of(literal: str) -> Decimal:
    """Parse a summary with this text as its balance."""
    return parse_summary(f'{{"balanceAmount": {literal}, "currencyCode": "USD"}}'.encode(), RECEIPT).balance_amount


@pytest.mark.parametrize("bom", [b"", BOM], ids=["plain", "bom"])
def test_the_documented_shape_is_read(bom: bytes) -> None:
    """With a byte order mark, which the service usually sends, and without one."""
    summary = parse_summary(bom + DOCUMENTED, RECEIPT)
    assert summary.balance_amount == Decimal("68059.03")
    assert (summary.currency_code, summary.currency_symbol) == ("USD", "$")
    assert summary.accounting_date == summary.latest_invoice_date == datetime(2018, 3, 16, tzinfo=UTC)
    assert summary.first_invoice_creation_date == datetime(2017, 1, 21, tzinfo=UTC)
    assert summary.last_payment_date == datetime(2018, 2, 1, tzinfo=UTC)
    assert summary.last_payment_amount == 0
    assert json.loads(summary.details or "")[1]["summary"]["balanceAmount"] == 7936
    assert summary.receipt is RECEIPT
    assert summary.warnings == ()


def test_member_names_are_read_in_any_case() -> None:
    """In the summary, its parts and the collection; stored details have the documented names."""
    body = re.sub(rb'"\w+":', lambda name: name[0].upper(), DOCUMENTED)
    expected = parse_summary(DOCUMENTED, RECEIPT)
    assert parse_summary(body, RECEIPT) == expected
    assert parse_summaries(b'{"TOTALCOUNT": 1, "ITEMS": [%b]}' % body, RECEIPT) == (expected,)


@pytest.mark.parametrize(
    ("literal", "plain"),
    [
        *((text, text) for text in ("68059.03", "68059", "0", "-0.01", "-12345.60", "12345678901234.567")),
        *((text, text) for text in ("0.30000000000000004", "999999999999999999")),
        *(('"68059.03"', "68059.03"), ('"-1.50E2"', "-150"), ("1.5E3", "1500"), ("1E+5", "100000")),
        *(("680590300e-4", "68059.0300"), ("1.4210854715202004E-14", "0.000000000000014210854715202004")),
    ],
)
def test_an_amount_is_exactly_what_was_sent(literal: str, plain: str) -> None:
    """Integers, exponents, 17 digits, credit: no digit is rounded, added or lost."""
    assert f"{balance_of(literal):f}" == plain


@pytest.mark.parametrize(
    "literal",
    [
        *('"68,059.03"', '"0x1F"', '"NaN"', '" 1"', '"01"', '"1e18"', '"1e9999999999999999999"', "true", "[]", "{}"),
        *("1e18", "-1e18", "1e400", "9" * 400, "1e-61", "0e61", "0." + "1" * 61),
    ],
)
def test_a_balance_that_is_not_an_amount_is_refused(literal: str) -> None:
    """Text, a Boolean or an impossibly large number is not converted to a balance. No message shows it, because messages are logged."""
    with pytest.raises(NotASummary, match=r"^balanceAmount is not a number that a column can hold$"):
        balance_of(literal)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        *((body, "not JSON") for body in (b"", DOCUMENTED[:-9])),
        *((body, "not a JSON object") for body in (b"[]", b"null", b'"68059.03"')),
        (b"[" * 50_000, "the response of 50000 bytes is not JSON .nested too deeply"),
        *(
            (b'{"balanceAmount": 1, "currencyCode": "USD", %b}' % again, "twice")
            for again in (b'"balanceAmount": 2', b'"balanceAmount": 1', b'"BalanceAmount": 1', b'"CURRENCYCODE": "EUR"')
        ),
        (b'{"balanceAmount": 1, "currencyCode": "USD", "details": [{"Summary": {}, "summary": {}}]}', "member twice"),
        *(
            (b'{%b"currencyCode": "USD"}' % balance, "balanceAmount is missing$")
            for balance in (b"", b'"balance_amount": 1, ', b'"balanceAmount": null, ')
        ),
        *((b'{"balanceAmount": 1%b}' % code, "currencyCode is missing$") for code in (b"", b', "currencyCode": null')),
        *(
            (f'{{"balanceAmount": 1, "currencyCode": {code}}}'.encode(), "currencyCode is not three letters$")
            for code in ('"US$"', '"USD\\n"', '"ÄÖÜ"', "840", '""')
        ),
    ],
    ids=lambda value: value[:40].decode() if isinstance(value, bytes) else None,
)
def test_a_response_without_a_balance_is_refused_with_the_reason(body: bytes, why: str) -> None:
    """A truncated, wrong or ambiguous response is an error that says what was found, never a guess or a zero."""
    with pytest.raises(NotASummary, match=why):
        parse_summary(body, RECEIPT)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        *((f"2018-03-16{end}", datetime(2018, 3, 16, tzinfo=UTC)) for end in ("", "T00:00:00", "T00:00:00Z")),
        ("2018-03-16T01:30:00+02:00", datetime(2018, 3, 15, 23, 30, tzinfo=UTC)),
        ("2018-03-16T00:00:00.1Z", datetime(2018, 3, 16, 0, 0, 0, 100_000, tzinfo=UTC)),
        ("1601-01-01T00:00:00Z", datetime(1601, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59.9999999", datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
        ("9999-12-31T23:59:59+01:00", datetime(9999, 12, 31, 22, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_date_is_read_in_utc(text: str, moment: datetime) -> None:
    """With Z, without a zone (also UTC: one document mixes both), with an offset, and with 1 to 7 fractional digits."""
    summary = summary_of(accountingDate=text)
    assert summary.accounting_date == moment
    assert summary.accounting_date.tzinfo is UTC
    assert summary.warnings == ()


def test_values_that_mean_none_cause_no_warning() -> None:
    """The service has several ways to say that there was no payment; old responses have no symbol."""
    for end in ("", "Z", ".0000000+02:00", "-08:00"):
        assert summary_of(lastPaymentDate=f"0001-01-01T00:00:00{end}", currencySymbol="") == summary_of()
    optional = ("currencySymbol", "accountingDate", "lastPaymentDate", "lastPaymentAmount", "details")
    assert summary_of(**dict.fromkeys(optional)) == summary_of()


def test_optional_values_are_kept_as_sent() -> None:
    """A symbol is any text, including direction marks and spaces of any width; a payment may be an integer."""
    for symbol in ("$", "£", "CHF", "R$", "د.إ", "\u200fر.س", "Kč\u00a0", "\u202fF", "\u2066$\u2069", "x" * 100):
        summary = summary_of(currencySymbol=symbol, currencyCode="eur", lastPaymentAmount=Decimal(250))
        assert (summary.currency_symbol, summary.currency_code, summary.warnings) == (symbol, "EUR", ())
        assert summary.last_payment_amount == 250


@pytest.mark.parametrize(
    ("member", "values", "warning"),
    [
        ("latestInvoiceDate", ["soon", "", "2018-02-30T00:00:00", "0000-01-01T00:00:00", "\ud800"], "is not a date"),
        ("latestInvoiceDate", ["9999-12-31T23:59:59-05:00", Decimal(1521158400), True, []], "is not a date"),
        ("latestInvoiceDate", ["0002-01-01T00:00:00Z", "1601-01-01T00:00:00+02:00"], "is before the year 1601"),
        (
            "lastPaymentAmount",
            ["twelve", True, {}, Decimal("1e300"), Decimal("1e-70")],
            "is not a number that a column can hold",
        ),
        ("currencySymbol", [Decimal(36), ["$"], "x" * 101, "\ud800", "\x00", "a\nb", "\u2028"], "is not short text"),
        ("details", [{}, "text", Decimal(1), False], "is not a list"),
    ],
)
def test_unreadable_optional_values_are_omitted_with_a_warning(member: str, values: list[Any], warning: str) -> None:
    """They never cost the day its row; a lone surrogate would make the table refuse the whole row."""
    for value in values:
        summary = summary_of(**{member: value})
        assert replace(summary, warnings=()) == summary_of()
        assert summary.warnings == (f"{member} {warning} and was left out",)


def part(amount: Any, kind: Any = "Recurring") -> dict[str, Any]:
    """Return one part of the details."""
    return {"invoiceType": kind, "summary": {"balanceAmount": amount, "currencyCode": "USD"}}


@pytest.mark.parametrize(
    ("balance", "details", "warnings"),
    [
        ("0.3", [part(Decimal("0.1")), part(Decimal("0.2"), "a type nobody knows")], []),
        ("-5", [part(Decimal("-7.50")), part(Decimal("2.5"), None)], []),
        ("123456789012345678", [part(Decimal("123456789012345677.99")), part(Decimal("0.01"))], []),
        ("1", [], []),
        ("1", [part(Decimal("0.1")), part(Decimal("0.8"))], ["the parts of details do not add up to the balance"]),
        ("1", [part(Decimal(f"1.{'0' * 40}1"))], ["the parts of details do not add up to the balance"]),
        ("1", [part(Decimal(1)), {"invoiceType": "x"}], ["a part of details has no balance"]),
        ("1", [part(Decimal(1)), {"invoiceType": "x", "summary": None}], ["a part of details has no balance"]),
    ],
)
def test_readable_details_are_kept(balance: str, details: Any, warnings: list[str]) -> None:
    """Added exactly, however many digits. A contradiction is a warning, because the service's balance is authoritative."""
    summary = summary_of(balanceAmount=Decimal(balance), details=details)
    assert (summary.details, list(summary.warnings)) == (exact_json.dumps(details), warnings)


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        *((odd, "has a part in an unknown format") for odd in (Decimal(1), None, True, "x", [part(Decimal(1))])),
        *((part(Decimal(1), kind), "has a part in an unknown format") for kind in (5, ["x"])),
        *((part(amount), "has a part in an unknown format") for amount in (None, "much", Decimal("1e400"))),
        *(({"summary": summary}, "has a part in an unknown format") for summary in ("abc", 5, False)),
        *(
            (part(Decimal(0), text * 32_000), "is nested too deeply or longer than the column limit of 32,000")
            for text in "xü😀"
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_details_that_power_bi_or_the_column_cannot_hold_are_omitted(odd: Any, why: str) -> None:
    """A stored row can never be corrected. The column holds 32,768 UTF-16 units; one more would cost the row."""
    for details in ([odd], [part(Decimal(1)), odd]):
        summary = summary_of(details=details)
        assert summary.details is None
        assert summary.warnings[-1].startswith(f"details {why}")
    assert summary_of(details=[part(Decimal(1), "x" * 31_000)]).details


@pytest.mark.parametrize("depth", [100, 300, 500, 700, 900, 980, 2000, 20_000])
def test_deeply_nested_details_are_read_omitted_or_refused(depth: int) -> None:
    """However deep."""
    details = '[{"summary":{"balanceAmount":1},"more":' + "[" * depth + "]" * depth + "}]"
    with suppress(NotASummary):
        body = f'{{"balanceAmount": 1, "currencyCode": "USD", "details": {details}}}'
        assert parse_summary(body.encode(), RECEIPT).details in (None, details)


USD = {"balanceAmount": 1, "currencyCode": "USD"}


def collection(*items: Any) -> bytes:
    """Return a collection as the service sends it."""
    return BOM + json.dumps({"totalCount": len(items), "items": items, "attributes": {}}).encode()


def test_a_collection_is_one_summary_per_currency() -> None:
    """In the order of the response."""
    body = collection(USD, {"balanceAmount": -2.5, "currencyCode": "eur"})
    read = parse_summaries(body, RECEIPT)
    assert [(one.currency_code, one.balance_amount) for one in read] == [("USD", Decimal(1)), ("EUR", Decimal("-2.5"))]
    assert parse_summaries(body.replace(b": 2,", b': "2",'), RECEIPT) == read


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (collection(), "the collection is empty"),
        *(
            (collection(USD).replace(b'"totalCount": 1', b'"TotalCount": ' + total), "does not match")
            for total in (b"2", b"0", b'"2"', b"[5]", b"1.5")
        ),
        *(
            (collection(USD).replace(b'"attributes": {}', following), "continues on another page")
            for following in (
                b'"Links": {"Next": {"uri": "/?page=2"}}',
                b'"nextLink": "/2"',
                b'"ContinuationToken": "x"',
            )
        ),
        *((body, "no list of items") for body in (b"{}", b'{"items": null}', b'{"items": {"a": 1}}')),
        *((body, "not a JSON object") for body in (json.dumps([USD]).encode(), collection(USD, None))),
        (collection(USD, {"currencyCode": "EUR"}), "balanceAmount is missing"),
        (collection(USD, USD | {"currencyCode": "usd"}), "contains USD more than once"),
    ],
)
def test_a_doubtful_collection_is_refused_as_a_whole(body: bytes, why: str) -> None:
    """Empty, a repeated currency, an unreadable summary: half a day is never recorded."""
    with pytest.raises(NotASummary, match=why):
        parse_summaries(body, RECEIPT)


AMOUNTS = st.decimals(
    min_value=Decimal(-999999999999999), max_value=Decimal(999999999999999), allow_nan=False, allow_infinity=False
).filter(lambda amount: abs(int(amount.as_tuple().exponent)) <= 30)


@given(balance=AMOUNTS, parts=st.lists(AMOUNTS, max_size=4))
def test_any_amount_comes_through_exactly(balance: Decimal, parts: list[Decimal]) -> None:
    """In plain notation, and digit by digit in the details."""
    details = [part(amount) for amount in parts]
    summary = summary_of(balanceAmount=balance, details=details)
    text = f"{summary.balance_amount:f}"
    assert "E" not in text.upper()
    assert Decimal(text) == balance
    assert summary.balance_amount.as_tuple() == balance.as_tuple()
    assert exact_json.loads((summary.details or "[]").encode()) == details


NAMES = ["balanceAmount", "currencyCode", "currencySymbol", "accountingDate", "lastPaymentAmount", "details", "code"]
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers()
    | st.text(max_size=20)
    | st.sampled_from(["USD", "2026-11-23"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["summary", *NAMES]), inner),
    max_leaves=8,
)
BODIES = st.binary(max_size=100) | st.fixed_dictionaries({}, optional=dict.fromkeys([*NAMES, "items"], ANYTHING)).map(
    lambda members: json.dumps(members).encode()
)


@given(BODIES)
def test_any_bytes_are_a_summary_or_none(body: bytes) -> None:
    """Any input gives either a readable balance or NotASummary."""
    for parse in (parse_summary, parse_summaries):
        try:
            parsed = parse(body, RECEIPT)
        except NotASummary:
            continue
        for summary in parsed if isinstance(parsed, tuple) else (parsed,):
            assert summary.balance_amount.is_finite()
            assert len(summary.currency_code) == 3
