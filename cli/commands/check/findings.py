"""What a check found, a line a step."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cli.support.console import error_lines, say
from cli.support.failure import CommandFailed
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
    """One line of a check: the step, the account it is about if any, what was found, and the error of a failed step."""

    step: str
    says: str
    status: Status = Status.OK
    account: Account | None = None
    error: SnapshotError | CommandFailed | None = None

    def print(self) -> None:
        """Print the line, and what to do after a failure."""
        about = f"{self.account.name}: " if self.account else ""
        code = self.error.code if isinstance(self.error, SnapshotError) else ""
        told = f"  {self.step:10}  {about}{code}{self.says}".rstrip()
        say((f"{self.status.value:6}", _STYLES[self.status]), told)
        if self.error is not None:
            for line in error_lines(self.error):
                say(f"        {line}")

    def document(self) -> dict[str, Any]:
        """Return the finding for a machine."""
        error = {}
        if isinstance(self.error, SnapshotError):
            error = self.error.fields()
        elif self.error is not None:
            error = {"message": self.error.message, "remedy": self.error.remedy}
        account = {"account": self.account.name, "tenantId": self.account.tenant_id} if self.account else {}
        return {"step": self.step, "status": self.status.value.lower(), "says": self.says, **account, **error}


def failed(step: str, error: SnapshotError | CommandFailed, account: Account | None = None) -> Finding:
    """Return the finding of a step that failed."""
    return Finding(step, "", Status.FAILED, account, error)


def until_failure(
    steps: Iterable[tuple[str, Callable[[], Iterable[Finding]]]], account: Account | None = None
) -> Iterator[Finding]:
    """Take the steps in their order, up to the first that fails: the ones after it rest on it."""
    for step, work in steps:
        try:
            yield from work()
        except (SnapshotError, CommandFailed) as error:
            yield failed(step, error, account)
            return
        except Exception as error:  # noqa: BLE001 - shown as what it is
            yield failed(step, Unexpected.of(error), account)
            return
