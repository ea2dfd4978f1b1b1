"""What the function logs over simulated days, in the form of the contract: a marker and JSON, `code` and `mayPass` first."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from tests.infra.tools.kql import Invocation, Line

ACCOUNTS = ("Contoso", "Fabrikam")
HOURS = range(24)
ATTEMPTS = 3
"""One, and the two more of function.json's retry."""


@dataclass(frozen=True)
class Failing:
    """What keeps an account from being recorded."""

    code: str
    may_pass: bool


@dataclass
class FunctionLog:
    """The lines and invocations of a function with two accounts; `failing`, `archive` and `ledger` say what goes wrong."""

    lines: list[Line] = field(default_factory=list)
    invocations: list[Invocation] = field(default_factory=list)
    failing: dict[str, Failing] = field(default_factory=dict)
    archive: Failing | None = None
    ledger: Failing | None = None
    percent: float = 50
    limit_matches: bool = True
    days_left: int = 100
    _rows: set[tuple[str, date]] = field(default_factory=set)

    def days(self, first: date, number: int = 1, hours: Sequence[int] = HOURS) -> None:
        """Let the timer fire at minute 17 of each hour."""
        for offset in range(number):
            for hour in hours:
                self.fire(datetime.combine(first + timedelta(days=offset), time(hour, 17)))

    def fire(self, at: datetime) -> None:
        """Run once, and again 15 seconds later while the invocation fails, as the host does."""
        for attempt in range(ATTEMPTS):
            if self._invoke(at + timedelta(seconds=15 * attempt)):
                return

    def _invoke(self, at: datetime) -> bool:
        failed = 0
        for account in ACCOUNTS:
            about: dict[str, Any] = {"account": account, "date": at.date().isoformat()}
            if (account, at.date()) in self._rows:
                self.say(at, "SNAPSHOT_KEPT", **about, currency="USD")
            elif account in self.failing:
                failed += 1
                self.say(at, "SNAPSHOT_FAILED", self.failing[account], **about)
            else:
                self._record(at, account, about)
        if self.ledger:
            self.say(at, "LEDGER_FAILED", self.ledger, rows=1)
        self.say(at, "SNAPSHOT_RUN", accounts=len(ACCOUNTS), failed=failed)
        self.invocations.append(Invocation(at, success=not failed))
        return not failed

    def _record(self, at: datetime, account: str, about: dict[str, Any]) -> None:
        self._rows.add((account, at.date()))
        if self.days_left <= 30:
            self.say(at, "SECRET_EXPIRING", **about, secret="partner-app", days=self.days_left)
        if self.archive:
            self.say(at, "ARCHIVE_FAILED", self.archive, **about)
        self.say(at, "SNAPSHOT_RECORDED", **about, currency="USD")
        if self.limit_matches:
            self.say(at, "CREDIT_USED", **about, currency="USD", percent=self.percent)
        else:
            self.say(at, "CREDIT_UNKNOWN", **about, currency="USD")

    def say(self, at: datetime, marker: str, error: Failing | None = None, **fields: Any) -> None:
        """Write one line."""
        first = {"code": error.code, "mayPass": error.may_pass} if error else {}
        self.lines.append(Line(at, f"{marker} {json.dumps(first | fields)}"))
