"""`check`: a preflight with real calls. Each step's result is shown as it arrives."""

import os
from collections import Counter
from functools import partial
from typing import Annotated

import typer

from cli.commands.check.deployed import as_function_url, check_deployed, master_key
from cli.commands.check.findings import run_steps
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
        help="Start the deployed function (https://<app>.azurewebsites.net) and wait for its run. Reads the master key from "
        "FUNCTIONS_MASTER_KEY, or asks for it.",
    ),
]
Wait = Annotated[
    int | None,
    typer.Option(min=1, metavar="SECONDS", help="With --deployed: how long to wait for the run (default: 300)."),
]


def command(
    *,
    settings: SettingsFile = None,
    account: SomeAccounts = None,
    as_format: AsFormat = "table",
    deployed: Deployed = None,
    wait: Wait = None,
) -> None:
    """Test every step of a run with real calls: settings, schedule, identity, vault, sign-in, MFA, balance, tables, clock.

    Nothing is written. The permission to insert is tested with a row that exists, and the permission to change with a row that
    cannot exist. All of this tests your permissions.

    `--deployed` tests the function's permissions: it starts the function in Azure and waits for a new run in the ledger.

    Examples:
      python -m cli check
      python -m cli check --account Contoso --format json
      python -m cli check --deployed https://<app>.azurewebsites.net

    """
    if wait and not deployed:
        raise typer.BadParameter("--wait needs --deployed.")
    started = partial(check_deployed, deployed, master_key(os.environ), wait or _WAIT) if deployed else None
    found = []
    with waiting("checking"):
        for finding in run_steps({"settings": partial(check_steps, settings, account, started)}):
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
