"""Partner Center's InvoiceSummary: what the service reports about the balance in one currency.

Source: https://learn.microsoft.com/partner-center/developer/invoice-resources#invoicesummary
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, localcontext
from functools import partial
from typing import Any, TypeVar

from shared.net import exact_json

T = TypeVar("T")

EARLIEST_YEAR = 1601
"""Table Storage's DateTime begins here."""

MAX_AMOUNT = Decimal("1e18")
MAX_EXPONENT = 60
"""Applies to both signs. It limits the length of the plain notation."""

MAX_SYMBOL_LENGTH = 100
MAX_DETAILS_LENGTH = 32_000
"""A String property can hold 64 KiB of UTF-16: 32,768 characters."""

_NAMES = (
    *("totalCount", "items", "links", "next", "nextLink", "continuationToken"),
    *("balanceAmount", "currencyCode", "currencySymbol", "accountingDate", "firstInvoiceCreationDate"),
    *("latestInvoiceDate", "lastPaymentDate", "lastPaymentAmount", "details", "invoiceType", "summary"),
)
"""The members to read, in upper or lower case, as Microsoft's own client does. `details` gets these spellings too."""

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
"""JSON's number notation, which is also accepted as text."""

_CURRENCY = re.compile(r"[A-Za-z]{3}")


class NotASummary(ValueError):
    """The response has no readable balance. The text says why and contains no amount."""


@dataclass(frozen=True)
class ResponseMetadata:
    """When a response was read, its ids, and what the service reported about the user's MFA, if requested."""

    retrieved_at: datetime
    request_id: str
    correlation_id: str
    mfa_compliant: bool | None = None


