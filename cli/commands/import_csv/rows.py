"""Converts a file of earlier history to rows of the table, and checks every line."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from math import isclose
from pathlib import Path
from typing import Any

from cli.commands.import_csv.sheet import open_sheet
from cli.commands.import_csv.values import EXPORTED, NOTATIONS, InvalidValue, quoted, read_values
from cli.support.accounts import names_of
from cli.support.failure import CommandFailed
from shared.history.row import Entity, RowSource, row_key, snapshot_row
from shared.net import exact_json
from shared.partner_center.invoice_summary import ResponseMetadata, parse_summary
from shared.settings.accounts import Account
from shared.settings.values import CreditLimit

Key = tuple[str, str]

EARLIEST_DAY = date(2000, 1, 1)
_EARLIEST_ZONE = timedelta(hours=14)
"""A day begins this long before UTC in the earliest time zone."""


def key_of(row: Entity) -> Key:
    """Return a row's keys."""
    return str(row["PartitionKey"]), str(row["RowKey"])


@dataclass
class FileRows:
    """A file's rows for the configured accounts, and its problems. `today` is left to the job.

    `unit` is the word for a line of the file, `locations` where each row is, `matched` the account for each tenant and name.
    """

    accounts: Sequence[Account]
    today: date
    now: datetime
    run_id: str
    decimal: str | None = None
    unit: str = "line"
    problems: list[str] = field(default_factory=list)
    rows: list[Entity] = field(default_factory=list)
    locations: dict[Key, str] = field(default_factory=dict)
    matched: dict[tuple[str, str], Account] = field(default_factory=dict)

    def read(self, file: Path) -> None:
        """Read the file into `problems` and `rows`, in the settings' order of accounts; raises CommandFailed if there are no rows."""
        sheet = open_sheet(file)
        self.unit = sheet.unit
        notation = EXPORTED if sheet.is_export and not self.decimal else NOTATIONS[self.decimal]
        for number, values in sheet.lines:
            location = f"{sheet.unit} {number}"
            try:
                row = self._row(read_values(sheet.named(values), notation, workbook=sheet.unit == "row"))
            except InvalidValue as error:
                text, *column = error.args
                self.problems.append(f"{', '.join([location, *column])}: {text}")
                continue
            if (first := self.locations.setdefault(key_of(row), location)) != location:
                self.problems.append(f"{location}: the same account, day and currency as {first}: keep one of them")
            self.rows.append(row)
        order = {account.tenant_id: number for number, account in enumerate(self.accounts)}
        self.rows.sort(key=lambda row: (order[str(row["PartitionKey"])], row["CurrencyCode"], row["RowKey"]))
        if not self.rows and not self.problems:
            raise CommandFailed("The file has a header but no rows.", "Name a file with rows to import.")

    def problems_of_today(self, missing: Iterable[Entity]) -> list[str]:
        """Return a problem for each missing row of today: importing it would keep the job from reading today's balance."""
        text = f"SnapshotDate: {self.today} is today: remove this row, because the job reads today's balance itself"
        return [f"{self.locations[key_of(row)]}, {text}" for row in missing if row["SnapshotDate"] == str(self.today)]

    def _row(self, read: dict[str, Any]) -> Entity:
        """Return the row that the job would make if Partner Center sent these values; raises InvalidValue if it would not."""
        day, currency, retrieved = read["SnapshotDate"], read["CurrencyCode"], read.get("RetrievedAt", self.now)
        # In an export, BalanceText is exact and BalanceAmount is rounded to a Double.
        balance, limit = read.get("BalanceText", read["BalanceAmount"]), read.get("CreditLimit")
        days, when = f"use a day from {EARLIEST_DAY} to yesterday", f"{retrieved:%Y-%m-%d %H:%M} UTC is"
        age = retrieved - datetime.combine(day, time(), UTC)
        key = row_key(day, currency)
        exact = isclose(balance, read["BalanceAmount"], rel_tol=5e-15)  # half of the 15th digit, Excel's last
        for wrong, column, text in (
            (day > self.today, "SnapshotDate", f"{day} is after today, {self.today} by this machine's clock: {days}"),
            (day < EARLIEST_DAY, "SnapshotDate", f"{day} is before {EARLIEST_DAY}: {days}"),
            (retrieved > self.now, "RetrievedAt", f"{when} in the future: correct it, or leave it empty"),
            (age < -_EARLIEST_ZONE, "RetrievedAt", f"{when} before the day {day}: correct it, or leave it empty"),
            (read.get("RowKey", key) != key, "RowKey", f"it must be {key}: correct it, or leave it empty"),
            (not exact, "BalanceText", "it differs from BalanceAmount: correct it, or leave it empty"),
            (limit is not None and limit <= 0, "CreditLimit", "it must be above zero: correct it, or leave it empty"),
        ):
            if wrong:
                raise InvalidValue(text, column)
        document = {_api_name(name): str(value) if isinstance(value, date) else value for name, value in read.items()}
        answer = exact_json.dumps(document | {"balanceAmount": balance}).encode()
        summary = parse_summary(answer, ResponseMetadata(retrieved, "", ""))
        account = replace(self._account(read), credit_limit=limit and CreditLimit(limit, currency))
        row = snapshot_row(account, day, summary, self.run_id)
        for name in read:
            if name not in row:
                why = next((text for text in summary.warnings if text.startswith(_api_name(name))), "")
                why = why.removeprefix(_api_name(name)).removesuffix(" and was left out") or ' means "none"'
                raise InvalidValue(f"it{why}: correct it, or leave it empty", name)
        without_ids = {name: value for name, value in row.items() if value != ""}
        return without_ids | {"Source": RowSource.IMPORTED.value}

    def _account(self, read: Mapping[str, Any]) -> Account:
        tenant, name = read.get("PartitionKey", ""), read.get("AccountName", "")
        if (tenant, name) not in self.matched:
            found, column = self._matching(tenant or name), "PartitionKey" if tenant else "AccountName"
            if len(found) != 1:
                given = quoted(tenant or name) if tenant or name else "a line without AccountName"
                remedy = f"use an account's name ({names_of(self.accounts)}), or its tenant ID in PartitionKey"
                matches = f"{given} matches {len(found)} of the {len(self.accounts)} configured accounts"
                raise InvalidValue(f"{matches}: {remedy}", column)
            if (others := self._matching(name)) and found[0] not in others:  # an unknown name is a former one
                remedy = f"the one in PartitionKey is {quoted(found[0].name)}; correct one, or leave the name empty"
                raise InvalidValue(f"{quoted(name)} is another account's name: {remedy}", "AccountName")
            self.matched[tenant, name] = found[0]
        return self.matched[tenant, name]

    def _matching(self, name: str) -> list[Account]:
        return [account for account in self.accounts if name.lower() in ("", account.name.lower(), account.tenant_id)]


def _api_name(column: str) -> str:
    """Return Partner Center's name for a column."""
    return column[0].lower() + column[1:]
