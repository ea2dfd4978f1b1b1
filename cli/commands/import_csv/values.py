"""The values of a file of earlier history: each in its final form, or what is wrong with it."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from unicodedata import normalize

from babel import Locale
from babel.numbers import get_currency_precision

from shared.net import exact_json
from shared.partner_center.invoice_summary import LARGEST_AMOUNT, LARGEST_EXPONENT
from shared.settings.visible import trim

EARLIEST_DAY = date(2000, 1, 1)
_CURRENCIES = frozenset(Locale("en").currencies)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(rf"{_DAY.pattern}([T ].*)?")
_RUN_BY_SPREADSHEETS = ("=", "+", "-", "@")

Value = str | Decimal
"""Of a CSV file always text; of a workbook a number is a Decimal."""


class Wrong(Exception):
    """What is wrong with a column's value, or with the whole line, and what is right."""

    def __init__(self, text: str, column: str = "") -> None:
        super().__init__(text)
        self.column = column


class DecimalSign(StrEnum):
    """What separates the decimals."""

    POINT = "point"
    COMMA = "comma"


def _grouped(point: str, groups: str) -> re.Pattern[str]:
    """Return the notation of amounts with groups of thousands (in India: of lakhs)."""
    whole = rf"[1-9][0-9]{{0,2}}(?P<group>[{groups}])(?:(?:[0-9]{{3}}(?P=group))*|(?:[0-9]{{2}}(?P=group))*)[0-9]{{3}}"
    return re.compile(rf"[+-]?(?:[0-9]+|{whole})(?:\{point}[0-9]+)?")


_PLAIN = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
EXPORTED = re.compile(rf"{_PLAIN.pattern}(e[+-]?[0-9]+)?")
"""How `history` writes an amount: what has three decimals there is not a thousand."""

_SPACES = " \u00a0\u2009\u202f'\u2019"
NOTATIONS = {
    None: _PLAIN,
    DecimalSign.POINT: _grouped(".", "," + _SPACES),
    DecimalSign.COMMA: _grouped(",", "." + _SPACES),
}
_TWO_READINGS = re.compile(r"([+-]?[0-9]{1,3})[.,]([0-9]{3})")
_THREE_DECIMALS = 3


def as_amount(value: Value, currency: str, notation: re.Pattern[str]) -> Decimal:
    """Read an amount of a currency; in the plain notation what could be read in two ways is refused."""
    amount = value if isinstance(value, Decimal) else _of_text(value, currency, notation)
    exponent = amount.as_tuple().exponent
    if abs(amount) >= LARGEST_AMOUNT or not isinstance(exponent, int) or -exponent > LARGEST_EXPONENT:
        limit = f"below {LARGEST_AMOUNT:.0e}, with at most {LARGEST_EXPONENT} decimals"
        raise Wrong(f"the amount is out of bounds: {limit}")
    return amount


def _of_text(text: str, currency: str, notation: re.Pattern[str]) -> Decimal:
    unclear = _TWO_READINGS.fullmatch(text) if notation is _PLAIN else None
    if unclear and get_currency_precision(currency) != _THREE_DECIMALS:
        readings = f"{Decimal(unclear[1] + unclear[2])} or as {unclear[1]}.{unclear[2]}"
        raise Wrong(f"{text!r} can be read as {readings}: say which with --decimal point or --decimal comma")
    if not notation.fullmatch(text):
        forms = "-1234.50; --decimal point also takes -1,234.50, and --decimal comma -1.234,50"
        raise Wrong(f"{shown(text)} is not an amount: digits, such as {forms}")
    if notation is NOTATIONS[DecimalSign.COMMA]:
        text = text.replace(".", "").replace(",", ".")
    return Decimal(re.sub(f"[,{_SPACES}]", "", text))


def _day(value: Value) -> date:
    if not _DAY.fullmatch(str(value)):
        raise Wrong(f"{shown(value)} is not a day: such as 2026-01-31; in a workbook, a cell with a date format")
    return _moment(value).date()


def _moment(value: Value) -> datetime:
    """Read a time; without a zone it is in UTC."""
    text = str(value)
    try:
        moment = datetime.fromisoformat(text if _MOMENT.fullmatch(text) else "")
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Wrong(f"{shown(text)} is not a date: such as 2026-01-31 or 2026-01-31T06:17:00Z") from None


def _currency(value: Value) -> str:
    if (code := str(value).upper()) not in _CURRENCIES:
        raise Wrong(f"{shown(value)} is not a currency: an ISO 4217 code such as USD")
    return code


def _symbol(value: Value) -> str:
    if normalize("NFKC", trim(str(value))).startswith(_RUN_BY_SPREADSHEETS):
        raise Wrong(f"{shown(value)} would be run by a spreadsheet: a symbol such as $, or nothing")
    return str(value)


def _details(value: Value) -> Any:
    try:
        return exact_json.loads(str(value).encode())
    except ValueError as error:
        raise Wrong(f"it is not exact JSON ({error}): what an export has, or nothing") from None


DATES = ("AccountingDate", "FirstInvoiceCreationDate", "LatestInvoiceDate", "LastPaymentDate")
READERS: dict[str, Callable[[Value], Any]] = {
    "SnapshotDate": _day,
    "CurrencyCode": _currency,
    "CurrencySymbol": _symbol,
    "Details": _details,
    **dict.fromkeys((*DATES, "RetrievedAt"), _moment),
}
"""What reads a column that is neither an amount nor plain text."""


def shown(value: Value) -> str:
    """Return a value for a message."""
    text = str(value)
    return repr(text if len(text) <= 40 else text[:40] + "...")  # noqa: PLR2004 - as much as a message needs
