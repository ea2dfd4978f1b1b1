"""`restore`: copies missing rows between the table and the archive."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal, get_args

import typer

from cli.support.accounts import SomeAccounts, tenants_of
from cli.support.console import count, say, waiting
from cli.support.failure import CommandFailed
from cli.support.interrupt import on_interrupt
from cli.support.settings_source import SettingsFile, find_settings
from cli.support.snapshot_row import snapshot_problem
from cli.support.tables import OperatorTable, Write, all_tenants, batches, open_tables
from shared.errors import SettingProblem, SettingsInvalid
from shared.history.row import Entity
from shared.net.foreign_text import one_line

_MAX_SHOWN = 5
"""The most missing rows to list for an account."""

_ACTIONS = {
    "differs": (
        "Different in the table and the archive",
        "The archive's row is the correct one: delete the table's row (portal: Storage browser), then run `python -m cli restore --to table --write`.",
    ),
    "not a snapshot": (
        "Not snapshots, and not copied into the archive",
        "Delete them from the table, or restore only the table with `--to table`.",
    ),
}
"""What a restore leaves unchanged, and the user's remedy."""


Side = Literal["table", "archive"]
"""The two tables that a restore compares."""

To = Annotated[Side | None, typer.Option("--to", help="Restore only this side, not both.")]


def command(
    *, settings: SettingsFile = None, account: SomeAccounts = None, to: To = None, write: Write = False
) -> None:
    """Compare the table with its archive, row by row. With `--write`, copy missing rows to either side.

    Rows are copied with every column unchanged. A row that is not a snapshot is never copied to the archive, because nobody
    could delete it there. A row that differs is shown but never changed. Nothing is written without `--write`. If a restore is
    interrupted, run it again to continue. Your Azure sign-in needs permission to insert wherever rows are missing.

    Examples:
      python -m cli restore
      python -m cli restore --to table --write
      python -m cli restore --account Contoso

    """
    config = find_settings(os.environ, settings).read()
    with open_tables(config) as context, waiting("comparing rows"):
        if context.archive is None:
            right = "the archive's table service, https://<account>.table.core.windows.net, to compare with"
            raise SettingsInvalid((SettingProblem("SNAPSHOT_ARCHIVE_ENDPOINT", "is missing", right),))
        tables: dict[Side, OperatorTable] = {"table": context.table, "archive": context.archive}
        work = _Restore(tables, (to,) if to else get_args(Side), write=write)
        on_interrupt(work.progress)
        names = {owner.tenant_id: owner.name for owner in config.accounts}
        tenants = tenants_of(config.accounts, account) or list(all_tenants(names, *tables.values()))
        for of_tenant in zip(*(table.by_tenant(tenants) for table in tables.values()), strict=True):
            rows = [list(found) for _, found in of_tenant]
            context.services.check_clock()
            work.compare(names.get(of_tenant[0][0]), *rows)
    work.finish()


@dataclass
class _Restore:
    """Compares and inserts rows, one account at a time."""

    tables: Mapping[Side, OperatorTable]
    sides: tuple[Side, ...]
    write: bool
    inserted: dict[Side, int] = field(default_factory=lambda: dict.fromkeys(get_args(Side), 0))
    any_rows: bool = False
    missing: int = 0
    skipped: Counter[str] = field(default_factory=Counter)

    def compare(self, name: str | None, table: Sequence[Entity], archive: Sequence[Entity]) -> None:
        """Compare one account's rows, print the result and, with `write`, insert the missing rows. A former account has no `name`."""
        if not table and not archive:
            return
        self.any_rows = True
        table_rows, archive_rows = ({str(row["RowKey"]): row for row in rows} for rows in (table, archive))
        both = [(key, _differences(row, archive_rows[key])) for key, row in table_rows.items() if key in archive_rows]
        lines = [("differs", f"{key}: {', '.join(columns)}") for key, columns in both if columns]
        first = [*table, *archive][0]
        name = name or one_line(first.get("AccountName")) or str(first["PartitionKey"])
        say((name, "bold"), f": {count(len(both) - len(lines), 'row')} equal")
        if "table" in self.sides:
            self._insert("table", [row for key, row in archive_rows.items() if key not in table_rows])
        if "archive" in self.sides:
            missing = [(row, snapshot_problem(row)) for key, row in table_rows.items() if key not in archive_rows]
            self._insert("archive", [row for row, why in missing if not why])
            lines += [
                ("not a snapshot", f"{row['PartitionKey']} {row['RowKey']}: {why}") for row, why in missing if why
            ]
        for kind, line in lines:
            say((f"    {kind}", "bold red"), f": {line}")
            self.skipped[kind] += 1

    def _insert(self, side: Side, rows: Sequence[Entity]) -> None:
        if not rows:
            return
        self.missing += len(rows)
        keys = [str(row["RowKey"]) for row in rows]
        shown = [*keys[:_MAX_SHOWN], f"... {keys[-1]}"] if len(keys) > _MAX_SHOWN else keys
        say((f"    missing in the {side}", "yellow"), f": {count(len(keys), 'row')}: {', '.join(shown)}")
        if self.write:
            before = self.inserted[side]
            for batch in batches(rows):
                self.inserted[side] += self.tables[side].insert_missing(batch)
            say(f"    inserted into the {side}: {count(self.inserted[side] - before, 'row')}")

    def progress(self) -> str:
        """Return what an interrupted restore has done."""
        if not self.write:
            return "Nothing was written."
        done = ", ".join(f"{count(number, 'row')} into the {side}" for side, number in self.inserted.items())
        return f"Inserted: {done}; up to 100 more may have been inserted. Run it again to insert the rest."

    def finish(self) -> None:
        """Report what is left to do, and raise if rows differ, are not snapshots or were not written."""
        if not self.any_rows:
            say("Neither the table nor the archive has rows to compare.")
        to_write = self.missing and not self.write
        if to_write:
            say("Nothing was written. Add --write to insert the missing rows.")
        if self.skipped:
            text = " ".join(f"{_ACTIONS[kind][0]}: {count(number, 'row')}." for kind, number in self.skipped.items())
            raise CommandFailed(text, " ".join(_ACTIONS[kind][1] for kind in self.skipped))
        if to_write:
            raise typer.Exit(1)


def _differences(table: Entity, archive: Entity) -> list[str]:
    """Return the columns in which two rows differ, with both values."""
    names = sorted(name for name in {*table, *archive} if table.get(name) != archive.get(name))
    return [
        f"{name} table {one_line(table.get(name)) or '-'} / archive {one_line(archive.get(name)) or '-'}"
        for name in names
    ]
