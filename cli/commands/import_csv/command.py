"""`import`: earlier history from a CSV file or an Excel workbook, every line checked before the first is written."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer

from cli.commands.import_csv.columns import OPTIONAL, REQUIRED
from cli.commands.import_csv.rows import FileRows, Key, key_of
from cli.commands.import_csv.values import DecimalSign
from cli.support.console import bar, can_show, count, say
from cli.support.failure import CommandFailed
from cli.support.interrupt import interruptible
from cli.support.money import Money, balance_of, reader_locale
from cli.support.operator_table import OperatorTable, Span, batches
from cli.support.options import SettingsFile, Write
from cli.support.settings_source import find_settings
from cli.support.tables import TableContext, open_tables
from shared.history.row import Entity
from shared.services import new_id, utc_now

MOST_SHOWN = 20
"""Problems, and differences."""

_COLUMNS = (*REQUIRED, "AccountName", *(name for name in OPTIONAL if name != "AccountName"))
_EXAMPLE = ",".join(_COLUMNS) + "\n2026-01-31,USD,68059.03,Contoso" + "," * (len(_COLUMNS) - 4)

File = Annotated[
    Path | None,
    typer.Argument(
        exists=True, dir_okay=False, metavar="FILE", help="A CSV file in UTF-8, or an Excel workbook (.xlsx)."
    ),
]
Template = Annotated[bool, typer.Option("--template", help="Print an example of the file, with every column, and end.")]
Decimals = Annotated[
    DecimalSign | None,
    typer.Option("--decimal", help="What separates decimals in the CSV file; the other signs then separate thousands."),
]


@dataclass
class _Import:
    """The file's rows, the new ones by key, what the archive has in place of those, and how many were inserted."""

    rows: Sequence[Entity] = ()
    new: dict[Key, Entity] = field(default_factory=dict)
    archived: dict[Key, Entity] = field(default_factory=dict)
    inserted: int | None = None

    def compare(self, place: TableContext, money: Money) -> list[str]:
        """Print what there is for each account and currency, and return the rows that are recorded with another amount."""
        columns = ["PartitionKey", "RowKey", "BalanceText", "BalanceAmount"]
        recorded = _existing(place.table, map(key_of, self.rows), columns)
        self.new = {key: row for row in self.rows if (key := key_of(row)) not in recorded}
        self.archived = _existing(place.archive, self.new) if place.archive else {}
        existing, differing = self.archived | recorded, []
        for (_, currency), group in groupby(self.rows, lambda row: (row["PartitionKey"], str(row["CurrencyCode"]))):
            own = list(group)
            account, days = own[0]["AccountName"], f"{own[0]['SnapshotDate']} to {own[-1]['SnapshotDate']}"
            amounts = [balance_of(row) for row in own]
            span = f"{money.text(min(amounts), currency)} to {money.text(max(amounts), currency)}"
            new = sum(key_of(row) in self.new for row in own)
            told = f"{new:,} new, {len(own) - new:,} recorded already"
            say(f"{account}, {currency}: {count(len(own), 'row')}, {days}, {span}: {told}")
            for row, amount in zip(own, amounts, strict=True):
                if (there := balance_of(existing.get(key_of(row), row))) != amount:
                    theirs, ours = money.text(there, currency), money.text(amount, currency)
                    differing.append(f"{account}, {row['RowKey']}: {theirs} is recorded, the file has {ours}")
        return differing

    def insert(self, place: TableContext) -> None:
        """Insert the new rows, into the archive first: what it has is the day's row and goes into the table unchanged."""
        self.inserted = 0
        with bar("rows", len(self.new)) as done:
            for batch in batches([self.new[key] for key in sorted(self.new)]):
                if place.archive and (missing := [row for row in batch if key_of(row) not in self.archived]):
                    place.archive.insert_missing(missing)
                self.inserted += place.table.insert_missing([self.archived.get(key_of(row), row) for row in batch])
                done(len(batch))

    def state(self) -> str:
        """Say what an interrupted import has done."""
        if self.inserted is None:
            return "Nothing was written."
        of = f"Inserted {self.inserted:,} of {count(len(self.new), 'new row')}; up to a batch of 100 more may be in."
        return f"{of} Run the same command again: it inserts only what is still missing."


def command(
    *,
    settings: SettingsFile = None,
    file: File = None,
    template: Template = False,
    decimal: Decimals = None,
    write: Write = False,
) -> None:
    """Insert earlier history from a CSV file or an Excel workbook; the rows are marked `imported`.

    The first line names the columns: SnapshotDate, CurrencyCode and BalanceAmount are required, AccountName or PartitionKey
    (the tenant id) when several accounts are configured; `--template` prints them all. Times without a zone are UTC.

    Every line is checked before any is written, and an amount that can be read in two ways (`68.059`) is refused: say
    `--decimal point` or `--decimal comma`. A row of the table is never changed, so a second import inserts only what is
    missing. Nothing is written without `--write`.

    Examples:
      python -m cli import history.csv
      python -m cli import history.xlsx --write
      python -m cli import history.csv --decimal comma

    """
    if template:
        say(_EXAMPLE)
        return
    if file is None:
        raise typer.BadParameter("name the file, or ask for --template.")
    work = _Import()
    with interruptible(work.state):
        known, now = find_settings(os.environ, settings).read(), utc_now()
        read = FileRows(known.accounts, now.astimezone(known.time_zone).date(), now, new_id(), decimal)
        read.read(file)
        _refuse(read)
        work.rows = sorted(read.rows, key=lambda row: (row["PartitionKey"], row["CurrencyCode"], row["RowKey"]))
        with open_tables(known) as place:
            differing = work.compare(place, Money(reader_locale(os.environ), can_show))
            place.services.check_clock()  # today and the future are judged by it
            read.refuse_today(work.new.values())
            _refuse(read)
            if write:
                work.insert(place)
    if work.inserted is None:
        say("Nothing was written." + " With --write the new rows are inserted." * bool(work.new))
    else:
        say(f"Inserted {count(work.inserted, 'row')}.")
    if differing:
        _show(differing)
        raise CommandFailed(
            f"Another amount is recorded for {count(len(differing), 'row')} of the file; it was not changed.",
            "Correct the file; a recorded row stays as it is.",
        )


def _refuse(read: FileRows) -> None:
    if read.problems:
        _show(read.problems)
        raise CommandFailed(
            f"{count(len(read.problems), read.unit)} of the file cannot be imported; nothing was written.",
            "Correct the file and run this again.",
        )


def _show(lines: Sequence[str]) -> None:
    more = [f"... and {len(lines) - MOST_SHOWN:,} more"] if len(lines) > MOST_SHOWN else []
    for line in [*lines[:MOST_SHOWN], *more]:
        say(line, stderr=True)


def _existing(table: OperatorTable, keys: Iterable[Key], columns: Sequence[str] | None = None) -> dict[Key, Entity]:
    """Return those rows of the table that have one of these keys."""
    found: dict[Key, Entity] = {}
    for tenant, own in groupby(wanted := sorted(keys), lambda key: key[0]):
        days = [date.fromisoformat(row_key[:10]) for _, row_key in own]
        found |= {key_of(row): row for row in table.rows(Span(tenant, days[0], days[-1]), columns)}
    return {key: found[key] for key in wanted if key in found}
