"""`check`: the way of a run with real calls, each step shown as it passes."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from cli.commands.check.account import AccountCheck
from cli.commands.check.deployed import DeployedFunction, as_function_url, check_deployed, master_key
from cli.commands.check.findings import Finding, Status, failed, until_failure
from cli.commands.check.table import check_table
from cli.commands.check.token_subject import who
from cli.support.accounts import choose
from cli.support.money import Money, reader_locale
from cli.support.options import AsJson, SettingsFile, SomeAccounts
from cli.support.prefetch import each_in_turn
from cli.support.progress import waiting
from cli.support.settings_source import find_settings
from cli.support.tables import TableContext, open_tables
from cli.support.words import count
from shared.errors import IdentityUnavailable, SettingsInvalid
from shared.services import SIDE_BY_SIDE, open_services, utc_now
from shared.settings.accounts import Account

Deployed = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        parser=as_function_url,
        help="Run the deployed function (https://<app>.azurewebsites.net) and wait for its rows. The master key comes from "
        "FUNCTIONS_MASTER_KEY or is asked for.",
    ),
]
Wait = Annotated[int, typer.Option(min=1, metavar="SECONDS", help="With --deployed: how long to wait for the rows.")]


def command(
    *,
    settings: SettingsFile = None,
    account: SomeAccounts = None,
    as_json: AsJson = False,
    deployed: Deployed = None,
    wait: Wait = 300,
) -> None:
    """Try every step of a run with real calls: settings, identity, vault, sign-in, MFA, balance, table.

    Nothing is written anywhere. What may be done in the table is told by an insert of a row that stands and a change of one that
    cannot exist. All this proves the rights of whoever runs it.

    `--deployed` proves the function's own: it starts the function in Azure and waits for the row of the day of every account.
    """
    function = DeployedFunction(deployed, master_key(os.environ), wait) if deployed else None
    found = []
    with waiting("checking") as now_waiting:
        for finding in _findings(settings, account, function, now_waiting):
            found.append(finding)
            if not as_json:
                finding.print()
    ok = all(finding.status is not Status.FAILED for finding in found)
    if as_json:
        typer.echo(json.dumps({"ok": ok, "findings": [finding.document() for finding in found]}, indent=2))
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
    yield Finding(
        "settings", f"{count(len(accounts), 'account')}, time zone {settings.time_zone}, from {source.origin}"
    )
    with open_tables(settings) as place:
        today = utc_now().astimezone(settings.time_zone).date()
        if function is not None:
            deployed = partial(check_deployed, function, place.table, accounts, today, now_waiting)
            yield from until_failure([("deployed", deployed)])
            return
        yield from _steps(place, accounts, today)


def _steps(place: TableContext, accounts: Sequence[Account], today: date) -> Iterator[Finding]:
    try:
        token = place.token().token
    except IdentityUnavailable as error:
        yield failed("identity", error)
        return
    yield Finding("identity", f"in Azure you are {who(token) or 'signed in; the token does not say as whom'}")
    money = Money(reader_locale(os.environ))
    with open_services(place.settings) as built:
        checks = [AccountCheck(account, built, money).findings() for account in accounts]
        yield from each_in_turn(checks, SIDE_BY_SIDE)
    yield from until_failure([("table", partial(check_table, "table", place.table, accounts, today))])
    if place.archive is None:
        yield Finding("archive", "none configured (SNAPSHOT_ARCHIVE_ENDPOINT)")
    else:
        yield from until_failure([("archive", partial(check_table, "archive", place.archive, accounts, today))])
