"""`run`: takes today's snapshot with the timer's code; `--dry-run` does everything except the insert."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated

import typer

from cli.support.accounts import SomeAccounts, choose
from cli.support.concurrency import for_each
from cli.support.console import count, say, waiting
from cli.support.failure import CommandFailed, MarkedLines, print_error, show_job_log
from cli.support.interrupt import STOP, on_interrupt
from cli.support.records import print_row
from cli.support.settings_source import SettingsFile, find_settings
from shared.history.row import Entity, snapshot_row
from shared.job import take_snapshots
from shared.log import Marker
from shared.services import new_id, open_services
from shared.settings.accounts import Account
from shared.settings.read import Settings

DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Do everything except the insert, and print the rows it would write.")
]

_OUTCOMES: dict[str, str] = {Marker.RECORDED: "recorded", Marker.KEPT: "kept", Marker.FAILED: "failed"}


def command(*, settings: SettingsFile = None, account: SomeAccounts = None, dry_run: DryRun = False) -> None:
    """Take today's snapshot now, as the timer does.

    An account that already has today's row is skipped: the first successful reading of the day is kept. The job's log lines are
    shown as they are written. If a row cannot be written to the archive, the exit status is 1.

    With `--dry-run`, the command reads the balance and prints the row, but writes nothing: no row and no renewed token.

    Examples:
      python -m cli run
      python -m cli run --dry-run --account Contoso

    """
    source = find_settings(os.environ, settings)
    config = source.read()
    accounts = choose(config.accounts, account)
    if dry_run:
        _dry_run(replace(config, accounts=accounts))
    else:
        _run(source.environ, accounts)


def _run(environ: Mapping[str, str], accounts: Sequence[Account]) -> None:
    with show_job_log() as log, waiting("taking the snapshot"):
        on_interrupt(lambda: _progress(log, accounts))
        tenants = [account.tenant_id for account in accounts]
        result = take_snapshots(environ, run_id=new_id(), trigger="cli", tenants=tenants)
    not_archived = [fields["account"] for marker, fields in log if marker == Marker.ARCHIVE_FAILED]
    in_ledger = all(marker != Marker.LEDGER_FAILED for marker, _ in log)
    counts = f"{result.recorded} recorded, {result.kept} kept, {len(result.failed)} failed"
    counts += f", {len(not_archived)} not in the archive" if not_archived else ""
    counts += "" if in_ledger else ", run not in the ledger"
    style = "bold red" if result.failed or not_archived else "bold green" if in_ledger else "bold yellow"
    say(f"{result.run.date}: ", (f"{count(result.total, 'account')}: {counts}", style))
    if not_archived:
        raise CommandFailed(
            f"Rows for {', '.join(not_archived)[:300]} could not be written to the archive (SNAPSHOT_ARCHIVE_ENDPOINT).",
            "Fix what ARCHIVE_FAILED reports above, then run `python -m cli restore --to archive --write`.",
        )
    if result.failed:
        raise typer.Exit(1)


def _progress(log: MarkedLines, accounts: Sequence[Account]) -> str:
    """Return what an interrupted run has done."""
    done = {
        fields["tenantId"]: f"{fields['account']} {_OUTCOMES[marker]}" for marker, fields in log if marker in _OUTCOMES
    }
    text = f"Done: {', '.join(done.values()) or 'nothing'}."
    if left := ", ".join(account.name for account in accounts if account.tenant_id not in done):
        text += f" Not finished: {left}; a row that was being inserted may exist. Run it again: existing rows are kept."
    return f"{text} The ledger may have no row for this run."


def _dry_run(settings: Settings) -> None:
    with open_services(settings, stop=STOP) as services, waiting("asking Partner Center"):
        history, reader, run_id = services.snapshots().history, services.reader, new_id()
        today = services.now().astimezone(settings.time_zone).date()

        def existing_and_new(account: Account) -> tuple[Sequence[Entity], Sequence[Entity]]:
            existing = history.rows_of(account.tenant_id, today)
            services.check_clock()
            summaries = reader.balances(account, reader.signed_in(account).tokens)
            rows = [snapshot_row(account, today, summary, run_id) for summary in summaries]
            return existing, rows if existing else history.archived(rows) or rows

        done, failed = for_each(settings.accounts, existing_and_new)
    for account, (existing, rows) in done:
        outcome = f"would insert for {today}"
        if existing:
            keys = ", ".join(str(row["RowKey"]) for row in existing)
            outcome = f"nothing would be inserted; already recorded: {keys}. Just read:"
        say((f"{account.name}: {outcome}", "bold"))
        for row in rows:
            print_row(row)
    for account, error in failed:
        print_error(error, account)
    if failed:
        raise typer.Exit(1)
