"""What the function logs over simulated days: the real run with its real lines, over a history and a reader that are played."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import cast

from shared.balance_reader import Reader, SignedIn
from shared.errors import SettingsInvalid, SnapshotError
from shared.history.history import History, Kept
from shared.history.row import Entity
from shared.job import take_snapshots
from shared.log import LOGGER
from shared.partner_center.invoice_summary import InvoiceSummary, Receipt
from shared.run import run
from shared.services import Reading
from shared.settings.accounts import Account
from shared.settings.clouds import CLOUDS
from shared.settings.values import CreditLimit
from shared.sign_in.app_credential import AppCredential
from shared.sign_in.entra import Tokens
from shared.snapshot import Day, Snapshots
from tests.infra.tools.kql import Invocation, Line

RUN_TIMES = tuple(time(hour, 17, tzinfo=UTC) for hour in range(6, 23, 4))
"""The shipped schedule, 0 17 6-22/4 * * *."""

ATTEMPTS = 3
"""One, and the two more of function.json's retry."""

TENANTS = {"Contoso": "0a1b2c3d-0000-4000-8000-00000000000a", "Fabrikam": "0a1b2c3d-0000-4000-8000-00000000000b"}


def account(name: str) -> Account:
    """Return an account with a credit limit of 1000 USD, so that a balance is ten times its percentage."""
    return Account(
        tenant_id=TENANTS[name],
        client_id="0a1b2c3d-0000-4000-8000-0000000000c1",
        name=name,
        cloud=CLOUDS["global"],
        secret_name="partner-app",
        credit_limit=CreditLimit(Decimal(1000), "USD"),
    )


@dataclass
class FunctionLog:
    """The lines and invocations of a function with two accounts, and what is played to it.

    `failing` holds the error that an account meets, `archive_error` what the archive answers, `percent` the balance in percent
    of the limit, `secret_ends` the end of the credential.
    """

    lines: list[Line] = field(default_factory=list)
    invocations: list[Invocation] = field(default_factory=list)
    failing: dict[str, SnapshotError] = field(default_factory=dict)
    archive_error: SnapshotError | None = None
    percent: Decimal = Decimal(50)
    secret_ends: date | None = None
    _rows: dict[tuple[str, date], Sequence[Entity]] = field(default_factory=dict)

    def days(self, first: date, number: int = 1, times: Sequence[time] = RUN_TIMES) -> None:
        """Let the timer fire at the given times of each day."""
        for offset in range(number):
            for at in times:
                self.fire(datetime.combine(first + timedelta(days=offset), at))

    def fire(self, now: datetime) -> None:
        """Run once, and again a minute later while the invocation fails, as the host does."""
        for attempt in range(ATTEMPTS):
            if self.invoke(now + timedelta(minutes=attempt)):
                return

    def fire_with_wrong_settings(self, now: datetime) -> None:
        """Run with an empty environment: every attempt finds the settings invalid."""
        for attempt in range(ATTEMPTS):
            at = now + timedelta(minutes=attempt)
            with self._recording(at):
                try:
                    take_snapshots({}, run_id=f"run-{at:%d%H%M}")
                except SettingsInvalid:
                    self.invocations.append(Invocation(at, success=False))

    def invoke(self, now: datetime) -> bool:
        """Run once; return whether the invocation succeeded."""
        played = _Played(self, now)
        reading = Reading(vault=None, reader=cast("Reader", played), renewals=None, clients=ExitStack())
        snapshots = Snapshots(cast("History", played), lambda: reading, lambda: now)
        accounts = [account(name) for name in TENANTS]
        with self._recording(now):
            result = run(accounts, Day(now.date(), f"run-{now:%d%H%M}"), snapshots, clock=lambda: 0.0)
        self.invocations.append(Invocation(now, success=not result.failed))
        return not result.failed

    @contextmanager
    def _recording(self, now: datetime) -> Iterator[None]:
        handler = _Recorder(self.lines, now)
        level, propagates = LOGGER.level, LOGGER.propagate
        LOGGER.addHandler(handler)
        LOGGER.setLevel(logging.INFO)
        LOGGER.propagate = False
        try:
            yield
        finally:
            LOGGER.removeHandler(handler)
            LOGGER.setLevel(level)
            LOGGER.propagate = propagates


class _Recorder(logging.Handler):
    """Keeps what the worker hands to the host: the formatted text."""

    def __init__(self, lines: list[Line], now: datetime) -> None:
        super().__init__()
        self._lines = lines
        self._now = now

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(Line(self._now, record.getMessage()))


@dataclass(frozen=True)
class _Played:
    """The history and the reader of one run."""

    log: FunctionLog
    now: datetime

    def rows_of(self, tenant_id: str, day: date) -> Sequence[Entity]:
        return self.log._rows.get((tenant_id, day), ())

    def append(self, rows: Sequence[Entity], run_id: str) -> Kept:
        tenant = str(rows[0]["PartitionKey"])
        self.log._rows[tenant, date.fromisoformat(str(rows[0]["SnapshotDate"]))] = rows
        return Kept(tuple(rows), recorded=True, archive_error=self.log.archive_error)

    def signed_in(self, account: Account) -> SignedIn:
        ends = self.log.secret_ends
        expires_on = datetime.combine(ends, time(tzinfo=UTC)) if ends else None
        return SignedIn(AppCredential("s", "partner-app", expires_on), None, Tokens("t"))

    def balances(self, account: Account, tokens: Tokens) -> tuple[InvoiceSummary, ...]:
        if account.name in self.log.failing:
            raise self.log.failing[account.name]
        receipt = Receipt(self.now, "request", "correlation")
        return (InvoiceSummary(self.log.percent * 10, "USD", receipt),)
