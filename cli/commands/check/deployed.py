"""Proving the deployed function's rights: start it in Azure, wait for its run in the ledger.

Source: https://learn.microsoft.com/azure/azure-functions/functions-manually-run-non-http
"""

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from getpass import getpass
from urllib.parse import urlsplit

import requests
import typer

from cli.commands.check.findings import Finding, failed, note, ok, taken
from cli.support.failure import CommandFailed
from cli.support.interrupt import STOP
from cli.support.tables import OperatorTable, TableContext
from shared.history.query import Span
from shared.history.row import Entity
from shared.history.runs import RUN_PARTITION
from shared.net.transport_errors import describe_transport_error
from shared.settings.accounts import Account

FUNCTION = "BalanceSnapshot"
KEY_VARIABLE = "FUNCTIONS_MASTER_KEY"
_TIMEOUT_SECONDS = 60
_LOOK_EVERY_SECONDS = 2.0
_MARGIN = timedelta(days=2)
"""Older runs are not looked at; the clocks of two machines are never compared."""

_REMEDIES = {
    401: f"Check the master key ({KEY_VARIABLE}): function app > App keys > _master.",
    403: f"Check the master key ({KEY_VARIABLE}) and the function app's access restrictions.",
    404: "Check the address, and that the function was published: `az functionapp function list --resource-group <group> --name <app>` lists it.",
}
_USUAL_REMEDY = "Try again in a minute; if it persists, look at the function app in the portal."


def as_function_url(text: str) -> str:
    """Read a function app's address: https and nothing but the host, because the master key is sent there."""
    parts = urlsplit(text)
    if parts.scheme != "https" or not parts.hostname or parts.path.strip("/") or parts.query or "@" in parts.netloc:
        raise typer.BadParameter(
            "it is not the address of a function app: write it as https://<app>.azurewebsites.net."
        )
    return f"https://{parts.netloc}"


def master_key(environ: Mapping[str, str]) -> str:
    """Return the master key from the environment, else ask for it without echo; BadParameter without anybody to ask."""
    key = environ.get(KEY_VARIABLE, "").strip()
    if not key and sys.stdin.isatty():
        key = getpass(f"Master key of the function app ({KEY_VARIABLE}): ").strip()
    if not key:
        raise typer.BadParameter(f"--deployed needs the function app's master key in {KEY_VARIABLE}.")
    return key


def check_deployed(
    url: str, key: str, seconds: int, place: TableContext, accounts: Sequence[Account]
) -> Iterator[Finding]:
    """Start the function and yield what its next run recorded: a timer's row in the ledger that was not there before.

    Raises CommandFailed when the function could not be started or no run came.
    """
    since = Span(RUN_PARTITION, first=place.services.now().date() - _MARGIN)
    before = {row["RowKey"] for row in place.ledger.rows(since, ["RowKey"])}
    _start(f"{url}/admin/functions/{FUNCTION}", key)
    yield ok(f"{url} started {FUNCTION}; waiting up to {seconds} s for its run in the ledger")
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        for row in place.ledger.rows(since):
            if row["RowKey"] not in before and row["Trigger"] == "timer":
                yield from taken({"run": partial(_run, row, place.ledger, accounts)})
                return
        STOP.wait(min(_LOOK_EVERY_SECONDS, left))
    raise CommandFailed(
        f"the ledger has no new run of the timer after {seconds} s",
        "Look for SNAPSHOT_FAILED and LEDGER_FAILED in the function's log: they give the cause and the remedy. If the log has no line, the "
        "function did not start; docs/operate.md, No run, says what to look at.",
    )


def _start(url: str, key: str) -> None:
    try:
        with requests.post(
            url,
            json={},
            headers={"x-functions-key": key},
            timeout=_TIMEOUT_SECONDS,
            allow_redirects=False,
            auth=lambda request: request,  # or a .netrc would add its password
            stream=True,  # the answer's body is not read
        ) as answer:
            status = answer.status_code
    except requests.RequestException as error:
        reason = describe_transport_error(error)
        raise CommandFailed(f"POST {url}: {reason}", "Check the address and your network.") from error
    if status != requests.codes.accepted:
        raise CommandFailed(f"POST {url} answered {status} instead of 202", _REMEDIES.get(status, _USUAL_REMEDY))


def _run(row: Entity, ledger: OperatorTable, accounts: Sequence[Account]) -> Iterator[Finding]:
    key = str(row["RowKey"])
    facts = {name.lower(): row[name] for name in ("Accounts", "Recorded", "Kept", "Failed")}
    counts = "{recorded} recorded, {kept} kept, {failed} failed of {accounts} accounts".format(**facts)
    says = f"run {key.partition('_')[2]}: {counts}"
    if not row["Failed"]:
        nothing_new = row["Kept"] == row["Accounts"]
        kept = "every row existed: this proves the rights on the tables, not those on the vault and Partner Center"
        yield note(f"{says}; {kept}", **facts) if nothing_new else ok(says, **facts)
        return
    remedy = "Follow what is listed per account below, or SNAPSHOT_FAILED in the function's log."
    yield failed(CommandFailed(says, remedy), **facts)
    for account in accounts:
        for failure in ledger.rows(Span(account.tenant_id, first=date.fromisoformat(key[:10]) - _MARGIN)):
            if failure["RowKey"] == key:
                error = CommandFailed(f"{failure['Code']}: {failure['Message']}", str(failure["Remedy"]))
                yield replace(failed(error), account=account)
