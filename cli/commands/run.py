"""`run`: today's snapshot now, the same code as the timer; `--dry-run` does everything but the insert."""

import os
from dataclasses import replace
from typing import Annotated, Any

import typer

from cli.commands.balance import read
from cli.support.accounts import choose, for_each
from cli.support.by_hand import by_hand, of_archive
from cli.support.console import print_error, say
from cli.support.failure import CommandFailed
from cli.support.interrupt import STOP, interruptible
from cli.support.log_view import job_log_shown
from cli.support.options import SettingsFile, SomeAccounts
from cli.support.progress import waiting
from cli.support.row_view import print_row
from cli.support.settings_source import SettingsSource, find_settings
from cli.support.words import count
from shared.errors import SnapshotError
from shared.history.history import History
from shared.history.row import Entity, snapshot_row
from shared.history.runs import RunContext
from shared.job import take_snapshots
from shared.log import Marker
from shared.services import Services, new_id, open_services
from shared.settings.accounts import Account
from shared.settings.read import Settings

DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Do everything but the insert and print the rows it would write.")
]


def command(*, settings: SettingsFile = None, account: SomeAccounts = None, dry_run: DryRun = False) -> None:
    """Take today's snapshot now, as the timer does.

    An account that has its row of the day is left as it is: the first successful reading of the day is kept. What the job logs is
    shown as it happens. A row that the archive did not get ends the command with status 1.

    With `--dry-run` the balance is read and the row is printed, and nothing is written: no row, and no renewed token.

    Examples:
      python -m cli run
      python -m cli run --dry-run --account Contoso

    """
    found = find_settings(os.environ, settings)
    known = found.read()
    known = replace(known, accounts=choose(known.accounts, account))
    complete = _dry_run(known) if dry_run else _run(found, known)
    if not complete:
        raise typer.Exit(1)


class _Watch:
    """What the run's log says: which accounts are done, and what is in the table alone."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.done: dict[str, str] = {}
        self.not_archived: list[str] = []
        self.in_ledger = True

    def seen(self, marker: str, fields: dict[str, Any]) -> None:
        """Take a marked line, and put its words into those of the person at the keyboard."""
        if "remedy" in fields:
            words = of_archive(self._settings.archive_endpoint, fields["message"], fields["remedy"])
            fields["message"], fields["remedy"] = by_hand(str(fields.get("code")), *words)
        if marker == Marker.ARCHIVE_FAILED:
            self.not_archived.append(fields["account"])
        elif marker == Marker.LEDGER_FAILED:
            self.in_ledger = False
        elif marker in (Marker.RECORDED, Marker.KEPT, Marker.FAILED) and "account" in fields:
            self.done[fields["tenantId"]] = f"{fields['account']} {marker.removeprefix('SNAPSHOT_').lower()}"

    def state(self) -> str:
        """Say what an interrupted run has done."""
        left = [account.name for account in self._settings.accounts if account.tenant_id not in self.done]
        done = f"Done: {', '.join(self.done.values()) or 'nothing'}."
        if left:
            done += f" Not finished: {', '.join(left)}; a row that was being inserted may be there. Run it again: existing rows are kept."
        return f"{done} The ledger may have no row of this run."


def _run(source: SettingsSource, settings: Settings) -> bool:
    tenants = [account.tenant_id for account in settings.accounts]
    watch = _Watch(settings)
    with interruptible(watch.state), job_log_shown(seen=watch.seen):
        result = take_snapshots(source.environ, run_id=new_id(), trigger="cli", tenants=tenants)
    complete = not result.failed and not watch.not_archived
    counts = (
        f"{count(result.total, 'account')}: {result.recorded} recorded, {result.kept} kept, {len(result.failed)} failed"
    )
    if watch.not_archived:
        counts += f", {len(watch.not_archived)} not in the archive"
    if not watch.in_ledger:
        counts += ", run not in the ledger"
    style = "bold red" if not complete else "bold green" if watch.in_ledger else "bold yellow"
    say(f"{result.run.date}: ", (counts, style))
    if watch.not_archived:
        raise CommandFailed(
            f"The archive (SNAPSHOT_ARCHIVE_ENDPOINT) did not get the rows of {', '.join(watch.not_archived)[:300]}.",
            "Correct what ARCHIVE_FAILED says above, then run `python -m cli restore --to archive --write`.",
        )
    return complete


def _dry_run(settings: Settings) -> bool:
    with open_services(settings, stop=STOP) as built:
        history = built.snapshots().history
        now = built.now()
        day = RunContext(now.astimezone(settings.time_zone).date(), new_id(), now)
        with waiting("asking Partner Center"):
            results = list(for_each(settings.accounts, lambda account: _existing_and_new(built, history, account, day)))
    for account, result in results:
        if isinstance(result, SnapshotError):
            print_error(result, account)
        else:
            _print(account, day, *result)
    return not any(isinstance(result, SnapshotError) for _, result in results)


def _existing_and_new(
    built: Services, history: History, account: Account, day: RunContext
) -> tuple[tuple[Entity, ...], list[Entity]]:
    """Return the rows of the day that exist already, and those that a run would insert if none did."""
    existing = history.rows_of(account.tenant_id, day.date)
    built.check_clock()
    summaries = read(built.reader, account)
    return existing, [snapshot_row(account, day.date, summary, day.run_id) for summary in summaries]


def _print(account: Account, day: RunContext, existing: tuple[Entity, ...], rows: list[Entity]) -> None:
    if existing:
        keys = ", ".join(str(row["RowKey"]) for row in existing)
        say((f"{account.name}: nothing would be inserted", "bold"), f": {keys} exists. Read just now:")
    else:
        say((f"{account.name}: would insert for {day.date}", "bold"))
    for row in rows:
        print_row(row)
