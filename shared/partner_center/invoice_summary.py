"""Partner Center's InvoiceSummary: what the service says about the balance of one currency.

Source: https://learn.microsoft.com/partner-center/developer/invoice-resources#invoicesummary
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, localcontext
from typing import Any

from shared.net import exact_json

EARLIEST_YEAR = 1601
"""Table Storage's DateTime begins here."""

LARGEST_AMOUNT = Decimal("1e18")
LARGEST_EXPONENT = 60
"""Either way; it bounds the length of the plain notation."""

LONGEST_SYMBOL = 100
LONGEST_DETAILS = 32_000
"""A String property holds 64 KiB of UTF-16: 32,768 characters."""

_NAMES = (
    "totalCount",
    "items",
    "links",
    "next",
    "balanceAmount",
    "currencyCode",
    "currencySymbol",
    "accountingDate",
    "firstInvoiceCreationDate",
    "latestInvoiceDate",
    "lastPaymentDate",
    "lastPaymentAmount",
    "details",
    "invoiceType",
    "summary",
)
"""The members that are read, in any case, as Microsoft's own client reads them. `details` gets these spellings too."""

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
"""JSON's number notation, which is also read when it is sent as text."""

_CURRENCY = re.compile(r"[A-Za-z]{3}")


class NotASummary(ValueError):
    """The answer holds no readable balance; the text says why and carries no amount."""


@dataclass(frozen=True)
class ResponseMetadata:
    """When an answer was read, under which ids, and what the service said of the user's MFA if it was asked."""

    retrieved_at: datetime
    request_id: str
    correlation_id: str
    mfa_compliant: bool | None = None


@dataclass(frozen=True)
class InvoiceSummary:
    """The balance of one currency, as the service sent it.

    Dates are aware and in UTC; None where the service sent nothing, null or the year 1, which mean the same. `details` is
    the parts by invoice type as exact JSON. `warnings` says what was optional and unreadable, and so left out.
    """

    balance_amount: Decimal
    currency_code: str
    receipt: ResponseMetadata
    currency_symbol: str | None = None
    accounting_date: datetime | None = None
    first_invoice_creation_date: datetime | None = None
    latest_invoice_date: datetime | None = None
    last_payment_date: datetime | None = None
    last_payment_amount: Decimal | None = None
    details: str | None = None
    warnings: tuple[str, ...] = ()


def parse_summary(body: bytes, receipt: ResponseMetadata) -> InvoiceSummary:
    """Read the answer of `GET /v1/invoices/summary`.

    Raises:
        NotASummary: `balanceAmount` or `currencyCode` is missing or unreadable, or the body is not a JSON object.

    """
    return _summary(_object(body), receipt)


def parse_summaries(body: bytes, receipt: ResponseMetadata) -> tuple[InvoiceSummary, ...]:
    """Read the answer of `GET /v1/invoices/summaries`: one summary per currency, at least one.

    Raises:
        NotASummary: as for `parse_summary`; the collection is empty or cut short, or repeats a currency.

    """
    collection = _object(body)
    items, total = collection.get("items"), collection.get("totalCount")
    if not isinstance(items, list) or not items:
        raise NotASummary("the collection holds no summary at all" if items == [] else "there is no list of items")
    count = _amount(total)
    if total is not None and count != len(items):
        raise NotASummary(f"the collection holds {len(items)} of {count or 'another number of'} summaries")
    links = collection.get("links")
    if isinstance(links, dict) and links.get("next"):
        raise NotASummary("the collection goes on with another page")
    summaries = tuple(_summary(_an_object(item), receipt) for item in items)
    codes = [summary.currency_code for summary in summaries]
    twice = sorted({code for code in codes if codes.count(code) > 1})
    if twice:
        raise NotASummary(f"the collection names {', '.join(twice)} more than once")
    return summaries


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        return _an_object(exact_json.loads(body, names=_NAMES))
    except NotASummary:
        raise
    except ValueError as error:
        raise NotASummary(f"the answer of {len(body)} bytes is not JSON ({error})") from None


def _an_object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise NotASummary("a summary is expected, and this is not a JSON object")
    return value


