"""The findings of a check, and running its steps."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import typer

from cli.support.console import say
from cli.support.failure import CommandFailed, Failure, error_fields, error_lines
from cli.support.records import account_fields
from shared.errors import as_snapshot_error
from shared.settings.accounts import Account

STYLES = {"ok": "green", "note": "yellow", "FAILED": "bold red"}
"""How a step ended: as expected, with something worth knowing, or with a failure."""


@dataclass(frozen=True)
class Finding:
    """A message or an error, and facts for programs. `run_steps` sets the step and the account."""

    status: str
    message: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    error: Failure | None = None
    step: str = ""
    account: Account | None = None

    def print(self) -> None:
        """Print the line and, after a failure, the remedy."""
        about = f"{self.account.name}: " if self.account else ""
        code = self.error.code if self.error else ""
        line = f"  {self.step:10}  {about}{code}{self.message}".rstrip()
        say((f"{self.status:6}", STYLES[self.status]), line)
        for text in error_lines(self.error) if self.error else ():
            say(f"        {text}")

    def document(self) -> dict[str, Any]:
        """Return the finding's JSON members."""
        error = error_fields(self.error) if self.error else {"message": self.message}
        account = account_fields(self.account) if self.account else {}
        return {"step": self.step, "status": self.status.lower(), **account, **error, **self.facts}


Step = Callable[[], Iterable[Finding]]


def ok(message: str, **facts: Any) -> Finding:
    """Return the finding of a step that ended as expected."""
    return Finding("ok", message, facts)


def note(message: str, **facts: Any) -> Finding:
    """Return a finding worth knowing."""
    return Finding("note", message, facts)


def failed(error: Exception, **facts: Any) -> Finding:
    """Return the finding of a step that failed."""
    return Finding("FAILED", "", facts, error if isinstance(error, CommandFailed) else as_snapshot_error(error))


def run_steps(steps: Mapping[str, Step], account: Account | None = None) -> Iterator[Finding]:
    """Run the steps in order, up to the first one that raises, because later steps need it. `account` is theirs, if any."""
    for step, work in steps.items():
        try:
            for finding in work():
                yield replace(finding, step=finding.step or step, account=finding.account or account)
        except typer.BadParameter:
            raise
        except Exception as error:  # noqa: BLE001 - shown as a finding
            yield replace(failed(error), step=step, account=account)
            return
