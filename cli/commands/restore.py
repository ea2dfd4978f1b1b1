"""`restore`: table and archive made equal by inserting, on either side, what is missing there."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby
from typing import Annotated, cast

import typer

from cli.support.accounts import tenants_of
from cli.support.by_hand import of_archive
from cli.support.compare import Pair, pairs
from cli.support.console import say
from cli.support.failure import CommandFailed
from cli.support.interrupt import interruptible
from cli.support.operator_table import LARGEST_BATCH, OperatorTable, batches, whole_tenants
from cli.support.options import SettingsFile, SomeAccounts, Write
from cli.support.progress import Bar, bar
from cli.support.settings_source import find_settings
from cli.support.snapshot_row import why_not_snapshot
from cli.support.streams import read_side_by_side
from cli.support.tables import open_tables
from cli.support.words import count
from shared.errors import SettingProblem, SettingsInvalid, SnapshotError
from shared.history.row import Entity

_SIDE_BY_SIDE = 8
"""Spans of the key space read at once, on either side."""

_SHOWN = 5
"""Of the missing rows, and of those that are not snapshots."""


class Side(StrEnum):
    """Where rows are inserted."""

    TABLE = "table"
    ARCHIVE = "archive"


To = Annotated[Side | None, typer.Option("--to", help="Restore this side alone, instead of both.")]


def command(
    *, settings: SettingsFile = None, account: SomeAccounts = None, to: To = None, write: Write = False
) -> None:
    """Compare the table with its archive, row by row, and with `--write` insert what is missing on either side.

    A row is inserted as the other side has it, every column unchanged. A row that is not a snapshot is never copied into the
    archive, where nobody could delete it. A row that differs is shown and never changed. Nothing is written without `--write`, and
    a restore that was cut short continues when it is run again. Your Azure sign-in needs the right to insert where rows are missing.

    Examples:
      python -m cli restore
      python -m cli restore --to table --write
      python -m cli restore --account Contoso

    """
    work = _Restore(write=write, sides=(to,) if to else tuple(Side))
    with interruptible(work.state):
        known = find_settings(os.environ, settings).read()
        if known.archive_endpoint is None:
            right = "the archive's table service, https://<account>.table.core.windows.net, to compare with"
            raise SettingsInvalid((SettingProblem("SNAPSHOT_ARCHIVE_ENDPOINT", "is missing", right),))
        tenants = tenants_of(known.accounts, account)
        spans = whole_tenants([account.tenant_id for account in known.accounts], tenants)
        try:
            with open_tables(known) as place, bar("rows compared", None) as progress:
                work.tables = {Side.TABLE: place.table, Side.ARCHIVE: cast("OperatorTable", place.archive)}
                streams = [
                    read_side_by_side([table.pages(span) for span in spans], _SIDE_BY_SIDE)
                    for table in work.tables.values()
                ]
                for mine, theirs in zip(*streams, strict=True):
                    place.services.check_clock()
                    for _, of_tenant in groupby(pairs(mine, theirs), lambda pair: pair.tenant_id):
                        work.compare(of_tenant, progress)
        except SnapshotError as error:
            error.message, error.remedy = of_archive(known.archive_endpoint, error.message, error.remedy)
            raise
        work.conclude()


@dataclass
class _Missing:
    """What one side lacks of one account: how many rows, the first and the last; `waiting` are not inserted yet."""

    number: int = 0
    keys: list[str] = field(default_factory=list)
    last: str = ""
    waiting: list[Entity] = field(default_factory=list)
    inserted: int = 0

    def add(self, row: Entity) -> None:
        """Count a row."""
        self.number += 1
        self.last = str(row["RowKey"])
        if len(self.keys) < _SHOWN:
            self.keys.append(self.last)

    def __str__(self) -> str:
        ending = f" ... {self.last}" if self.number > _SHOWN else ""
        return f"{count(self.number, 'row')}: {', '.join(self.keys)}{ending}"


@dataclass
class _Restore:
    """Compares account by account and inserts in batches, so that no account is ever held whole."""

    write: bool
    sides: tuple[Side, ...]
    tables: dict[Side, OperatorTable] = field(default_factory=dict)
    inserted: dict[Side, int] = field(default_factory=lambda: dict.fromkeys(Side, 0))
    seen: int = 0
    missing: int = 0
    differing: int = 0
    refused: int = 0

    def compare(self, of_tenant: Iterable[Pair], progress: Bar) -> None:
        """Compare one account's rows, insert what is missing if that is wanted, and print what was found."""
        name, same, lines = "", 0, []
        missing = {side: _Missing() for side in self.sides}
        for pair in of_tenant:
            progress.advance(1)
            self.seen += 1
            name = str(pair.row.get("AccountName", pair.tenant_id))
            side = Side.TABLE if pair.table is None else Side.ARCHIVE if pair.archive is None else None
            if side is None:
                columns = pair.differing()
                same += not columns
                if columns:
                    self.differing += 1
                    lines.append(f"{pair.row['RowKey']}: {', '.join(map(pair.show, columns))}")
            elif side in missing:
                self._take(side, missing[side], pair.row)
        say((name, "bold"), f": {count(same, 'row')} equal")
        for side, lack in missing.items():
            if lack.number:
                say((f"    missing in the {side}", "yellow"), f": {lack}")
            if self.write and lack.number:
                self._insert(side, lack)
                say(f"    inserted into the {side}: {count(lack.inserted, 'row')}")
        for line in lines:
            say(("    differs", "bold red"), f": {line}")

    def _take(self, side: Side, lack: _Missing, row: Entity) -> None:
        if side is Side.ARCHIVE and (why := why_not_snapshot(row)):
            self.refused += 1
            if self.refused <= _SHOWN:
                say(("    not a snapshot", "bold red"), f": {row['PartitionKey']} {row['RowKey']}: {why}")
            return
        lack.add(row)
        self.missing += 1
        if self.write:
            lack.waiting.append(row)
            if len(lack.waiting) == LARGEST_BATCH:
                self._insert(side, lack)

    def _insert(self, side: Side, lack: _Missing) -> None:
        for batch in batches(lack.waiting):
            inserted = self.tables[side].insert_missing(batch)
            lack.inserted += inserted
            self.inserted[side] += inserted
        lack.waiting = []

    def state(self) -> str:
        """Say what an interrupted restore has done."""
        if not self.write:
            return "Nothing was written."
        done = ", ".join(f"{count(number, 'row')} into the {side}" for side, number in self.inserted.items())
        return f"Inserted: {done}; up to a batch of 100 more may be in. Run it again to insert the rest."

    def conclude(self) -> None:
        """Say what is left to do.

        Raises:
            CommandFailed: rows differ or are not snapshots.
            typer.Exit: with status 1, when rows are missing and nothing was written.

        """
        if not self.seen:
            say("Both the table and the archive are empty here: there is nothing to compare.")
        if self.missing and not self.write:
            say("Nothing was written. With --write the missing rows are inserted.")
        if self.differing or self.refused:
            left = [
                (
                    self.differing,
                    "differ",
                    "The archive's row is the right one: delete the table's (portal: Storage browser), then run `python -m cli restore --to table --write`.",
                ),
                (
                    self.refused,
                    "are not snapshots and were not copied into the archive",
                    "Delete them from the table, or restore the table alone with `--to table`.",
                ),
            ]
            said = [(f"{count(number, 'row')} {what}", remedy) for number, what, remedy in left if number]
            raise CommandFailed("; ".join(what for what, _ in said) + ".", " ".join(remedy for _, remedy in said))
        if self.missing and not self.write:
            raise typer.Exit(1)
