"""The values of a CSV file of earlier history: each in its final form, or what is wrong with it."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from babel import Locale

from shared.history.row import Edm
from shared.partner_center.invoice_summary import EARLIEST_YEAR, LARGEST_AMOUNT, LARGEST_EXPONENT, LONGEST_DETAILS

EARLIEST_DAY = date(2000, 1, 1)
_LONGEST_SYMBOL = 100
_LONGEST_SHOWN = 40
_PLAIN = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_CURRENCIES = frozenset(Locale("en").currencies)


class Wrong(Exception):
    """One value is wrong."""

    def __init__(self, wrong: str, right: str) -> None:
        super().__init__(wrong)
        self.wrong = wrong
        self.right = right


def as_day(text: str, today: date) -> date:
    """Read a day before today."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Wrong(f"SnapshotDate {_shown(text)} is no day", "such as 2026-01-31") from None
    if not EARLIEST_DAY <= day < today:
        right = f"a day from {EARLIEST_DAY} to yesterday: today's row is the job's own"
        raise Wrong(f"SnapshotDate {day} is not in the past", right)
    return day


def as_currency(text: str) -> str:
    """Read an ISO 4217 code."""
    code = text.upper()
    if code not in _CURRENCIES:
        raise Wrong(f"CurrencyCode {_shown(text)} is no currency", "an ISO 4217 code such as USD")
    return code


def as_amount(name: str, text: str) -> Decimal:
    """Read an amount in plain notation; what could be read in two ways is refused."""
    if not _PLAIN.fullmatch(text):
        raise Wrong(f"{name} {_shown(text)} is no amount", "digits, a point for decimals, no thousands signs: -1234.50")
    amount = Decimal(text)
    exponent = amount.as_tuple().exponent
    if abs(amount) >= LARGEST_AMOUNT or not isinstance(exponent, int) or -exponent > LARGEST_EXPONENT:
        raise Wrong(f"{name} is out of bounds", f"below {LARGEST_AMOUNT:.0e}, with at most {LARGEST_EXPONENT} decimals")
    return amount


def _moment(name: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Wrong(f"{name} {_shown(text)} is no date", "such as 2026-01-31 or 2026-01-31T06:17:00Z") from None
    if moment.year < EARLIEST_YEAR:
        raise Wrong(f"{name} is before the year {EARLIEST_YEAR}", "a later one, or nothing")
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _text(name: str, text: str) -> str:
    longest = LONGEST_DETAILS if name == "Details" else _LONGEST_SYMBOL
    if len(text) > longest:
        raise Wrong(f"{name} has {len(text)} characters", f"at most {longest}")
    return text


READERS: Mapping[Edm, Callable[[str, str], Any]] = MappingProxyType(
    {
        Edm.STRING: _text,
        Edm.DOUBLE: lambda name, text: float(as_amount(name, text)),
        Edm.DATETIME: _moment,
    }
)
"""What reads a column, by its type; each takes the column's name and its text."""


def _shown(text: str) -> str:
    return repr(text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "...")
