"""`check`: a preflight with real calls, each step shown as it passes."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from cli.commands.check.account import AccountCheck
from cli.commands.check.deployed import DeployedFunction, as_function_url, check_deployed, master_key
from cli.commands.check.findings import Finding, Status, failed, until_failure
from cli.commands.check.next_runs import next_runs
from cli.commands.check.table import check_history, check_table
from cli.commands.check.token_subject import who
from cli.support.accounts import choose
from cli.support.console import can_show, say
from cli.support.failure import CommandFailed
from cli.support.money import Money, reader_locale
from cli.support.options import AsFormat, Format, SettingsFile, SomeAccounts
from cli.support.progress import waiting
from cli.support.records import print_records
from cli.support.settings_source import SettingsSource, find_settings
from cli.support.streams import read_side_by_side
from cli.support.tables import TableContext, open_tables
from cli.support.words import count
from shared.errors import IdentityUnavailable, SettingsInvalid
from shared.services import SIDE_BY_SIDE, utc_now
from shared.settings.accounts import Account
from shared.settings.read import Settings
from shared.settings.visible import trim

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
Wait = Annotated[int, typer.Option(min=1, metavar="SECONDS", help="With --deployed: how long to wait for the run.")]


def command(
    *,
    settings: SettingsFile = None,
    account: SomeAccounts = None,
    as_format: AsFormat = Format.TABLE,
    deployed: Deployed = None,
    wait: Wait = 300,
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
    function = DeployedFunction(deployed, master_key(os.environ), wait) if deployed else None
    found = []
    with waiting("checking") as now_waiting:
        for finding in _findings(settings, account, function, now_waiting):
            found.append(finding)
            if as_format is Format.TABLE:
                finding.print()
    statuses = Counter(finding.status for finding in found)
    ok = not statuses[Status.FAILED]
    if as_format is Format.TABLE:
        notes = f", {count(statuses[Status.NOTE], 'note')}" if statuses[Status.NOTE] else ""
        result = "All is well" if ok else f"{statuses[Status.FAILED]} FAILED"
        say((result, "bold green" if ok else "bold red"), f": {count(len(found), 'finding')}{notes}.")
    else:
        records = [finding.document() for finding in found]
        print_records(as_format, COLUMNS, records, {"ok": ok, "findings": records})
    if not ok:
        raise typer.Exit(1)


def _findings(
    file: Path | None, names: list[str] | None, function: DeployedFunction | None, now_waiting: Callable[[str], None]
) -> Iterator[Finding]:
    try:
        source = find_settings(os.environ, file)
        settings = source.read()
    except SettingsInvalid as error:
        yield failed("settings", error)
        return
    accounts = choose(settings.accounts, names)
    says = f"{count(len(accounts), 'account')}, time zone {settings.time_zone}, from {source.origin}"
    yield Finding("settings", says, facts={"accounts": len(accounts), "timeZone": str(settings.time_zone)})
    yield from _schedule(source, settings)
    with open_tables(settings) as place:
        if function is not None:
            deployed = partial(check_deployed, function, place, accounts, now_waiting)
            yield from until_failure([("deployed", deployed)])
            return
        yield from _steps(place, accounts, utc_now().astimezone(settings.time_zone).date())


def _schedule(source: SettingsSource, settings: Settings) -> Iterator[Finding]:
    """Yield the next three runs, in the time zone of the history; nothing when the schedule is not set here."""
    schedule = trim(source.environ.get("SNAPSHOT_SCHEDULE", ""))
    if not schedule:
        return
    runs = [run.astimezone(settings.time_zone) for run in islice(next_runs(schedule, utc_now()), 3)]
    if not runs:
        remedy = "Correct SNAPSHOT_SCHEDULE; 0 17 * * * * runs every hour."
        yield failed("schedule", CommandFailed("SNAPSHOT_SCHEDULE does not fire in the next eight years.", remedy))
        return
    says = f"next runs: {', '.join(f'{run:%Y-%m-%d %H:%M}' for run in runs)} ({settings.time_zone})"
    yield Finding("schedule", says, facts={"nextRuns": [run.isoformat() for run in runs]})


def _steps(place: TableContext, accounts: Sequence[Account], today: date) -> Iterator[Finding]:
    try:
        user = who(place.token().token)
    except IdentityUnavailable as error:
        yield failed("identity", error)
        return
    says = f"in Azure you are {user or 'signed in; the token does not say as whom'}"
    yield Finding("identity", says, facts={"user": user})
    money = Money(reader_locale(os.environ), can_show)
    checks = [AccountCheck(account, place.services, money).findings() for account in accounts]
    for findings in read_side_by_side([([one] for one in check) for check in checks], SIDE_BY_SIDE, pages_ahead=0):
        yield from findings
    yield from until_failure(
        [("table", partial(check_history, "table", place.table, accounts, today)), ("clock", partial(_clock, place))]
    )
    if place.archive is None:
        yield Finding("archive", "none configured (SNAPSHOT_ARCHIVE_ENDPOINT)")
    else:
        archive = partial(check_history, "archive", place.archive, accounts, today)
        yield from until_failure([("archive", archive)])
    yield from until_failure([("ledger", partial(check_table, "ledger", place.ledger))])


def _clock(place: TableContext) -> Iterator[Finding]:
    place.services.check_clock()
    yield Finding("clock", "this machine and the table service agree to within five minutes")
