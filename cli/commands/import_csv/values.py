"""The values of a file of earlier history: each in its final form, or what is wrong with it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from babel import Locale
from babel.numbers import get_currency_precision

from shared.history.row import Edm
from shared.net import exact_json
from shared.partner_center.invoice_summary import (
    EARLIEST_YEAR,
    LARGEST_AMOUNT,
    LARGEST_EXPONENT,
    LONGEST_DETAILS,
    LONGEST_SYMBOL,
)

EARLIEST_DAY = date(2000, 1, 1)
_LONGEST_SHOWN = 40
_CURRENCIES = frozenset(Locale("en").currencies)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(rf"{_DAY.pattern}([T ].*)?")
_RUN_BY_SPREADSHEETS = ("=", "+", "-", "@")

Value = str | Decimal | datetime | date
"""Of a CSV file always text; of a workbook what the cell holds."""


class Wrong(Exception):
    """One value, or the whole line, is wrong."""

    def __init__(self, wrong: str, right: str, column: str = "") -> None:
        super().__init__(wrong)
        self.wrong = wrong
        self.right = right
        self.column = column


class DecimalSign(StrEnum):
    """What separates the decimals."""

    POINT = "point"
    COMMA = "comma"


@dataclass(frozen=True)
class _Form:
    """A way to write an amount: the whole pattern, the decimal sign, and an example."""

    pattern: re.Pattern[str]
    point: str
    example: str


def _grouped(point: str, groups: str, example: str) -> _Form:
    whole = rf"(?:[0-9]+|[0-9]{{1,3}}(?P<group>[{groups}])[0-9]{{3}}(?:(?P=group)[0-9]{{3}})*)"
    return _Form(re.compile(rf"[+-]?{whole}(?:{re.escape(point)}[0-9]+)?"), point, example)


_SPACES = " \u00a0\u202f'\u2019"
_PLAIN = _Form(re.compile(r"[+-]?[0-9]+(\.[0-9]+)?"), ".", "-1234.50; for other forms give --decimal point or comma")
_EXPORTED = _Form(re.compile(r"[+-]?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?"), ".", "-1234.50")
_SAID = {
    DecimalSign.POINT: _grouped(".", "," + _SPACES, "-1,234.50"),
    DecimalSign.COMMA: _grouped(",", "." + _SPACES, "-1.234,50"),
}
_TWO_READINGS = re.compile(r"([+-]?[0-9]{1,3})([.,])([0-9]{3})")
_THREE_DECIMALS = 3


@dataclass(frozen=True)
class AmountReader:
    """Reads amounts; what could be read in two ways is refused unless it is known how the file writes them."""

    decimal: DecimalSign | None = None
    is_export: bool = False

    def read(self, column: str, value: Value, currency: str) -> Decimal:
        """Read an amount of a currency; BalanceText alone is text in a workbook too."""
        if isinstance(value, Decimal):
            return _bounded(column, value)
        if not isinstance(value, str):
            raise Wrong(f"{value} is not an amount", "a number", column)
        form = _SAID[self.decimal] if self.decimal else _EXPORTED if self.is_export else _PLAIN
        match = _TWO_READINGS.fullmatch(value) if form is _PLAIN else None
        if match and get_currency_precision(currency) != _THREE_DECIMALS:
            wrong = f"{value!r} can be read as {match[1]}{match[3]} or as {match[1]}.{match[3]}"
            raise Wrong(wrong, "say which with --decimal point or --decimal comma", column)
        if not form.pattern.fullmatch(value):
            raise Wrong(f"{shown(value)} is not an amount", f"such as {form.example}", column)
        whole, _, decimals = value.partition(form.point)
        whole = re.sub(r"[^0-9+-]", "", whole) if form in _SAID.values() else whole
        return _bounded(column, Decimal(f"{whole}.{decimals}" if decimals else whole))


def _bounded(column: str, amount: Decimal) -> Decimal:
    exponent = amount.as_tuple().exponent
    if abs(amount) >= LARGEST_AMOUNT or not isinstance(exponent, int) or -exponent > LARGEST_EXPONENT:
        right = f"below {LARGEST_AMOUNT:.0e}, with at most {LARGEST_EXPONENT} decimals"
        raise Wrong("the amount is out of bounds", right, column)
    return amount


def as_day(value: Value, today: date) -> date:
    """Read a day, today's included."""
    column = "SnapshotDate"
    text = str(value.date()) if isinstance(value, datetime) and value == _midnight(value) else str(value)
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None:
        raise Wrong(f"{shown(text)} is not a day", "such as 2026-01-31", column)
    if day > today:
        raise Wrong(f"{day} is in the future", f"a day from {EARLIEST_DAY} to yesterday", column)
    if day < EARLIEST_DAY:
        raise Wrong(f"{day} is before {EARLIEST_DAY}", f"a day from {EARLIEST_DAY} to yesterday", column)
    return day


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def as_currency(value: Value) -> str:
    """Read an ISO 4217 code."""
    code = str(value).upper()
    if code not in _CURRENCIES:
        raise Wrong(f"{shown(str(value))} is not a currency", "an ISO 4217 code such as USD", "CurrencyCode")
    return code


def _moment(column: str, value: Value) -> datetime:
    text = str(value)
    try:
        moment = datetime.fromisoformat(text) if _MOMENT.fullmatch(text) else None
        moment = moment and (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC))
    except (ValueError, OverflowError):
        moment = None
    if moment is None:
        raise Wrong(f"{shown(text)} is not a date", "such as 2026-01-31 or 2026-01-31T06:17:00Z", column)
    if moment.year < EARLIEST_YEAR:
        raise Wrong(f"the date is before the year {EARLIEST_YEAR}", "a later one, or nothing", column)
    return moment


def _symbol(column: str, value: Value) -> str:
    text = str(value)
    if len(text) > LONGEST_SYMBOL or not text.isprintable():
        raise Wrong(f"{shown(text)} is not a symbol", f"at most {LONGEST_SYMBOL} printable characters", column)
    if text.startswith(_RUN_BY_SPREADSHEETS):
        raise Wrong(f"{shown(text)} would be run by a spreadsheet", "a symbol such as $, or nothing", column)
    return text


def _details(column: str, value: Value) -> str:
    """Read the parts by invoice type, in the form that the job writes."""
    try:
        parts = exact_json.loads(str(value).encode())
        text = exact_json.dumps(parts)
    except (ValueError, RecursionError) as error:
        raise Wrong(f"it is not exact JSON ({error})", "what an export has, or nothing", column) from None
    if not isinstance(parts, list) or not all(map(_is_part, parts)):
        right = 'such as [{"invoiceType":"Recurring","summary":{"balanceAmount":1.50}}], or nothing'
        raise Wrong("it is not a list of parts by invoice type", right, column)
    if len(text) > LONGEST_DETAILS:
        raise Wrong(f"{len(text):,} characters", f"at most {LONGEST_DETAILS:,}", column)
    return text


def _is_part(part: Any) -> bool:
    if not isinstance(part, dict) or not isinstance(part.get("invoiceType", ""), str):
        return False
    if "summary" not in part:
        return True
    amount = part["summary"].get("balanceAmount") if isinstance(part["summary"], dict) else None
    return isinstance(amount, Decimal) and abs(amount) < LARGEST_AMOUNT


READERS: Mapping[str, Callable[[str, Value], Any]] = MappingProxyType(
    {"CurrencySymbol": _symbol, "Details": _details, Edm.DATETIME: _moment}
)
"""What reads a column that is not an amount, by its name or else its type."""


def shown(text: str) -> str:
    """Return a value for a message."""
    return repr(text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "...")
