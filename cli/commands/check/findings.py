"""What a check found, a line per finding; and taking its steps."""

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
"""How a step ended: as it should, with something worth knowing, or not."""


@dataclass(frozen=True)
class Finding:
    """What was found or the error, and facts for programs; of which step and account, says `taken`."""

    status: str
    message: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    error: Failure | None = None
    step: str = ""
    account: Account | None = None

    def print(self) -> None:
        """Print the line, and what to do after a failure."""
        about = f"{self.account.name}: " if self.account else ""
        code = self.error.code if self.error else ""
        line = f"  {self.step:10}  {about}{code}{self.message}".rstrip()
        say((f"{self.status:6}", STYLES[self.status]), line)
        for text in error_lines(self.error) if self.error else ():
            say(f"        {text}")

    def document(self) -> dict[str, Any]:
        """Return the finding for a program."""
        error = error_fields(self.error) if self.error else {"message": self.message}
        account = account_fields(self.account) if self.account else {}
        return {"step": self.step, "status": self.status.lower(), **account, **error, **self.facts}


Step = Callable[[], Iterable[Finding]]


def ok(message: str, **facts: Any) -> Finding:
    """Return the finding of a step that ended as it should."""
    return Finding("ok", message, facts)


def note(message: str, **facts: Any) -> Finding:
    """Return something worth knowing."""
    return Finding("note", message, facts)


def failed(error: Exception, **facts: Any) -> Finding:
    """Return the finding of a step that failed."""
    return Finding("FAILED", "", facts, error if isinstance(error, CommandFailed) else as_snapshot_error(error))


def run_steps(steps: Mapping[str, Step], account: Account | None = None) -> Iterator[Finding]:
    """Take the steps in their order, up to the first that raises: the later ones need it. `account` is whose they are."""
    for step, work in steps.items():
        try:
            for finding in work():
                yield replace(finding, step=finding.step or step, account=finding.account or account)
        except typer.BadParameter:
            raise
        except Exception as error:  # noqa: BLE001 - shown as what it is
            yield replace(failed(error), step=step, account=account)
            return