def _summary(members: Mapping[str, Any], receipt: ResponseMetadata) -> InvoiceSummary:
    warnings: list[str] = []
    balance = _amount(members.get("balanceAmount"))
    if balance is None:
        state = "is not a number" if members.get("balanceAmount") is not None else "is missing"
        raise NotASummary(f"balanceAmount {state}")
    code = members.get("currencyCode")
    if not isinstance(code, str) or not _CURRENCY.fullmatch(code):
        raise NotASummary("currencyCode is missing or not three letters")
    return InvoiceSummary(
        balance_amount=balance,
        currency_code=code.upper(),
        receipt=receipt,
        currency_symbol=_optional_text(members, "currencySymbol", warnings),
        accounting_date=_optional_date(members, "accountingDate", warnings),
        first_invoice_creation_date=_optional_date(members, "firstInvoiceCreationDate", warnings),
        latest_invoice_date=_optional_date(members, "latestInvoiceDate", warnings),
        last_payment_date=_optional_date(members, "lastPaymentDate", warnings),
        last_payment_amount=_optional_amount(members, "lastPaymentAmount", warnings),
        details=_details(members, balance, warnings),
        warnings=tuple(warnings),
    )


def _amount(value: Any) -> Decimal | None:
    """Return the number if it is one that plain notation and the table can hold, else None."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        try:
            value = Decimal(value)
        except ArithmeticError:
            return None
    if not isinstance(value, Decimal):
        return None
    exponent = value.as_tuple().exponent
    fits = isinstance(exponent, int) and abs(exponent) <= LARGEST_EXPONENT and abs(value) < LARGEST_AMOUNT
    return value if fits else None


def _optional_amount(members: Mapping[str, Any], name: str, warnings: list[str]) -> Decimal | None:
    value = members.get(name)
    amount = _amount(value)
    if value is not None and amount is None:
        warnings.append(f"{name} is not a number and is left out")
    return amount


def _optional_text(members: Mapping[str, Any], name: str, warnings: list[str]) -> str | None:
    value = members.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, str) and all(map(_is_symbol_character, value)) and len(value) <= LONGEST_SYMBOL:
        return value
    warnings.append(f"{name} is not a short text and is left out")
    return None


def _is_symbol_character(character: str) -> bool:
    """Tell whether a symbol may hold it: printable, a space of any width or a direction mark."""
    return character.isprintable() or unicodedata.category(character) in ("Zs", "Cf")


def _optional_date(members: Mapping[str, Any], name: str, warnings: list[str]) -> datetime | None:
    value = members.get(name)
    if value is None:
        return None
    try:
        date = datetime.fromisoformat(value)
        if date.year == 1:
            return None
        # A date without a zone is in UTC: one document mixes both forms.
        moment = date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        warnings.append(f"{name} is not a date and is left out")
        return None
    if moment.year < EARLIEST_YEAR:
        warnings.append(f"{name} is before the year {EARLIEST_YEAR} and is left out")
        return None
    return moment


def _details(members: Mapping[str, Any], balance: Decimal, warnings: list[str]) -> str | None:
    """Return the parts as JSON when Power BI can read them all; in every documented sample they add up to the balance, exactly."""
    parts = members.get("details")
    if parts is None:
        return None
    if not isinstance(parts, list):
        text, wrong = "", "is not a list"
    elif not all(map(_is_part, parts)):
        text, wrong = "", "has a part of an unknown shape"
    else:
        amounts = [_amount(part["summary"]["balanceAmount"]) or Decimal(0) for part in parts if part.get("summary")]
        with localcontext(prec=100):
            if len(amounts) < len(parts):
                warnings.append("a part of details has no balance")
            elif parts and sum(amounts) != balance:
                warnings.append("the parts of details do not add up to the balance")
        text, wrong = (
            _dumped(parts),
            f"is nested too deeply or longer than the {LONGEST_DETAILS:,} characters of a column",
        )
    if not text:
        warnings.append(f"details {wrong} and is left out")
    return text or None


def _is_part(part: Any) -> bool:
    """Tell whether Power BI can read it: a text or no type, and a summary with an amount or none."""
    if not isinstance(part, dict) or not isinstance(part.get("invoiceType") or "", str):
        return False
    summary = part.get("summary")
    return summary is None or (isinstance(summary, dict) and _amount(summary.get("balanceAmount")) is not None)


def _dumped(parts: list[Any]) -> str:
    try:
        text = exact_json.dumps(parts)
    except RecursionError:
        return ""
    return text if len(text) <= LONGEST_DETAILS else ""
