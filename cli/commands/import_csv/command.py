"""`import`: earlier history from a CSV file or an Excel workbook. All lines are checked before any is written."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Annotated, Literal

import typer

from cli.commands.import_csv.rows import FileRows, Key, key_of
from cli.commands.import_csv.values import OPTIONAL, REQUIRED
from cli.support.console import count, say, waiting
from cli.support.failure import CommandFailed
from cli.support.interrupt import on_interrupt
from cli.support.money import Money, balance_of
from cli.support.settings_source import SettingsFile, find_settings
from cli.support.snapshot_row import snapshot_problem
from cli.support.tables import OperatorTable, TableContext, Write, batches, open_tables
from shared.history.row import Entity
from shared.services import new_id, utc_now

_EXAMPLE = {"SnapshotDate": "2026-01-31", "CurrencyCode": "USD", "BalanceAmount": "68059.03", "AccountName": "Contoso"}
_COMPARED = ("PartitionKey", "RowKey", "BalanceText", "BalanceAmount", "Source")
_MAX_SHOWN = 20


@dataclass
class _Import:
    """A file's new rows by account and day, the archive's rows with the same keys, and how many were inserted."""

    new: Sequence[Entity] = ()
    archived: Mapping[Key, Entity] = field(default_factory=dict)
    inserted: int | None = None

    def compare(self, context: TableContext, rows: Sequence[Entity], money: Money) -> list[str]:
        """Print a summary per account and currency (the rows' order), and return a line for each row whose recorded row differs."""
        recorded = _existing(context.table, rows, _COMPARED)
        self.new = [row for row in sorted(rows, key=key_of) if key_of(row) not in recorded]
        self.archived = _existing(context.archive, self.new) if context.archive else {}
        existing, differing = {**self.archived, **recorded}, []
        for (_, currency), group in groupby(rows, lambda row: (row["PartitionKey"], str(row["CurrencyCode"]))):
            own = {key_of(row): row for row in group}
            (first, *_), (*_, last) = own.values(), own.values()
            amounts = [balance_of(row) for row in own.values()]
            span = f"{money.text(min(amounts), currency)} to {money.text(max(amounts), currency)}"
            known = len(own.keys() & recorded.keys())
            text = f"{len(own) - known:,} new, {known:,} already recorded"
            about = f"{first['AccountName']}, {currency}: {count(len(own), 'row')}"
            say(f"{about}, {first['SnapshotDate']} to {last['SnapshotDate']}, {span}: {text}")
            for key, amount in zip(own, amounts, strict=True):
                current, label = existing.get(key, own[key]), f"{first['AccountName']}, {key[1]}"
                if wrong := snapshot_problem(current, _COMPARED):
                    differing.append(f"{label}: the recorded row is not a snapshot ({wrong}): find out who wrote it")
                elif (theirs := balance_of(current)) != amount:
                    text = f"{money.text(theirs, currency)} is recorded; the file has {money.text(amount, currency)}"
                    differing.append(f"{label}: {text}")
        return differing

    def insert(self, context: TableContext) -> None:
        """Insert the new rows, first into the archive. If it has a row already, that is the day's row and is copied to the table."""
        self.inserted = 0
        with waiting(f"inserting {count(len(self.new), 'row')}"):
            for batch in batches(self.new):
                if context.archive and (missing := [row for row in batch if key_of(row) not in self.archived]):
                    context.archive.insert_missing(missing)
                self.inserted += context.table.insert_missing([self.archived.get(key_of(row), row) for row in batch])

    def progress(self) -> str:
        """Return what an interrupted import has done."""
        if self.inserted is None:
            return "Nothing was written."
        done = f"Inserted {self.inserted:,} of {count(len(self.new), 'new row')}; up to 100 more may have been inserted"
        return f"{done}. Run the same command again: it inserts only what is missing."


def command(
    *,
    settings: SettingsFile = None,
    file: Annotated[
        Path | None,
        typer.Argument(
            exists=True, dir_okay=False, metavar="FILE", help="A UTF-8 CSV file or an Excel workbook (.xlsx)."
        ),
    ] = None,
    template: Annotated[
        bool, typer.Option("--template", help="Print an example file with every column, and exit.")
    ] = False,
    decimal: Annotated[
        Literal["point", "comma"] | None,
        typer.Option(help="The decimal separator of the CSV file; the other separators then group thousands."),
    ] = None,
    write: Write = False,
) -> None:
    """Import earlier history from a CSV file or an Excel workbook; the rows are marked `imported`.

    The first line names the columns. SnapshotDate, CurrencyCode and BalanceAmount are required; so is AccountName or
    PartitionKey (the tenant ID) with several accounts. `--template` prints all columns. Times without a zone are UTC.

    Every line is checked before any is written. An amount that can be read in two ways (`68.059`) is refused unless you add
    `--decimal point` or `--decimal comma`. Existing rows are never changed, so a second import inserts only what is missing.
    Nothing is written without `--write`.

    Examples:
      python -m cli import history.csv
      python -m cli import history.xlsx --write
      python -m cli import history.csv --decimal comma

    """
    if template:
        say(",".join((*REQUIRED, *OPTIONAL)))
        say(",".join(_EXAMPLE.get(name, "") for name in (*REQUIRED, *OPTIONAL)))
        return
    if file is None:
        raise typer.BadParameter("name a file, or use --template.")
    work = _Import()
    on_interrupt(work.progress)
    config, now = find_settings(os.environ, settings).read(), utc_now()
    read = FileRows(config.accounts, now.astimezone(config.time_zone).date(), now, new_id(), decimal)
    read.read(file)
    _report_problems(read.problems, read.unit)
    with open_tables(config) as context:
        differing = work.compare(context, read.rows, Money.for_user(os.environ))
        context.services.check_clock()  # it decides what is today and what is in the future
        _report_problems(read.problems_of_today(work.new), read.unit)
        if write:
            work.insert(context)
    if work.inserted is None:
        say("Nothing was written." + " Add --write to insert the new rows." * bool(work.new))
    else:
        say(f"Inserted {count(work.inserted, 'row')}.")
    _report_problems(differing, "row", "the recorded rows differ and were not changed")


def _report_problems(problems: Sequence[str], unit: str, why: str = "nothing was written") -> None:
    """Print the problems or differences; raises CommandFailed if there are any."""
    for line in problems[:_MAX_SHOWN]:
        say(line, stderr=True)
    if (more := len(problems) - _MAX_SHOWN) > 0:
        say(f"... and {more:,} more", stderr=True)
    if problems:
        raise CommandFailed(f"{count(len(problems), unit)} of the file cannot be imported; {why}.", "Correct the file.")


def _existing(table: OperatorTable, rows: Sequence[Entity], columns: Sequence[str] | None = None) -> dict[Key, Entity]:
    """Return the table's rows with the same keys as these rows."""
    wanted, days = {key_of(row) for row in rows}, [date.fromisoformat(str(row["SnapshotDate"])) for row in rows]
    tenants = dict.fromkeys(str(row["PartitionKey"]) for row in rows)
    found = table.by_tenant(tenants, min(days, default=None), max(days, default=None), columns)
    return {key_of(row): row for _, own in found for row in own if key_of(row) in wanted}
