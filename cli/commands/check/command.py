"""`check`: a preflight with real calls, each step shown as it passes."""

import os
from collections import Counter
from functools import partial
from typing import Annotated

import typer

from cli.commands.check.deployed import as_function_url, check_deployed, master_key
from cli.commands.check.findings import taken
from cli.commands.check.steps import check_steps
from cli.support.accounts import SomeAccounts
from cli.support.console import count, say, waiting
from cli.support.records import AsFormat, write_records
from cli.support.settings_source import SettingsFile

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
    as_format: AsFormat = "table",
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
        for finding in taken({"settings": partial(check_steps, settings, account, started)}):
            found.append(finding)
            if as_format == "table":
                finding.print()
    statuses = Counter(finding.status for finding in found)
    failures, notes = statuses["FAILED"], statuses["note"]
    if as_format == "table":
        result, style = (f"{failures} FAILED", "bold red") if failures else ("Nothing failed", "bold yellow")
        if not failures and not notes:
            result, style = "All is well", "bold green"
        noted = f", {count(notes, 'note')}" if notes else ""
        say((result, style), f": {count(len(found), 'finding')}{noted}.")
    else:
        records = [finding.document() for finding in found]
        write_records(as_format, COLUMNS, records, {"ok": not failures, "findings": records})
    if failures:
        raise typer.Exit(1)
