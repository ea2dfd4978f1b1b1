"""Earlier history in a file as rows of the table, every line checked."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import typer

from cli.commands.import_csv.columns import AMOUNTS, NUMBERS, REQUIRED, SENT, open_sheet
from cli.commands.import_csv.values import (
    DATES,
    EARLIEST_DAY,
    EXPORTED,
    NOTATIONS,
    READERS,
    DecimalSign,
    Value,
    Wrong,
    as_amount,
    shown,
)
from cli.support.accounts import choose
from cli.support.failure import CommandFailed
from shared.history.row import Entity, RowSource, snapshot_row
from shared.net import exact_json
from shared.partner_center.invoice_summary import ResponseMetadata, parse_summary
from shared.settings.accounts import Account
from shared.settings.values import CreditLimit

Key = tuple[str, str]

_EARLIEST_ZONE = timedelta(hours=14)
"""The first zone of the world to begin a day, before UTC."""


def key_of(row: Entity) -> Key:
    """Return a row's keys."""
    return str(row["PartitionKey"]), str(row["RowKey"])


@dataclass
class FileRows:
    """Reads rows for the configured accounts; `today` is the day that the job itself reads, `now` when they are imported.

    `unit` is what a line of the file is called, `places` says where each row is, `chosen` the account of each name.
    """

    accounts: Sequence[Account]
    today: date
    now: datetime
    run_id: str
    decimal: DecimalSign | None = None
    unit: str = "line"
    problems: list[str] = field(default_factory=list)
    rows: list[Entity] = field(default_factory=list)
    places: dict[Key, str] = field(default_factory=dict)
    chosen: dict[str | None, Account] = field(default_factory=dict)

    def read(self, file: Path) -> None:
        """Read the file, after which `rows` and `problems` are complete; raises CommandFailed for one without rows."""
        sheet = open_sheet(file)
        self.unit = sheet.unit
        notation = EXPORTED if sheet.is_export and not self.decimal else NOTATIONS[self.decimal]
        for number, cells in sheet.lines:
            place = f"{sheet.unit} {number}"
            try:
                row = self._row(_read(sheet.named(cells), notation, numbers=sheet.unit == "row"))
            except Wrong as error:
                where = f"{place}, {error.column}" if error.column else place
                self.problems.append(f"{where}: {error}")
                continue
            if (first := self.places.setdefault(key_of(row), place)) != place:
                self.problems.append(f"{place}: the same account, day and currency as {first}: each once")
            self.rows.append(row)
        if not self.rows and not self.problems:
            raise CommandFailed("The file has a header and nothing below it.", "Name a file with rows to import.")

    def refuse_today(self, missing: Iterable[Entity]) -> None:
        """Add a problem for each row of today that the table lacks: an imported one would keep the job from reading it."""
        for row in missing:
            if row["SnapshotDate"] == self.today.isoformat():
                where = f"{self.places[key_of(row)]}, SnapshotDate"
                self.problems.append(f"{where}: {self.today} is today: leave it out, the job reads it itself")

    def _row(self, read: dict[str, Any]) -> Entity:
        """Return the row that the job would make of these values, had Partner Center sent them; raises Wrong where it would not."""
        day, currency, retrieved = read["SnapshotDate"], read["CurrencyCode"], read.get("RetrievedAt", self.now)
        if not EARLIEST_DAY <= day <= self.today:
            wrong = (
                f"after today, {self.today} by this machine's clock" if day > self.today else f"before {EARLIEST_DAY}"
            )
            raise Wrong(f"{day} is {wrong}: a day from {EARLIEST_DAY} to yesterday", "SnapshotDate")
        if not datetime.combine(day, time(), UTC) - _EARLIEST_ZONE <= retrieved <= self.now:
            wrong = "in the future" if retrieved > self.now else f"before the day {day}"
            raise Wrong(f"{retrieved:%Y-%m-%d %H:%M} UTC is {wrong}: when it was read, or nothing", "RetrievedAt")
        # An export has the exact balance in BalanceText; BalanceAmount is rounded to a Double there.
        balance = read.get("BalanceText", read["BalanceAmount"])
        if f"{float(balance):.15g}" != f"{float(read['BalanceAmount']):.15g}":
            raise Wrong("it differs from BalanceAmount: the same amount in both, or no BalanceText", "BalanceText")
        members = {name: name[0].lower() + name[1:] for name in SENT if name in read}
        document = {"balanceAmount": balance, "currencyCode": currency}
        document |= {member: str(read[name]) if name in DATES else read[name] for name, member in members.items()}
        summary = parse_summary(exact_json.dumps(document).encode(), ResponseMetadata(retrieved, "", ""))
        limit = CreditLimit(read["CreditLimit"], currency) if "CreditLimit" in read else None
        if limit and limit.amount <= 0:
            raise Wrong("a credit limit is above zero: correct it, or leave it empty", "CreditLimit")
        row = snapshot_row(replace(self._account(read), credit_limit=limit), day, summary, self.run_id)
        for name, member in members.items():
            if name not in row:
                why = next((text for text in summary.warnings if text.startswith(member)), "")
                why = why.removeprefix(member).removesuffix(" and is left out") or ' means "none"'
                raise Wrong(f"it{why}: correct it, or leave it empty", name)
        without_ids = {name: value for name, value in row.items() if value != ""}
        return without_ids | {"Source": RowSource.IMPORTED.value}

    def _account(self, read: Mapping[str, Any]) -> Account:
        column = "PartitionKey" if "PartitionKey" in read else "AccountName"
        name = read.get(column)
        if name not in self.chosen:
            try:
                found = choose(self.accounts, name and [name])
            except typer.BadParameter as error:
                raise Wrong(f"{error.message} Correct it, or configure the account first.", column) from None
            if len(found) > 1:
                wrong = f"have the name {shown(name)}: give" if name else "are configured: give AccountName or"
                raise Wrong(f"{len(found)} accounts {wrong} PartitionKey, the tenant id", column)
            self.chosen[name] = found[0]
        return self.chosen[name]


def _read(values: Mapping[str, Value | Wrong], notation: re.Pattern[str], *, numbers: bool) -> dict[str, Any]:
    """Return each value in its final form, what is empty left out; with `numbers` an amount is a number, not text."""
    read: dict[str, Any] = {}
    currency = str(values["CurrencyCode"]).upper()
    for name, value in values.items():
        if isinstance(value, Wrong):
            raise Wrong(str(value), name)
        if numbers and name in NUMBERS and isinstance(value, str) and value:
            raise Wrong(f"{shown(value)} is text, not a number: choose a number format and type it again", name)
        if value == "" and name in REQUIRED:
            raise Wrong("it is empty and has to be there", name)
        if value != "":
            try:
                amount = name in AMOUNTS
                read[name] = as_amount(value, currency, notation) if amount else READERS.get(name, str)(value)
            except Wrong as error:
                raise Wrong(str(error), name) from None
    return read
