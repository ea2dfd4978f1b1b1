"""Tests the deployed function's permissions: starts it in Azure and waits for its run in the ledger.

Source: https://learn.microsoft.com/azure/azure-functions/functions-manually-run-non-http
"""

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, timedelta
from functools import partial
from getpass import getpass
from urllib.parse import urlsplit

import requests
import typer

from cli.commands.check.findings import Finding, failed, note, ok, run_steps
from cli.commands.history.ledger import RUN_COUNTS, Ledger, LedgerEntry
from cli.support.failure import CommandFailed
from cli.support.interrupt import STOP, on_interrupt
from cli.support.tables import TableContext
from shared.history.query import Span
from shared.net.attempt import CallError, attempt
from shared.net.http_session import HttpSession
from shared.settings.accounts import Account

FUNCTION = "BalanceSnapshot"
KEY_VARIABLE = "FUNCTIONS_MASTER_KEY"
_TIMEOUT_SECONDS = 60
_POLL_SECONDS = 2.0
_MARGIN = timedelta(days=2)
"""How far back to look for runs: wide, so that two machines' clocks need not agree."""

_REMEDIES = {
    None: "Check the address and your network.",
    401: f"Check the master key ({KEY_VARIABLE}): function app > App keys > _master; no other key starts a function.",
    403: f"Check that the function app is running. Check its access restrictions, admin isolation and the master key ({KEY_VARIABLE}).",
    404: "Check the address, and that the function is published: `az functionapp function list --resource-group <group> --name <app>` lists it.",
}
_DEFAULT_REMEDY = "Try again in a minute. If it persists, check the function app in the portal."


def as_function_url(text: str) -> str:
    """Parse a function app's address: only https and the host, because the master key is sent there."""
    parts = urlsplit(text)
    if parts.scheme != "https" or not parts.hostname or parts.path.strip("/") or parts.query or "@" in parts.netloc:
        raise typer.BadParameter("it is not a function app's address: write it as https://<app>.azurewebsites.net.")
    return f"https://{parts.netloc}"


def master_key(environ: Mapping[str, str]) -> str:
    """Return the master key from the environment, or ask for it without echo; raises BadParameter if there is no valid key."""
    key = environ.get(KEY_VARIABLE, "").strip()
    if not key and sys.stdin.isatty():
        key = getpass(f"Master key of the function app ({KEY_VARIABLE}): ").strip()
    if not key:
        raise typer.BadParameter(f"--deployed needs the function app's master key in {KEY_VARIABLE}.")
    if not (key.isascii() and key.isprintable()):
        raise typer.BadParameter(f"{KEY_VARIABLE} contains a character that no key has: copy the key again.")
    return key


def check_deployed(
    url: str, key: str, seconds: int, context: TableContext, accounts: Sequence[Account]
) -> Iterator[Finding]:
    """Start the function and yield the findings of its next run: a new row from the timer in the ledger.

    Raises CommandFailed if the function could not be started or no run followed.
    """
    today = context.services.now().date()
    ledger, since = Ledger(context.ledger, UTC, today + _MARGIN), today - _MARGIN
    before = {entry.row["RowKey"] for entry in ledger.runs(since)}
    on_interrupt(lambda: f"{FUNCTION} may have been started: `python -m cli status` shows its run.")
    _start(context.services.session, f"{url}/admin/functions/{FUNCTION}", key)
    yield ok(f"{url} started {FUNCTION}; waiting up to {seconds} s for its run in the ledger")
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        for entry in ledger.runs(since):
            if entry.row["RowKey"] not in before and entry.row.get("Trigger") == "timer":
                yield from run_steps({"run": partial(_run, entry, context, accounts)})
                return
        STOP.wait(min(_POLL_SECONDS, left))
    raise CommandFailed(
        f"no new timer run appeared in the ledger within {seconds} s",
        "Check the function's log. SNAPSHOT_FAILED and LEDGER_FAILED give the cause and the remedy. If there is only SNAPSHOT_RUN, the "
        "function writes to a different table than your settings name. If there is no line, the function did not start: docs/operate.md, No run.",
    )


def _start(session: HttpSession, url: str, key: str) -> None:
    """Ask the host to start the function. It responds with 202 and no body."""
    session.secrets.add(key)
    failure = None
    with attempt(_TIMEOUT_SECONDS, STOP) as made:
        try:
            session.post(url, json={}, headers={"x-functions-key": key}, allow_redirects=False)
        except CallError as error:
            failure = error
    status = made.answer.status_code if made.answer is not None else None
    if status != requests.codes.accepted:
        remedy = (failure and failure.remedy) or _REMEDIES.get(status, _DEFAULT_REMEDY)
        raise CommandFailed(f"POST {url}: {failure or f'answered {status}'}", remedy)


def _run(entry: LedgerEntry, context: TableContext, accounts: Sequence[Account]) -> Iterator[Finding]:
    key, run = str(entry.row["RowKey"]), entry.row
    facts = {name.lower(): run[name] for name in RUN_COUNTS}
    counts = "{recorded} recorded, {kept} kept, {failed} failed of {accounts} accounts".format(**facts)
    message = f"run {key.partition('_')[2]}: {counts}"
    if not run["Failed"]:
        nothing_new = run["Kept"] == run["Accounts"]
        kept = "every row already existed: this tests permissions on the tables, not on the vault and Partner Center"
        yield note(f"{message}; {kept}", **facts) if nothing_new else ok(message, **facts)
        return
    remedy = "Follow the remedy of each account below. An account that is not in your settings is in the function's log (SNAPSHOT_FAILED)."
    yield failed(CommandFailed(message, remedy), **facts)
    for account in accounts:
        for row in context.ledger.rows(Span(account.tenant_id, entry.started.date() - _MARGIN)):
            if row["RowKey"] == key:
                error = CommandFailed(str(row["Message"]), str(row["Remedy"]), str(row["Code"]))
                yield replace(failed(error), account=account)