@dataclass(frozen=True)
class InvoiceSummary:
    """The balance in one currency, as the service sent it.

    Dates are aware and in UTC. None means that the service sent nothing, null or the year 1, which are equivalent.
    `details` holds the parts by invoice type as exact JSON. `warnings` lists optional values left out as unreadable.
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
    """Parse the response to `GET /v1/invoices/summary`.

    Raises:
        NotASummary: `balanceAmount` or `currencyCode` is missing or unreadable, or the body is not a JSON object.

    """
    return _summary(_parse(body), receipt)


def parse_summaries(body: bytes, receipt: ResponseMetadata) -> tuple[InvoiceSummary, ...]:
    """Parse the response to `GET /v1/invoices/summaries`: one summary per currency, and at least one.

    Raises:
        NotASummary: as for `parse_summary`; also if the collection is empty or incomplete, or repeats a currency.

    """
    collection = _members(_parse(body))
    items, total, links = collection.get("items"), collection.get("totalCount"), collection.get("links")
    if not isinstance(items, list) or not items:
        raise NotASummary("the collection is empty" if items == [] else "there is no list of items")
    if total is not None and str(total) != str(len(items)):
        raise NotASummary(f"totalCount does not match the number of summaries in the collection, {len(items)}")
    following = collection.get("nextLink") or collection.get("continuationToken")
    if following or (isinstance(links, dict) and links.get("next")):
        raise NotASummary("the collection continues on another page")
    summaries = tuple(_summary(item, receipt) for item in items)
    codes = [summary.currency_code for summary in summaries]
    if twice := sorted({code for code in codes if codes.count(code) > 1}):
        raise NotASummary(f"the collection contains {', '.join(twice)} more than once")
    return summaries


def _parse(body: bytes) -> Any:
    try:
        return exact_json.loads(body, names=_NAMES)
    except ValueError as error:
        raise NotASummary(f"the response of {len(body)} bytes is not JSON ({error})") from None


def _members(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise NotASummary("a summary was expected, but this is not a JSON object")
    return value


def _summary(value: Any, receipt: ResponseMetadata) -> InvoiceSummary:
    members, warnings = _members(value), []

    def required(name: str, read: Callable[[Any], T]) -> T:
        if members.get(name) is None:
            raise NotASummary(f"{name} is missing")
        try:
            return read(members[name])
        except Unreadable as wrong:
            raise NotASummary(f"{name} {wrong}") from None

    def optional(name: str, read: Callable[[Any], T]) -> T | None:
        try:
            return None if members.get(name) is None else read(members[name])
        except Unreadable as wrong:
            warnings.append(f"{name} {wrong} and was left out")
            return None

    balance = required("balanceAmount", _amount)
    return InvoiceSummary(
        balance_amount=balance,
        currency_code=required("currencyCode", _currency),
        receipt=receipt,
        currency_symbol=optional("currencySymbol", _symbol),
        accounting_date=optional("accountingDate", _date),
        first_invoice_creation_date=optional("firstInvoiceCreationDate", _date),
        latest_invoice_date=optional("latestInvoiceDate", _date),
        last_payment_date=optional("lastPaymentDate", _date),
        last_payment_amount=optional("lastPaymentAmount", _amount),
        details=optional("details", partial(_details, balance, warnings)),
        warnings=tuple(warnings),
    )


class Unreadable(ValueError):
    """What is wrong with a member's value, worded to follow the member's name."""


def _amount(value: Any) -> Decimal:
    """Read a number that fits in the table and in plain notation."""
    with suppress(ArithmeticError):
        number = Decimal(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else value
        if (
            isinstance(number, Decimal)
            and abs(number) < MAX_AMOUNT
            and abs(int(number.as_tuple().exponent)) <= MAX_EXPONENT
        ):
            return number
    raise Unreadable("is not a number that a column can hold")


def _currency(value: Any) -> str:
    if not isinstance(value, str) or not _CURRENCY.fullmatch(value):
        raise Unreadable("is not three letters")
    return value.upper()


def _symbol(value: Any) -> str | None:
    """Read text of printable characters, spaces of any width and direction marks. Empty text means no symbol."""

    def fits(character: str) -> bool:
        return character.isprintable() or unicodedata.category(character) in ("Zs", "Cf")

    if not isinstance(value, str) or len(value) > MAX_SYMBOL_LENGTH or not all(map(fits, value)):
        raise Unreadable("is not short text")
    return value or None


def _date(value: Any) -> datetime | None:
    """Read a date. Without a zone it is in UTC: one document can mix both forms. The year 1 means no date."""
    try:
        date = datetime.fromisoformat(value)
        if date.year == 1:
            return None
        moment = date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise Unreadable("is not a date") from None
    if moment.year < EARLIEST_YEAR:
        raise Unreadable(f"is before the year {EARLIEST_YEAR}")
    return moment


def _details(balance: Decimal, warnings: list[str], parts: Any) -> str:
    """Read the parts if Power BI can read them all. In every documented sample they add up exactly to the balance."""
    if not isinstance(parts, list):
        raise Unreadable("is not a list")
    amounts = [amount for part in parts if (amount := _part(part)) is not None]
    with localcontext(prec=100):
        if len(amounts) < len(parts):
            warnings.append("a part of details has no balance")
        elif parts and sum(amounts) != balance:
            warnings.append("the parts of details do not add up to the balance")
    with suppress(RecursionError):
        text = exact_json.dumps(parts)
        if len(text) <= MAX_DETAILS_LENGTH:
            return text
    raise Unreadable(f"is nested too deeply or longer than the column limit of {MAX_DETAILS_LENGTH:,} characters")


def _part(part: Any) -> Decimal | None:
    """Read a part's amount, as Power BI can: the type is text or missing; the summary has an amount or is missing."""
    with suppress(Unreadable):
        if isinstance(part, dict) and isinstance(part.get("invoiceType") or "", str):
            summary = part.get("summary")
            if summary is None:
                return None
            if isinstance(summary, dict):
                return _amount(summary.get("balanceAmount"))
    raise Unreadable("has a part in an unknown format")
