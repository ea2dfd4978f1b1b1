"""`restore`: table and archive made equal by inserting, on either side, what is missing there."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby

import typer

from cli.support.accounts import tenants_of
from cli.support.compare import Pair, pairs
from cli.support.console import say
from cli.support.operator_table import OperatorTable, Span, batches
from cli.support.options import SettingsFile, SomeAccounts, Write
from cli.support.progress import Bar, bar
from cli.support.settings_source import find_settings
from cli.support.tables import workplace
from cli.support.words import count
from shared.errors import Problem, SettingsInvalid
from shared.history.row import Entity

_SHOWN = 5
"""Of the missing rows."""


def command(*, settings: SettingsFile = None, account: SomeAccounts = None, write: Write = False) -> None:
    """Compare the table with its archive, row by row, and with `--write` insert what is missing on either side.

    A row is inserted as it stands on the other side, every column unchanged. A row that differs is shown and never touched.
    Nothing is written without `--write`; a restore that was cut short goes on where it is run again. Your Azure sign-in needs the
    right to insert on the side where rows are missing.
    """
    known = find_settings(os.environ, settings).read()
    with workplace(known) as place:
        if place.archive is None:
            right = "the archive's table service, https://<account>.table.core.windows.net, to compare with"
            raise SettingsInvalid((Problem("SNAPSHOT_ARCHIVE_ENDPOINT", "is missing", right),))
        spans = [Span(tenant) for tenant in tenants_of(known.accounts, account) or (None,)]
        mine = chain.from_iterable(place.table.rows(span) for span in spans)
        theirs = chain.from_iterable(place.archive.rows(span) for span in spans)
        equal, missing = True, False
        with bar("rows compared", None) as progress:
            for _, of_tenant in groupby(pairs(mine, theirs), lambda pair: pair.tenant_id):
                result = _compare(of_tenant, progress)
                result.print()
                missing = missing or result.missing
                if write:
                    result.insert(place.table, place.archive)
                equal = equal and result.equal_after(written=write)
    if missing and not write:
        say("Nothing was written. With --write the missing rows are inserted.")
    if not equal:
        raise typer.Exit(1)


@dataclass
class _Result:
    """What the comparison of one account found."""

    name: str
    same: int = 0
    missing_in_table: list[Entity] = field(default_factory=list)
    missing_in_archive: list[Entity] = field(default_factory=list)
    differing: list[Pair] = field(default_factory=list)

    @property
    def missing(self) -> bool:
        """Whether rows are missing on either side."""
        return bool(self.missing_in_table or self.missing_in_archive)

    def equal_after(self, *, written: bool) -> bool:
        """Whether both sides are equal, once what is missing was inserted or as they stand."""
        return not self.differing and (written or not self.missing)

    def print(self) -> None:
        """Print a line, one for what is missing on each side, and one for each row that differs."""
        say((self.name, "bold"), f": {count(self.same, 'row')} equal")
        for place, rows in (("table", self.missing_in_table), ("archive", self.missing_in_archive)):
            if rows:
                say((f"    missing in the {place}", "yellow"), f": {len(rows)}: {_some(rows)}")
        for pair in self.differing:
            say(("    differs", "bold red"), f": {pair.row['RowKey']}: {', '.join(map(pair.show, pair.differing()))}")

    def insert(self, table: OperatorTable, archive: OperatorTable) -> None:
        """Insert what is missing on either side."""
        for name, place, rows in (
            ("table", table, self.missing_in_table),
            ("archive", archive, self.missing_in_archive),
        ):
            if rows:
                inserted = sum(map(place.insert_missing, batches(rows)))
                say(f"    inserted into the {name}: {inserted}")


def _compare(of_tenant: Iterable[Pair], progress: Bar) -> _Result:
    result = _Result("")
    for pair in of_tenant:
        progress.advance(1)
        result.name = str(pair.row.get("AccountName", pair.tenant_id))
        if pair.table is None:
            result.missing_in_table.append(pair.row)
        elif pair.archive is None:
            result.missing_in_archive.append(pair.row)
        elif pair.differing():
            result.differing.append(pair)
        else:
            result.same += 1
    return result


def _some(rows: Sequence[Entity]) -> str:
    keys = ", ".join(str(row["RowKey"]) for row in rows[:_SHOWN])
    return keys + (f" ... {rows[-1]['RowKey']}" if len(rows) > _SHOWN else "")
