"""`run`: today's snapshot now, the same code as the timer; `--dry-run` does everything but the insert."""

import os
from dataclasses import replace
from typing import Annotated

import typer

from cli.commands.balance import read
from cli.support.accounts import choose, for_each
from cli.support.console import print_error, say
from cli.support.log_view import job_log_shown
from cli.support.options import SettingsFile, SomeAccounts
from cli.support.progress import waiting
from cli.support.row_view import print_row
from cli.support.settings_source import find_settings
from shared.errors import SnapshotError
from shared.history.history import History
from shared.history.row import Entity, snapshot_row
from shared.job import run_with_settings
from shared.services import Services, new_id, open_services
from shared.settings.accounts import Account
from shared.settings.read import Settings
from shared.snapshot import RunContext

DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Do everything but the insert and print the rows it would write.")
]


def command(*, settings: SettingsFile = None, account: SomeAccounts = None, dry_run: DryRun = False) -> None:
    """Take today's snapshot now, as the timer does.

    An account that has its row of the day is left as it is: the first successful reading of the day stands. What the job logs is
    shown as it happens.

    With `--dry-run` the balance is read and the row is printed, and nothing is written: not the row, and no renewed token either.
    """
    found = find_settings(os.environ, settings).read()
    known = replace(found, accounts=choose(found.accounts, account))
    complete = _dry_run(known) if dry_run else _run(known)
    if not complete:
        raise typer.Exit(1)


def _run(settings: Settings) -> bool:
    with job_log_shown():
        result = run_with_settings(settings, run_id=new_id(), trigger="cli")
    counts = f"{result.recorded} recorded, {result.kept} kept, {len(result.failed)} failed"
    say(f"{result.day.date}: ", (counts, "bold red" if result.failed else "bold green"))
    return not result.failed


def _dry_run(settings: Settings) -> bool:
    with open_services(settings) as built:
        history = built.snapshots().history
        day = RunContext(built.now().astimezone(settings.time_zone).date(), new_id())
        with waiting("asking Partner Center"):
            results = list(for_each(settings.accounts, lambda account: _standing_and_new(built, history, account, day)))
    for account, result in results:
        if isinstance(result, SnapshotError):
            print_error(result, account)
        else:
            _print(account, day, *result)
    return not any(isinstance(result, SnapshotError) for _, result in results)


def _standing_and_new(
    built: Services, history: History, account: Account, day: RunContext
) -> tuple[tuple[Entity, ...], list[Entity]]:
    """Return the rows of the day that stand already, and those that a run would insert if none did."""
    standing = history.rows_of(account.tenant_id, day.date)
    built.check_clock()
    summaries = read(built.reader, account)
    return standing, [snapshot_row(account, day.date, summary, day.run_id) for summary in summaries]


def _print(account: Account, day: RunContext, standing: tuple[Entity, ...], rows: list[Entity]) -> None:
    if standing:
        keys = ", ".join(str(row["RowKey"]) for row in standing)
        say((f"{account.name}: nothing would be inserted", "bold"), f": {keys} stands already. Read just now:")
    else:
        say((f"{account.name}: would insert for {day.date}", "bold"))
    for row in rows:
        print_row(row)
