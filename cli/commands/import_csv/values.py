"""Converts the values of a file of earlier history by column, or reports what is wrong with them."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from unicodedata import normalize

from babel import Locale
from babel.numbers import get_currency_precision

from shared.history.row import COLUMNS, Edm
from shared.net import exact_json
from shared.partner_center.invoice_summary import MAX_AMOUNT, MAX_EXPONENT
from shared.settings.setting import trim

REQUIRED = ("SnapshotDate", "CurrencyCode", "BalanceAmount")
GENERATED = ("RowKey", "RequestId", "CorrelationId", "RunId", "Source", "SchemaVersion")
"""Columns that the import generates; an export contains them."""

OPTIONAL = tuple(column.name for column in COLUMNS if column.name not in {*REQUIRED, *GENERATED})
_NUMBERS = [column.name for column in COLUMNS if column.edm is Edm.DOUBLE]
_CURRENCIES = frozenset(Locale("en").currencies)
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].*)?")
_MAX_QUOTED = 40


class InvalidValue(Exception):
    """Arguments: what is wrong and how to correct it and, if known, the column's name."""


Value = str | Decimal | InvalidValue
"""Always text from a CSV file. From a workbook, a number is a Decimal and an unusable cell an InvalidValue."""


def _grouped(point: str, groups: str) -> re.Pattern[str]:
    """Return the notation of amounts with groups of thousands (in India: lakhs)."""
    whole = rf"[1-9][0-9]{{0,2}}(?P<group>[{groups}])(?:(?:[0-9]{{3}}(?P=group))*|(?:[0-9]{{2}}(?P=group))*)[0-9]{{3}}"
    return re.compile(rf"[+-]?(?:[0-9]+|{whole})(?:\{point}[0-9]+)?")


_SPACES = " \u00a0\u2009\u202f'\u2019"
_PLAIN = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
NOTATIONS: dict[str | None, re.Pattern[str]] = {
    None: _PLAIN,
    "point": _grouped(".", "," + _SPACES),
    "comma": _grouped(",", "." + _SPACES),
}
EXPORTED = re.compile(rf"{_PLAIN.pattern}(e[+-]?[0-9]+)?")
"""How `history` writes an amount: three digits after the point are always decimals."""

_AMBIGUOUS = re.compile(r"([+-]?[0-9]{1,3})[.,]([0-9]{3})")
_THREE_DECIMALS = 3


def read_values(values: Mapping[str, Value], notation: re.Pattern[str], *, workbook: bool) -> dict[str, Any]:
    """Return the converted values without empty ones; raises InvalidValue. In a workbook, amounts must be numbers, not text."""
    currency, read = str(values["CurrencyCode"]).upper(), {}
    for name, value in values.items():
        try:
            if value != "" or name in REQUIRED:
                read[name] = _read(name, value, currency, None if workbook and name in _NUMBERS else notation)
        except InvalidValue as error:
            raise InvalidValue(str(error), name) from None
    return read


def _read(name: str, value: Value, currency: str, notation: re.Pattern[str] | None) -> Any:
    if isinstance(value, InvalidValue):
        raise value
    if value == "":
        raise InvalidValue("it is empty, but required")
    if name in _NUMBERS or name == "BalanceText":
        return _to_amount(value, currency, notation)
    convert, expected = _CONVERTERS.get(name, (str, ""))
    try:
        return convert(str(value))
    except (OverflowError, ValueError):
        raise InvalidValue(f"{quoted(value)} is {expected}") from None


def _to_amount(value: str | Decimal, currency: str, notation: re.Pattern[str] | None) -> Decimal:
    if isinstance(value, Decimal):
        amount = value
    elif notation is None:
        raise InvalidValue(f"{quoted(value)} is not a number in Excel: choose a number format and type it again")
    else:
        amount = _parse_amount(value, currency, notation)
    exponent = amount.as_tuple().exponent
    if abs(amount) >= MAX_AMOUNT or not isinstance(exponent, int) or -exponent > MAX_EXPONENT:
        raise InvalidValue(f"it is out of range: below {MAX_AMOUNT:.0e}, with at most {MAX_EXPONENT} decimals")
    return amount


def _parse_amount(text: str, currency: str, notation: re.Pattern[str]) -> Decimal:
    unclear = _AMBIGUOUS.fullmatch(text) if notation is _PLAIN else None
    if unclear and get_currency_precision(currency) != _THREE_DECIMALS:
        meanings = f"{Decimal(unclear[1] + unclear[2])} or as {unclear[1]}.{unclear[2]}"
        raise InvalidValue(f"{text!r} can be read as {meanings}: choose with --decimal point or --decimal comma")
    if not notation.fullmatch(text):
        forms = "-1234.50; --decimal point also takes -1,234.50, and --decimal comma -1.234,50"
        raise InvalidValue(f"{quoted(text)} is not an amount: digits, such as {forms}")
    if notation is NOTATIONS["comma"]:
        text = text.replace(".", "").replace(",", ".")
    return Decimal(re.sub(f"[,{_SPACES}]", "", text))


def _parse_time(text: str) -> datetime:
    """Parse a time, in UTC if it has no zone. ISO weeks (2026-W05) are refused."""
    time = datetime.fromisoformat(text if _TIME.fullmatch(text) else "")
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _parse_day(text: str) -> date:
    return _parse_time(text if len(text) == len("2026-01-31") else "").date()


def _parse_currency(text: str) -> str:
    if text.upper() not in _CURRENCIES:
        raise ValueError(text)
    return text.upper()


def _parse_symbol(text: str) -> str:
    if normalize("NFKC", trim(text)).startswith(("=", "+", "-", "@")):
        raise ValueError(text)
    return text


_CONVERTERS: Mapping[str, tuple[Callable[[str], Any], str]] = {
    "SnapshotDate": (_parse_day, "not a day: such as 2026-01-31; in a workbook, a cell with a date format"),
    "CurrencyCode": (_parse_currency, "not a currency: an ISO 4217 code such as USD"),
    "CurrencySymbol": (_parse_symbol, "a formula to a spreadsheet: a symbol such as $, or nothing"),
    "Details": (lambda text: exact_json.loads(text.encode()), "not exact JSON: use the text of an export, or nothing"),
} | {
    column.name: (_parse_time, "not a date: such as 2026-01-31 or 2026-01-31T06:17:00Z")
    for column in COLUMNS
    if column.edm is Edm.DATETIME
}
"""Converters for columns other than amounts and plain text, and the end of the message for a refused value."""


def quoted(value: Value) -> str:
    """Return a value, quoted and shortened, for a message."""
    return repr(str(value)[:_MAX_QUOTED])
