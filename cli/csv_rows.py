"""Earlier history in a CSV file: which columns it may have, and every line checked."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from babel import Locale

from cli.failure import CommandFailed
from shared.accounts import Account
from shared.invoice_summary import EARLIEST_YEAR, LARGEST_AMOUNT, LARGEST_EXPONENT, LONGEST_DETAILS
from shared.row import COLUMNS, SCHEMA_VERSION, Edm, Entity, Source, row_key

REQUIRED = ("SnapshotDate", "CurrencyCode", "BalanceAmount")
OPTIONAL = (
    "PartitionKey",
    "AccountName",
    "CurrencySymbol",
    "AccountingDate",
    "FirstInvoiceCreationDate",
    "LatestInvoiceDate",
    "LastPaymentDate",
    "LastPaymentAmount",
    "CreditLimit",
    "Details",
    "RetrievedAt",
)
"""Taken over when they are there. Without PartitionKey (the tenant id) and AccountName the only configured account is meant."""

OWN = ("RowKey", "BalanceText", "RequestId", "CorrelationId", "RunId", "Source", "SchemaVersion")
"""Columns of the row that the import makes itself: allowed in the file, so that an export can be read, and not taken over."""

EARLIEST_DAY = date(2000, 1, 1)
_DELIMITERS = ",;\t"
_LONGEST_SYMBOL = 100
_LONGEST_SHOWN = 40
_PLAIN = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_TYPES = {column.name: column.edm for column in COLUMNS}
_CURRENCIES = frozenset(Locale("en").currencies)


@dataclass(frozen=True)
class Problem:
    """What is wrong in a line of the file, counted from 1, and what is right."""

    line: int
    wrong: str
    right: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.wrong}: {self.right}"


class _Wrong(Exception):
    """One value is wrong."""

    def __init__(self, wrong: str, right: str) -> None:
        super().__init__(wrong)
        self.wrong = wrong
        self.right = right


@dataclass
class CsvRows:
    """Reads rows for the configured accounts; `today` is the first day that is not history yet, `now` when they are read."""

    accounts: Sequence[Account]
    today: date
    now: datetime
    run_id: str
    problems: list[Problem] = field(default_factory=list)
    rows: list[Entity] = field(default_factory=list)

    def read(self, file: Path) -> None:
        """Read the file; `rows` and `problems` are then complete.

        Raises:
            CommandFailed: it cannot be read, or its first line does not name the columns.

        """
        lines: dict[tuple[str, str], int] = {}
        for line, header, values in _records(file):
            try:
                row = self._row(header, values)
            except _Wrong as error:
                self.problems.append(Problem(line, error.wrong, error.right))
                continue
            first = lines.setdefault((str(row["PartitionKey"]), str(row["RowKey"])), line)
            if first == line:
                self.rows.append(row)
            else:
                wrong = f"the same account, day and currency as line {first}"
                self.problems.append(Problem(line, wrong, "each of them once"))

    def _row(self, header: Sequence[str], fields: Sequence[str]) -> Entity:
        if len(fields) != len(header):
            raise _Wrong(f"{len(fields)} values", f"{len(header)}, as the first line has")
        values = dict(zip(header, fields, strict=True))
        account = self._account(values)
        day = self._day(values.get("SnapshotDate", ""))
        currency = _currency(values.get("CurrencyCode", ""))
        balance = _amount("BalanceAmount", values.get("BalanceAmount", ""))
        row: dict[str, Any] = {
            "PartitionKey": account.tenant_id,
            "RowKey": row_key(day, currency),
            "SnapshotDate": day.isoformat(),
            "AccountName": account.name,
            "CurrencyCode": currency,
            "BalanceAmount": float(balance),
            "BalanceText": f"{balance:f}",
            "RetrievedAt": self.now,
            "RunId": self.run_id,
            "Source": Source.IMPORTED.value,
            "SchemaVersion": SCHEMA_VERSION,
        }
        for name in OPTIONAL[2:]:
            if values.get(name):
                row[name] = _READERS[_TYPES[name]](name, values[name])
        return row

    def _account(self, values: Mapping[str, str]) -> Account:
        tenant, name = values.get("PartitionKey", "").lower(), values.get("AccountName", "").lower()
        found = [
            account
            for account in self.accounts
            if (tenant == account.tenant_id if tenant else name in {account.name.lower(), ""})
        ]
        if len(found) == 1:
            return found[0]
        known = ", ".join(f"{account.name} ({account.tenant_id})" for account in self.accounts)
        if not tenant and not name:
            raise _Wrong("no account", f"PartitionKey (tenant id) or AccountName, one of {known}")
        raise _Wrong(f"{tenant or name!r} is no configured account", f"one of {known}, or configure it first")

    def _day(self, text: str) -> date:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise _Wrong(f"SnapshotDate {_shown(text)} is no day", "such as 2026-01-31") from None
        if not EARLIEST_DAY <= day < self.today:
            right = f"a day from {EARLIEST_DAY} to yesterday: today's row is the job's own"
            raise _Wrong(f"SnapshotDate {day} is not in the past", right)
        return day


def _currency(text: str) -> str:
    code = text.upper()
    if code not in _CURRENCIES:
        raise _Wrong(f"CurrencyCode {_shown(text)} is no currency", "an ISO 4217 code such as USD")
    return code


def _amount(name: str, text: str) -> Decimal:
    """Read an amount in plain notation; what could be read in two ways is refused."""
    if not _PLAIN.fullmatch(text):
        raise _Wrong(
            f"{name} {_shown(text)} is no amount", "digits, a point for decimals, no thousands signs: -1234.50"
        )
    amount = Decimal(text)
    exponent = amount.as_tuple().exponent
    if abs(amount) >= LARGEST_AMOUNT or not isinstance(exponent, int) or -exponent > LARGEST_EXPONENT:
        raise _Wrong(
            f"{name} is out of bounds", f"below {LARGEST_AMOUNT:.0e}, with at most {LARGEST_EXPONENT} decimals"
        )
    return amount


def _moment(name: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _Wrong(f"{name} {_shown(text)} is no date", "such as 2026-01-31 or 2026-01-31T06:17:00Z") from None
    if moment.year < EARLIEST_YEAR:
        raise _Wrong(f"{name} is before the year {EARLIEST_YEAR}", "a later one, or nothing")
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _text(name: str, text: str) -> str:
    longest = LONGEST_DETAILS if name == "Details" else _LONGEST_SYMBOL
    if len(text) > longest:
        raise _Wrong(f"{name} has {len(text)} characters", f"at most {longest}")
    return text


_READERS: dict[Edm, Callable[[str, str], Any]] = {
    Edm.STRING: _text,
    Edm.DOUBLE: lambda name, text: float(_amount(name, text)),
    Edm.DATETIME: _moment,
}


def _shown(text: str) -> str:
    return repr(text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "...")


def _records(file: Path) -> Iterator[tuple[int, list[str], list[str]]]:
    """Yield each line's number, the header and the values; a line without any value is passed over."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise CommandFailed(f"{file} cannot be read: {error.strerror}.", "Name a file that you may read.") from error
    except UnicodeDecodeError as error:
        raise CommandFailed(
            f"{file} is not UTF-8 at byte {error.start}.", "Save it as UTF-8 (in Excel: CSV UTF-8)."
        ) from None
    delimiter = max(_DELIMITERS, key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(file, header)
        line = reader.line_num + 1
        for values in reader:
            if any(values):
                yield line, header, [value.strip() for value in values]
            line = reader.line_num + 1
    except csv.Error as error:
        raise CommandFailed(
            f"{file} is no CSV at line {reader.line_num}: {error}.", "Close every quote; write one row a line."
        ) from error


def _check_header(file: Path, header: Sequence[str]) -> None:
    known = (*REQUIRED, *OPTIONAL, *OWN)
    unknown = [name for name in header if name not in known]
    missing = [name for name in REQUIRED if name not in header]
    twice = sorted({name for name in header if header.count(name) > 1})
    wrong = [
        f"{what} {', '.join(map(repr, names))}"
        for what, names in (("unknown:", unknown), ("missing:", missing), ("twice:", twice))
        if names
    ]
    if wrong:
        raise CommandFailed(
            f"The first line of {file} does not name the columns; {'; '.join(wrong)}.",
            f"Needed are {', '.join(REQUIRED)}; there may be {', '.join(OPTIONAL)}. `import --template` prints an example.",
        )
