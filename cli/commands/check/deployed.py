"""Proving the deployed function's rights: start it in Azure, wait for the day's rows.

Source: https://learn.microsoft.com/azure/azure-functions/functions-manually-run-non-http
"""

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from getpass import getpass
from urllib.parse import urlsplit

import requests
import typer

from cli.commands.check.findings import Finding, Status, failed
from cli.support.failure import CommandFailed
from cli.support.operator_table import OperatorTable
from shared.history.row import Entity
from shared.net.http_session import describe
from shared.settings.accounts import Account

FUNCTION = "BalanceSnapshot"
KEY_VARIABLE = "FUNCTIONS_MASTER_KEY"
_TIMEOUT_SECONDS = 60
_LOOK_EVERY_SECONDS = 2.0

_REMEDIES = {
    401: f"Check the master key ({KEY_VARIABLE}): function app > App keys > _master.",
    403: f"Check the master key ({KEY_VARIABLE}) and the function app's access restrictions.",
    404: "Check the address, and that the function was published: `az functionapp function list` names it.",
}
_USUAL_REMEDY = "Try again in a minute; when it stays, look at the function app in the portal."


@dataclass(frozen=True)
class DeployedFunction:
    """The function app's address without a path, its master key, and how many seconds to wait for the rows."""

    url: str
    key: str = field(repr=False)
    wait: int


def as_function_url(text: str) -> str:
    """Read a function app's address: https and nothing but the host, because the master key is sent there."""
    parts = urlsplit(text)
    if parts.scheme != "https" or not parts.hostname or parts.path.strip("/") or parts.query or "@" in parts.netloc:
        raise typer.BadParameter("is no address of a function app: write it as https://<app>.azurewebsites.net.")
    return f"https://{parts.netloc}"


def master_key(environ: Mapping[str, str]) -> str:
    """Return the master key: from the environment, else asked for without echo.

    Raises:
        typer.BadParameter: it is not in the environment and there is nobody to ask.

    """
    key = environ.get(KEY_VARIABLE, "").strip()
    if not key and sys.stdin.isatty():
        key = getpass(f"Master key of the function app ({KEY_VARIABLE}): ").strip()
    if not key:
        raise typer.BadParameter(f"--deployed needs the function app's master key in {KEY_VARIABLE}.")
    return key


def check_deployed(
    function: DeployedFunction,
    table: OperatorTable,
    accounts: Sequence[Account],
    today: date,
    now_waiting: Callable[[str], None],
) -> Iterator[Finding]:
    """Start the function and yield what stands of each account, as soon as it does or when the time is over.

    `now_waiting` is told what is waited for.

    Raises:
        CommandFailed: the function could not be started.
        TableUnreachable, TableAccessDenied: by the service's answer.

    """
    before = {account.tenant_id for account in accounts if table.rows_of(account.tenant_id, today)}
    _start(function)
    yield Finding(
        "deployed", f"{function.url} accepted to run {FUNCTION}; waiting up to {function.wait} s for its rows"
    )
    end = time.monotonic() + function.wait
    missing = list(accounts)
    while True:
        for account in tuple(missing):
            if rows := table.rows_of(account.tenant_id, today):
                missing.remove(account)
                yield _stands(account, rows, before=account.tenant_id in before)
        left = end - time.monotonic()
        if not missing or left <= 0:
            break
        now_waiting(f"waiting for {', '.join(account.name for account in missing)}: {left:.0f} s left")
        time.sleep(min(_LOOK_EVERY_SECONDS, left))
    for account in missing:
        error = CommandFailed(
            f"no row of {today} after {function.wait} s",
            "Look for SNAPSHOT_FAILED in the function's log: it says why, and the remedy. No line at all: the function did not "
            "start; docs/operate.md says what to look at.",
        )
        yield failed("row", error, account)


def _start(function: DeployedFunction) -> None:
    url = f"{function.url}/admin/functions/{FUNCTION}"
    try:
        answer = requests.post(
            url, json={}, headers={"x-functions-key": function.key}, timeout=_TIMEOUT_SECONDS, allow_redirects=False
        )
    except requests.RequestException as error:
        raise CommandFailed(f"POST {url}: {describe(error)}", "Check the address and your network.") from error
    if answer.status_code != requests.codes.accepted:
        remedy = _REMEDIES.get(answer.status_code, _USUAL_REMEDY)
        raise CommandFailed(f"POST {url} answered {answer.status_code} instead of 202", remedy)


def _stands(account: Account, rows: Sequence[Entity], *, before: bool) -> Finding:
    told = ", ".join(f"{row['RowKey']} (run {row.get('RunId', 'unknown')})" for row in rows)
    if before:
        says = f"{told} stood before: the function had nothing to do, so this proves nothing of its rights today"
        return Finding("row", says, Status.NOTE, account)
    return Finding("row", f"{told} stands", Status.OK, account)
