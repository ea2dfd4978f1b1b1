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
from cli.commands.check.findings import Finding, failed, ok, until_failure
from cli.commands.check.next_runs import next_runs
from cli.commands.check.table import check_history, check_table
from cli.commands.check.token_subject import who
from cli.support.accounts import choose
from cli.support.console import can_show, count, say, waiting
from cli.support.failure import CommandFailed
from cli.support.money import Money, reader_locale
from cli.support.options import AsFormat, Format, SettingsFile, SomeAccounts
from cli.support.records import print_records
from cli.support.settings_source import find_settings
from cli.support.streams import read_side_by_side
from cli.support.tables import TableContext, open_tables
from shared.errors import IdentityUnavailable, SettingsInvalid
from shared.services import SIDE_BY_SIDE, utc_now
from shared.settings.accounts import Account
from shared.settings.clouds import storage_audience
from shared.settings.visible import trim

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
    with waiting("checking") as wait_for:
        for finding in _findings(settings, account, started and partial(started, wait_for)):
            found.append(finding)
            if as_format is Format.TABLE:
                finding.print()
    statuses = Counter(finding.status for finding in found)
    well = not statuses["FAILED"]
    if as_format is Format.TABLE:
        notes = f", {count(statuses['note'], 'note')}" if statuses["note"] else ""
        result = "All is well" if well else f"{statuses['FAILED']} FAILED"
        say((result, "bold green" if well else "bold red"), f": {count(len(found), 'finding')}{notes}.")
    else:
        records = [finding.document() for finding in found]
        print_records(as_format, COLUMNS, records, {"ok": well, "findings": records})
    if not well:
        raise typer.Exit(1)


def _findings(
    file: Path | None,
    names: list[str] | None,
    deployed: Callable[[TableContext, Sequence[Account]], Iterator[Finding]] | None,
) -> Iterator[Finding]:
    try:
        source = find_settings(os.environ, file)
        settings = source.read()
    except SettingsInvalid as error:
        yield failed("settings", error)
        return
    accounts = choose(settings.accounts, names)
    says = f"{count(len(accounts), 'account')}, time zone {settings.time_zone}, from {source.origin}"
    yield ok("settings", says, accounts=len(accounts), timeZone=str(settings.time_zone))
    if schedule := trim(source.environ.get("SNAPSHOT_SCHEDULE", "")):
        yield _schedule(schedule, settings.time_zone)
    with open_tables(settings) as place:
        if deployed is not None:
            yield from until_failure({"deployed": partial(deployed, place, accounts)})
        else:
            yield from _steps(place, accounts)


def _schedule(schedule: str, zone: tzinfo) -> Finding:
    """Return the next three runs, in the time zone of the history."""
    runs = [run.astimezone(zone) for run in islice(next_runs(schedule, utc_now()), 3)]
    if not runs:
        remedy = "Correct SNAPSHOT_SCHEDULE; 0 17 * * * * runs every hour."
        return failed("schedule", CommandFailed("SNAPSHOT_SCHEDULE does not fire in the next eight years.", remedy))
    says = f"next runs: {', '.join(f'{run:%Y-%m-%d %H:%M}' for run in runs)} ({zone})"
    return ok("schedule", says, nextRuns=[run.isoformat() for run in runs])


def _steps(place: TableContext, accounts: Sequence[Account]) -> Iterator[Finding]:
    settings = place.services.settings
    try:
        user = who(place.services.identity.get_token(f"{storage_audience(settings.table_endpoint)}/.default").token)
    except IdentityUnavailable as error:
        yield failed("identity", error)
        return
    yield ok("identity", f"in Azure you are {user or 'signed in; the token does not say as which user'}", user=user)
    money = Money(reader_locale(os.environ), can_show)
    checks = [AccountCheck(account, place.services, money).findings() for account in accounts]
    for findings in read_side_by_side([([one] for one in check) for check in checks], SIDE_BY_SIDE, pages_ahead=0):
        yield from findings
    today = place.services.now().astimezone(settings.time_zone).date()
    yield from until_failure(
        {"table": partial(check_history, "table", place.table, accounts, today), "clock": partial(_clock, place)}
    )
    if place.archive is None:
        yield ok("archive", "none configured (SNAPSHOT_ARCHIVE_ENDPOINT)")
    else:
        yield from until_failure({"archive": partial(check_history, "archive", place.archive, accounts, today)})
    yield from until_failure({"ledger": partial(check_table, "ledger", place.ledger)})


def _clock(place: TableContext) -> Iterator[Finding]:
    place.services.check_clock()
    yield ok("clock", "this machine and the table service agree to within five minutes")
