"""Earlier history in a CSV file as rows of the table, every line checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from cli.commands.import_csv.csv_file import TAKEN_OVER, records
from cli.commands.import_csv.csv_values import READERS, Wrong, as_amount, as_currency, as_day
from shared.history.row import COLUMNS, SCHEMA_VERSION, Entity, Source, row_key
from shared.settings.accounts import Account

_TYPES = {column.name: column.edm for column in COLUMNS}


@dataclass(frozen=True)
class Problem:
    """What is wrong in a line of the file, counted from 1, and what is right."""

    line: int
    wrong: str
    right: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.wrong}: {self.right}"


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
        for line, header, values in records(file):
            try:
                row = self._row(header, values)
            except Wrong as error:
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
            raise Wrong(f"{len(fields)} values", f"{len(header)}, as the first line has")
        values = dict(zip(header, fields, strict=True))
        account = self._account(values)
        day = as_day(values.get("SnapshotDate", ""), self.today)
        currency = as_currency(values.get("CurrencyCode", ""))
        balance = _balance(values.get("BalanceAmount", ""), values.get("BalanceText", ""))
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
        for name in TAKEN_OVER:
            if values.get(name):
                row[name] = READERS[_TYPES[name]](name, values[name])
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
            raise Wrong("no account", f"PartitionKey (tenant id) or AccountName, one of {known}")
        raise Wrong(f"{tenant or name!r} is no configured account", f"one of {known}, or configure it first")


def _balance(amount: str, exact: str) -> Decimal:
    """Read the balance: from BalanceText where an export has it, because BalanceAmount is rounded to a Double there."""
    if not exact:
        return as_amount("BalanceAmount", amount)
    balance = as_amount("BalanceText", exact)
    try:
        same = float(amount) == float(balance)
    except ValueError:
        same = False
    if not same:
        raise Wrong("BalanceAmount and BalanceText differ", "the same amount in both, or no BalanceText")
    return balance
