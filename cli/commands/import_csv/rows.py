"""Earlier history in a file as rows of the table, every line checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from cli.commands.import_csv.columns import TAKEN_OVER, WORKBOOK, named, open_sheet
from cli.commands.import_csv.values import READERS, AmountReader, DecimalSign, Value, Wrong, as_currency, as_day, shown
from cli.support.failure import CommandFailed
from shared.history.row import COLUMNS, SCHEMA_VERSION, Edm, Entity, RowSource, row_key
from shared.settings.accounts import Account

Key = tuple[str, str]

_TYPES = {column.name: column.edm for column in COLUMNS}
_EARLIEST_ZONE = timedelta(hours=14)
"""The first zone of the world to begin a day, before UTC."""


@dataclass(frozen=True)
class Problem:
    """What is wrong in a line of the file, and what is right."""

    place: str
    wrong: str
    right: str

    def __str__(self) -> str:
        return f"{self.place}: {self.wrong}: {self.right}"


def key_of(row: Entity) -> Key:
    """Return a row's keys."""
    return str(row["PartitionKey"]), str(row["RowKey"])


@dataclass
class FileRows:
    """Reads rows for the configured accounts; `today` is the day that the job itself reads, `now` when they are imported."""

    accounts: Sequence[Account]
    today: date
    now: datetime
    run_id: str
    decimal: DecimalSign | None = None
    problems: list[Problem] = field(default_factory=list)
    rows: list[Entity] = field(default_factory=list)
    places: dict[Key, str] = field(default_factory=dict)

    def read(self, file: Path) -> None:
        """Read the file; `rows` and `problems` are then complete.

        Raises:
            CommandFailed: it cannot be read, its first line does not name the columns, or there is nothing below it.

        """
        sheet = open_sheet(file)
        amounts = AmountReader(self.decimal, sheet.is_export)
        for number, cells in sheet.lines:
            place = f"{sheet.unit} {number}"
            try:
                values = named(sheet, cells)
                if file.suffix.lower() == WORKBOOK:
                    _check_numbers(values)
                row = self._row(values, amounts)
            except Wrong as error:
                where = f"{place}, {error.column}" if error.column else place
                self.problems.append(Problem(where, error.wrong, error.right))
                continue
            first = self.places.setdefault(key_of(row), place)
            if first == place:
                self.rows.append(row)
            else:
                self.problems.append(Problem(place, f"the same account, day and currency as {first}", "each once"))
        if not self.rows and not self.problems:
            raise CommandFailed(f"{file} has a header and nothing below it.", "Name a file with rows to import.")

    def refuse_today(self, missing: Sequence[Entity]) -> None:
        """Add a problem for each row of today that the table lacks: an imported one would keep the job from reading it."""
        for row in missing:
            if row["SnapshotDate"] == self.today.isoformat():
                right = "leave it out: the job reads today's balance itself"
                self.problems.append(
                    Problem(f"{self.places[key_of(row)]}, SnapshotDate", f"{self.today} is today", right)
                )

    def _row(self, values: Mapping[str, Value], amounts: AmountReader) -> Entity:
        account = self._account(values)
        day = as_day(values["SnapshotDate"], self.today)
        currency = as_currency(values["CurrencyCode"])
        balance = _balance(values, amounts, currency)
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
            "Source": RowSource.IMPORTED.value,
            "SchemaVersion": SCHEMA_VERSION,
        }
        for name in TAKEN_OVER:
            if (value := values.get(name, "")) == "":
                continue
            if _TYPES[name] is Edm.DOUBLE:
                row[name] = float(amounts.read(name, value, currency))
            else:
                row[name] = (READERS.get(name) or READERS[_TYPES[name]])(name, value)
        self._check_retrieval(row["RetrievedAt"], day)
        return row

    def _check_retrieval(self, retrieved: datetime, day: date) -> None:
        if retrieved > self.now:
            raise Wrong(
                f"{retrieved:%Y-%m-%d %H:%M} UTC is in the future", "when it was read, or nothing", "RetrievedAt"
            )
        if retrieved < datetime.combine(day, time(), UTC) - _EARLIEST_ZONE:
            raise Wrong(
                f"{retrieved:%Y-%m-%d %H:%M} UTC is before the day {day}", "when it was read, or nothing", "RetrievedAt"
            )

    def _account(self, values: Mapping[str, Value]) -> Account:
        tenant, name = (str(values.get(column, "")).lower() for column in ("PartitionKey", "AccountName"))
        found = [
            account
            for account in self.accounts
            if (tenant == account.tenant_id if tenant else name in {account.name.lower(), ""})
        ]
        if len(found) == 1:
            return found[0]
        column = "PartitionKey" if tenant else "AccountName"
        known = ", ".join(f"{account.name} ({account.tenant_id})" for account in found or self.accounts)
        if found and name:
            raise Wrong(
                f"{len(found)} accounts have the name {shown(name)}", f"give PartitionKey, one of {known}", column
            )
        if found:
            raise Wrong("no account", f"PartitionKey (tenant id) or AccountName, one of {known}")
        raise Wrong(f"{shown(tenant or name)} is not configured", f"one of {known}, or configure it first", column)


def _check_numbers(values: Mapping[str, Value]) -> None:
    """In a workbook an amount is a number: text is what another language's Excel did not take for one."""
    for name, value in values.items():
        if _TYPES[name] is Edm.DOUBLE and isinstance(value, str) and value:
            raise Wrong(f"{shown(value)} is text", "a number: choose a number format and type it again", name)


def _balance(values: Mapping[str, Value], amounts: AmountReader, currency: str) -> Decimal:
    """Read the balance: from BalanceText where an export has it, because BalanceAmount is rounded to a Double there."""
    amount = amounts.read("BalanceAmount", values["BalanceAmount"], currency)
    if (exact := values.get("BalanceText", "")) == "":
        return amount
    balance = amounts.read("BalanceText", exact, currency)
    if float(amount) != float(balance):
        raise Wrong("it differs from BalanceAmount", "the same amount in both, or no BalanceText", "BalanceText")
    return balance
