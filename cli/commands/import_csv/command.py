"""`import`: earlier history from a CSV file, every line checked before the first is written."""

import os
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer

from cli.commands.import_csv.csv_file import OPTIONAL, REQUIRED
from cli.commands.import_csv.csv_rows import CsvRows, Problem
from cli.support.console import say
from cli.support.failure import CommandFailed
from cli.support.operator_table import OperatorTable, Span, batches
from cli.support.options import SettingsFile, Write
from cli.support.progress import bar
from cli.support.settings_source import find_settings
from cli.support.tables import workplace
from cli.support.words import count
from shared.history.row import Entity
from shared.job import new_id, utc_now

MOST_PROBLEMS = 20
"""How many are shown."""

_EXAMPLE = {
    "SnapshotDate": "2026-01-31",
    "CurrencyCode": "USD",
    "BalanceAmount": "68059.03",
    "AccountName": "Contoso",
    "AccountingDate": "2026-01-30",
}

File = Annotated[
    Path | None, typer.Argument(exists=True, dir_okay=False, metavar="FILE", help="The CSV file, in UTF-8.")
]
Template = Annotated[bool, typer.Option("--template", help="Print an example of the file, with every column, and end.")]

Key = tuple[str, str]


def command(
    *, settings: SettingsFile = None, file: File = None, template: Template = False, write: Write = False
) -> None:
    """Insert earlier history from a CSV file; the rows are marked `imported`.

    The first line names the columns: SnapshotDate, CurrencyCode and BalanceAmount are needed, AccountName or PartitionKey (the
    tenant id) when several accounts are configured; `--template` prints them all. Times without a zone are UTC.

    Every line is checked before any is written. A row that stands is never touched, so a second import inserts only what is
    missing. Nothing is written without `--write`.
    """
    if template:
        columns = (*REQUIRED, *OPTIONAL)
        typer.echo(",".join(columns))
        typer.echo(",".join(_EXAMPLE.get(name, "") for name in columns))
        return
    if file is None:
        raise typer.BadParameter("name the CSV file, or ask for --template.")
    known = find_settings(os.environ, settings).read()
    with workplace(known) as place:
        now = utc_now()
        csv_rows = CsvRows(known.accounts, now.astimezone(known.time_zone).date(), now, new_id())
        csv_rows.read(file)
        if csv_rows.problems:
            _refuse(file, csv_rows.problems)
        rows = sorted(csv_rows.rows, key=_key)
        missing = _missing(place.table, rows)
        _tell(rows, missing)
        if not write:
            say("Nothing was written. With --write the missing rows are inserted.")
            return
        say(f"Inserted {count(_insert(place.table, place.archive, missing), 'row')}.")


def _refuse(file: Path, problems: Sequence[Problem]) -> None:
    for problem in problems[:MOST_PROBLEMS]:
        say(str(problem), stderr=True)
    if len(problems) > MOST_PROBLEMS:
        say(f"... and {len(problems) - MOST_PROBLEMS} more", stderr=True)
    raise CommandFailed(
        f"{count(len(problems), 'line')} of {file} cannot be imported; nothing was written.",
        "Correct them and run it again.",
    )


def _key(row: Entity) -> Key:
    return str(row["PartitionKey"]), str(row["RowKey"])


def _spans(rows: Iterable[Entity]) -> list[Span]:
    """Return, for each tenant of the sorted rows, the time that they cover."""
    spans = []
    for tenant, of_tenant in groupby(rows, lambda row: str(row["PartitionKey"])):
        days = [date.fromisoformat(str(row["SnapshotDate"])) for row in of_tenant]
        spans.append(Span(tenant, days[0], days[-1]))
    return spans


def _missing(table: OperatorTable, rows: Sequence[Entity]) -> list[Entity]:
    """Return the rows that do not stand."""
    standing = {_key(row) for span in _spans(rows) for row in table.rows(span, ["PartitionKey", "RowKey"])}
    return [row for row in rows if _key(row) not in standing]


def _tell(rows: Sequence[Entity], missing: Sequence[Entity]) -> None:
    for tenant, of_tenant in groupby(rows, lambda row: row["PartitionKey"]):
        own = list(of_tenant)
        new = sum(row["PartitionKey"] == tenant for row in missing)
        currencies = ", ".join(sorted({str(row["CurrencyCode"]) for row in own}))
        time = f"{own[0]['SnapshotDate']} to {own[-1]['SnapshotDate']}"
        say(
            f"{own[0]['AccountName']}: {count(len(own), 'row')}, {time}, {currencies}: {new} missing, {len(own) - new} stand already"
        )


def _insert(table: OperatorTable, archive: OperatorTable | None, missing: Sequence[Entity]) -> int:
    """Insert the rows, into the archive first: what stands there is the day's row and goes into the table unchanged."""
    archived: dict[Key, Entity] = {}
    if archive is not None:
        wanted = {_key(row) for row in missing}
        archived = {_key(row): row for span in _spans(missing) for row in archive.rows(span) if _key(row) in wanted}
    inserted = 0
    with bar("rows", len(missing)) as progress:
        for batch in batches(missing):
            if archive is not None and (new := [row for row in batch if _key(row) not in archived]):
                archive.insert_missing(new)
            inserted += table.insert_missing([archived.get(_key(row), row) for row in batch])
            progress.advance(len(batch))
    return inserted
