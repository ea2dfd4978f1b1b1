"""What a check found, a line a step."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from cli.support.console import error_lines, error_words, say
from cli.support.failure import CommandFailed
from cli.support.records import account_fields
from shared.errors import SnapshotError, Unexpected
from shared.settings.accounts import Account


class Status(StrEnum):
    """How a step ended: as it should, with something worth knowing, or not."""

    OK = "ok"
    NOTE = "note"
    FAILED = "FAILED"


_STYLES = {Status.OK: "green", Status.NOTE: "yellow", Status.FAILED: "bold red"}


@dataclass(frozen=True)
class Finding:
    """One line of a check: the step, the account if it is about one, what was found, a failed step's error, facts for programs."""

    step: str
    message: str
    status: Status = Status.OK
    account: Account | None = None
    error: SnapshotError | CommandFailed | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    def print(self) -> None:
        """Print the line, and what to do after a failure."""
        about = f"{self.account.name}: " if self.account else ""
        code = self.error.code if isinstance(self.error, SnapshotError) else ""
        line = f"  {self.step:10}  {about}{code}{self.message}".rstrip()
        say((f"{self.status.value:6}", _STYLES[self.status]), line)
        if self.error is not None:
            for text in error_lines(self.error):
                say(f"        {text}")

    def document(self) -> dict[str, Any]:
        """Return the finding for a program."""
        error: dict[str, Any] = {"message": self.message}
        if self.error is not None:
            words = zip(("message", "remedy"), error_words(self.error), strict=True)
            error = (self.error.fields() if isinstance(self.error, SnapshotError) else {}) | dict(words)
        account = account_fields(self.account) if self.account else {}
        return {"step": self.step, "status": self.status.value.lower(), **account, **error, **self.facts}


def failed(step: str, error: SnapshotError | CommandFailed, account: Account | None = None) -> Finding:
    """Return the finding of a step that failed."""
    return Finding(step, "", Status.FAILED, account, error)


def until_failure(
    steps: Iterable[tuple[str, Callable[[], Iterable[Finding]]]], account: Account | None = None
) -> Iterator[Finding]:
    """Take the steps in their order, up to the first that fails: the later ones need it."""
    for step, work in steps:
        try:
            yield from work()
        except (SnapshotError, CommandFailed) as error:
            yield failed(step, error, account)
            return
        except Exception as error:  # noqa: BLE001 - shown as what it is
            yield failed(step, Unexpected.of(error), account)
            return
