"""Failures and log lines in terms of the person at the keyboard: the job's remedies mention its next run and its identity."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cli.support.console import say
from shared.errors import NO_IDS, IdentityUnavailable, SettingsInvalid, SnapshotError
from shared.log import LOGGER, Marker, quieten_libraries
from shared.settings.accounts import Account

_REWORDINGS = (
    ("The next run will try again. If the error persists", "Run this again. If the error persists"),
    ("firewall allows the function", "firewall allows this machine"),
    ("Correct the settings named in the message (function app > Environment variables, or local.settings.json)",
     "Correct the settings named above in the environment, in local.settings.json or in the --settings file"),
    (" In Azure: restart the function app; if the error returns, open a support request.", ""),
    ("Give the identity the append role from infra/ on the storage account",
     "Your Azure sign-in needs the append role from infra/ (to read: Storage Table Data Reader) on the storage account"),
    ("Give the identity the", "Your Azure sign-in needs the"),
    ("check the identity's role", "check the role of your Azure sign-in"),
    (IdentityUnavailable.usual_remedy,
     "Run `az login` (install the Azure CLI if it is missing), then this command again. In Azure: check AZURE_CLIENT_ID and the assigned identity."),
)  # fmt: skip

_STYLES = {logging.INFO: "green", logging.WARNING: "yellow", logging.ERROR: "bold red"}
_ABOUT = ("account", "date", "currency")
_OMITTED = (*_ABOUT, "runId", "tenantId", "message", "remedy")

MarkedLines = list[tuple[str, dict[str, Any]]]
"""Log lines that begin with a marker: each line's marker and fields."""


class CommandFailed(Exception):
    """The command failed: what happened, and the remedy. Only a failure of the deployed function has a code."""

    ids = NO_IDS

    def __init__(self, message: str, remedy: str, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.code = code

    def fields(self) -> dict[str, Any]:
        """Return the JSON members other than the message and the remedy."""
        return {"code": self.code} if self.code else {}


Failure = SnapshotError | CommandFailed


def for_operator(remedy: str) -> str:
    """Reword the job's remedy for the person at the keyboard."""
    for job, person in _REWORDINGS:
        remedy = remedy.replace(job, person)
    return remedy


def error_fields(error: Failure) -> dict[str, Any]:
    """Return a failure's JSON members."""
    remedy = for_operator(error.remedy) if isinstance(error, SnapshotError) else error.remedy
    return error.fields() | {"message": error.message, "remedy": remedy}


def error_lines(error: Failure) -> list[str]:
    """Return a failure's lines, without its code: what happened, the remedy, and the IDs for Microsoft support."""
    details = map(str, error.problems) if isinstance(error, SettingsInvalid) else [error.message]
    lines = [*details, f"remedy: {error_fields(error)['remedy']}"]
    if error.ids != NO_IDS:
        lines.append(f"request id: {error.ids.request_id or '-'}  correlation id: {error.ids.correlation_id or '-'}")
    return lines


def print_error(error: Failure, account: Account | None = None) -> None:
    """Print a failure on stderr, with its account if it concerns one."""
    about = f"  {account.name} ({account.tenant_id})" if account else ""
    say((error.code or "error", "bold red"), about, stderr=True)
    for line in error_lines(error):
        say(f"    {line}", stderr=True)


class _Lines(logging.Handler):
    """Prints each log line. A line with a marker becomes the marker, the account and the other fields."""

    def __init__(self, *, stderr: bool) -> None:
        super().__init__()
        self.marked: MarkedLines = []
        self._stderr = stderr

    def emit(self, record: logging.LogRecord) -> None:
        """Print one record."""
        marker, _, fields = record.getMessage().partition(" ")
        style = _STYLES.get(record.levelno, "")
        if marker not in set(Marker):
            say(("log", style), f"  {record.getMessage()}", stderr=self._stderr)
            return
        values = json.loads(fields)
        self.marked.append((marker, values))
        about = " ".join(values[name] for name in _ABOUT if name in values)
        rest = " ".join(f"{name}={value}" for name, value in values.items() if name not in _OMITTED)
        say((marker, style), *(f"  {part}" for part in (about, rest) if part), stderr=self._stderr)
        if "remedy" in values:
            say(f"    message: {values['message']}\n    remedy: {for_operator(values['remedy'])}", stderr=self._stderr)


@contextmanager
def show_job_log(*, stderr: bool = True) -> Iterator[MarkedLines]:
    """Show the job's log while the context lasts; yields the list of its marked lines, which grows."""
    quieten_libraries()
    handler = _Lines(stderr=stderr)
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    try:
        yield handler.marked
    finally:
        LOGGER.removeHandler(handler)
