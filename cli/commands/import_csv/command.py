"""`import`: earlier history from a CSV file or an Excel workbook, every line checked before the first is written."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer

from cli.commands.import_csv.columns import OPTIONAL, REQUIRED
from cli.commands.import_csv.rows import FileRows, Key, Problem, key_of
from cli.commands.import_csv.values import DecimalSign
from cli.support.console import say
from cli.support.failure import CommandFailed
from cli.support.interrupt import interruptible
from cli.support.money import Money, balance_of, reader_locale
from cli.support.operator_table import OperatorTable, Span, batches
from cli.support.options import SettingsFile, Write
from cli.support.progress import bar
from cli.support.settings_source import find_settings
from cli.support.tables import TableContext, open_tables
from cli.support.words import count
from shared.history.row import Entity
from shared.services import new_id, utc_now

MOST_SHOWN = 20
"""Problems, and differences."""

_EXAMPLE = {
    "SnapshotDate": "2026-01-31",
    "CurrencyCode": "USD",
    "BalanceAmount": "68059.03",
    "AccountName": "Contoso",
    "AccountingDate": "2026-01-30",
}

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
    """What is to be inserted, and what was."""

    rows: list[Entity] = field(default_factory=list)
    standing: dict[Key, Entity] = field(default_factory=dict)
    archived: dict[Key, Entity] = field(default_factory=dict)
    inserted: int = 0
    begun: bool = False

    @property
    def missing(self) -> list[Entity]:
        """Return the file's rows that the table lacks."""
        return [row for row in self.rows if key_of(row) not in self.standing]

    def find(self, place: TableContext) -> None:
        """Look up what the table, and for what it lacks the archive, have in place of the file's rows."""
        columns = ["PartitionKey", "RowKey", "BalanceText", "BalanceAmount"]
        self.standing = _existing(place.table, self.rows, columns)
        self.archived = _existing(place.archive, self.missing) if place.archive else {}

    def differences(self, money: Money) -> list[str]:
        """Say which rows have another balance than the file says."""
        return [
            f"{row['AccountName']}, {row['RowKey']}: the {side} has {_amount(money, found)}, the file {_amount(money, row)}"
            for side, existing in (("table", self.standing), ("archive", self.archived))
            for row in self.rows
            if (found := existing.get(key_of(row))) and balance_of(found) != balance_of(row)
        ]

    def insert(self, place: TableContext) -> None:
        """Insert the missing rows, into the archive first: what it has is the day's row and goes into the table unchanged."""
        self.begun = True
        missing = self.missing
        with bar("rows", len(missing)) as progress:
            for batch in batches(missing):
                if place.archive and (new := [row for row in batch if key_of(row) not in self.archived]):
                    place.archive.insert_missing(new)
                self.inserted += place.table.insert_missing([self.archived.get(key_of(row), row) for row in batch])
                progress.advance(len(batch))

    def state(self) -> str:
        """Say what an interrupted import has done."""
        if not self.begun:
            return "Nothing was written."
        of = (
            f"Inserted {self.inserted:,} of {count(len(self.missing), 'new row')}; up to a batch of 100 more may be in."
        )
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

    Examples: `import history.csv` shows what would be inserted; `import history.xlsx --write`; `import history.csv --decimal comma`.
    """
    if template:
        columns = (*REQUIRED, *OPTIONAL)
        typer.echo(",".join(columns))
        typer.echo(",".join(_EXAMPLE.get(name, "") for name in columns))
        return
    if file is None:
        raise typer.BadParameter("name the file, or ask for --template.")
    work = _Import()
    with interruptible(work.state):
        _import(work, file, settings, decimal, write=write)


def _import(work: _Import, file: Path, settings: Path | None, decimal: DecimalSign | None, *, write: bool) -> None:
    known = find_settings(os.environ, settings).read()
    now = utc_now()
    read = FileRows(known.accounts, now.astimezone(known.time_zone).date(), now, new_id(), decimal)
    read.read(file)
    _refuse(file, read.problems)
    money = Money(reader_locale(os.environ))
    work.rows = sorted(read.rows, key=key_of)
    with open_tables(known) as place:
        work.find(place)
        place.services.check_clock()  # today and the future are judged by it
        read.refuse_today(work.missing)
        _refuse(file, read.problems)
        _describe(work, money)
        differing = work.differences(money)
        _show(differing)
        if write:
            work.insert(place)
            say(f"Inserted {count(work.inserted, 'row')}.")
        else:
            say("Nothing was written. With --write the new rows are inserted.")
    if differing:
        raise CommandFailed(
            f"{count(len(differing), 'row')} of {file} differ from what is recorded, which was not changed.",
            "Correct the file; a recorded row stays as it is.",
        )


def _refuse(file: Path, problems: Sequence[Problem]) -> None:
    if problems:
        _show(list(map(str, problems)))
        raise CommandFailed(
            f"{count(len(problems), 'line')} of {file} cannot be imported; nothing was written.",
            "Correct them and run it again.",
        )


def _show(lines: Sequence[str]) -> None:
    for line in lines[:MOST_SHOWN]:
        say(line, stderr=True)
    if len(lines) > MOST_SHOWN:
        say(f"... and {len(lines) - MOST_SHOWN:,} more", stderr=True)


def _existing(table: OperatorTable, rows: Iterable[Entity], columns: Sequence[str] | None = None) -> dict[Key, Entity]:
    """Return those rows of the table that have the keys of these, which are sorted."""
    wanted = {key_of(row) for row in rows}
    days: dict[str, list[date]] = {}
    for tenant, row_key in sorted(wanted):
        days.setdefault(tenant, []).append(date.fromisoformat(row_key.partition("_")[0]))
    found = (row for tenant, own in days.items() for row in table.rows(Span(tenant, own[0], own[-1]), columns))
    return {key_of(row): row for row in found if key_of(row) in wanted}


def _describe(work: _Import, money: Money) -> None:
    def account_and_currency(row: Entity) -> tuple[str, str]:
        return str(row["PartitionKey"]), str(row["CurrencyCode"])

    for (_, currency), group in groupby(sorted(work.rows, key=account_and_currency), account_and_currency):
        own = list(group)
        amounts = [balance_of(row) for row in own]
        new = sum(key_of(row) not in work.standing for row in own)
        days = f"{own[0]['SnapshotDate']} to {own[-1]['SnapshotDate']}"
        span = f"{money.text(min(amounts), currency)} to {money.text(max(amounts), currency)}"
        say(
            f"{own[0]['AccountName']}, {currency}: {count(len(own), 'row')}, {days}, {span}: {new:,} new, {len(own) - new:,} recorded already"
        )


def _amount(money: Money, row: Mapping[str, object]) -> str:
    currency = str(row["RowKey"]).rpartition("_")[2]
    return money.text(balance_of(row), currency)  # type: ignore[arg-type] # a row
