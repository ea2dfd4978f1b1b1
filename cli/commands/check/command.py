"""`check`: a preflight with real calls, each step shown as it passes."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import tzinfo
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from cli.commands.check.account import AccountCheck
from cli.commands.check.deployed import as_function_url, check_deployed, master_key
from cli.commands.check.findings import Finding, ok, taken
from cli.commands.check.next_runs import next_runs
from cli.commands.check.table import check_table
from cli.commands.check.token_subject import who
from cli.support.accounts import choose
from cli.support.console import count, say, waiting
from cli.support.failure import CommandFailed
from cli.support.money import Money
from cli.support.options import AsFormat, Format, SettingsFile, SomeAccounts
from cli.support.records import print_records
from cli.support.settings_source import find_settings
from cli.support.side_by_side import read_side_by_side
from cli.support.tables import TableContext, open_tables
from shared.services import SIDE_BY_SIDE, utc_now
from shared.settings.accounts import Account
from shared.settings.clouds import storage_audience

_WAIT = 300

COLUMNS = ("step", "status", "account", "tenantId", "code", "message", "remedy")

Deployed = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        parser=as_function_url,
        help="Start the deployed function (https://<app>.azurewebsites.net) and wait for its run. The master key comes from "
        "FUNCTIONS_MASTER_KEY or is asked for.",
    ),
]
Wait = Annotated[
    int | None,
    typer.Option(min=1, metavar="SECONDS", help="With --deployed: how long to wait for its run; 300 unless given."),
]


def command(
    *,
    settings: SettingsFile = None,
    account: SomeAccounts = None,
    as_format: AsFormat = Format.TABLE,
    deployed: Deployed = None,
    wait: Wait = None,
) -> None:
    """Try every step of a run with real calls: settings, schedule, identity, vault, sign-in, MFA, balance, tables, clock.

    Nothing is written. The right to insert is tried with a row that exists, the right to change with one that cannot exist.
    All this proves the rights of whoever runs it.

    `--deployed` proves the function's own: it starts the function in Azure and waits until the ledger has a new run.

    Examples:
      python -m cli check
      python -m cli check --account Contoso --format json
      python -m cli check --deployed https://<app>.azurewebsites.net

    """
    if wait and not deployed:
        raise typer.BadParameter("--wait goes with --deployed.")
    started = partial(check_deployed, deployed, master_key(os.environ), wait or _WAIT) if deployed else None
    found = []
    with waiting("checking"):
        for finding in taken({"settings": partial(_findings, settings, account, started)}):
            found.append(finding)
            if as_format is Format.TABLE:
                finding.print()
    statuses = Counter(finding.status for finding in found)
    failures, notes = statuses["FAILED"], statuses["note"]
    if as_format is Format.TABLE:
        result, style = (f"{failures} FAILED", "bold red") if failures else ("Nothing failed", "bold yellow")
        if not failures and not notes:
            result, style = "All is well", "bold green"
        noted = f", {count(notes, 'note')}" if notes else ""
        say((result, style), f": {count(len(found), 'finding')}{noted}.")
    else:
        records = [finding.document() for finding in found]
        print_records(as_format, COLUMNS, records, {"ok": not failures, "findings": records})
    if failures:
        raise typer.Exit(1)


def _findings(
    file: Path | None,
    names: list[str] | None,
    started: Callable[[TableContext, Sequence[Account]], Iterator[Finding]] | None,
) -> Iterator[Finding]:
    """Yield what is found of the settings, and then by each step that needs them."""
    source = find_settings(os.environ, file)
    settings = source.read()
    accounts = choose(settings.accounts, names)
    says = f"{count(len(accounts), 'account')}, time zone {settings.time_zone}, from {source.origin}"
    yield ok(says, accounts=len(accounts), timeZone=str(settings.time_zone))
    if settings.schedule:
        yield from taken({"schedule": partial(_schedule, settings.schedule, settings.time_zone)})
    with open_tables(settings) as place:
        if started:
            yield from taken({"deployed": partial(started, place, accounts)})
            return
        steps = {"accounts": partial(_accounts, place, accounts), "tables": partial(_tables, place, accounts)}
        yield from taken({"identity": partial(_identity, place), **steps})


def _schedule(schedule: list[list[int]], zone: tzinfo) -> Iterator[Finding]:
    """Yield the next three runs, in the time zone of the history."""
    runs = [run.astimezone(zone) for run in islice(next_runs(schedule, utc_now()), 3)]
    if not runs:
        remedy = "Correct SNAPSHOT_SCHEDULE; 0 17 * * * * runs every hour."
        raise CommandFailed("SNAPSHOT_SCHEDULE does not fire in the next eight years.", remedy)
    says = f"next runs: {', '.join(f'{run:%Y-%m-%d %H:%M}' for run in runs)} ({zone})"
    yield ok(says, nextRuns=[run.isoformat() for run in runs])


def _identity(place: TableContext) -> Iterator[Finding]:
    scope = f"{storage_audience(place.services.settings.table_endpoint)}/.default"
    user = who(place.services.identity.get_token(scope).token)
    yield ok(f"in Azure you are {user or 'signed in; the token does not say as which user'}", user=user)


def _accounts(place: TableContext, accounts: Sequence[Account]) -> Iterator[Finding]:
    """Yield each account's findings, the accounts side by side."""
    money = Money.of_reader(os.environ)
    checks = [AccountCheck(account, place.services, money).findings() for account in accounts]
    for findings in read_side_by_side(checks, SIDE_BY_SIDE):
        yield from findings


def _tables(place: TableContext, accounts: Sequence[Account]) -> Iterator[Finding]:
    """Yield what is found of the three tables; one that cannot be read says nothing about the others."""
    today = place.services.now().astimezone(place.services.settings.time_zone).date()
    yield from taken({"table": partial(check_table, place.table, accounts, today), "clock": partial(_clock, place)})
    none = (ok("none configured (SNAPSHOT_ARCHIVE_ENDPOINT)"),)
    archive = partial(check_table, place.archive, accounts, today) if place.archive else lambda: none
    yield from taken({"archive": archive})
    yield from taken({"ledger": partial(check_table, place.ledger, (), today)})


def _clock(place: TableContext) -> Iterator[Finding]:
    place.services.check_clock()
    yield ok("this machine and the table service agree to within five minutes")
