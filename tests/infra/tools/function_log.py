"""What the real job logs over simulated days. It runs against the stand-in, on the stand-in's clock, as the host would run it."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from shared.errors import SettingsInvalid
from standin import StandIn
from standin.faults import Fault
from tests.end_to_end.conftest import environ_of
from tests.support.in_process import run_now

FIRST = datetime(2026, 11, 2, tzinfo=UTC)
MINUTE = 17
ATTEMPTS, PAUSE = 3, 15
"""The first attempt and function.json's two retries; seconds between them."""


def at(day: int, hour: int = 0) -> datetime:
    """Return a time on a day; the first day is 0."""
    return FIRST + timedelta(days=day, hours=hour)


class FunctionLog(logging.Handler):
    """The log lines of a function with the accounts Contoso and Fabrikam and an archive, and whether each invocation succeeded."""

    def __init__(self, world: StandIn) -> None:
        super().__init__()
        self.day = 0
        self.lines: list[tuple[datetime, str]] = []
        self.invocations: list[tuple[datetime, bool]] = []
        self.world = world
        self.partners = {
            name: world.add_partner(
                name=name, secret_name=f"{name}-secret", secret_expires_in=None, credit_limit="100000 USD"
            )
            for name in ("Contoso", "Fabrikam")
        }
        self.environ = environ_of(world, *self.partners.values()) | world.environ_archive

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line with the stand-in's time."""
        self.lines.append((self.world.clock.now(), record.getMessage()))

    def fire(self, hours: Iterable[int]) -> None:
        """Fire the timer in each of these hours of the day; if the invocation fails, retry as the host does."""
        for hour in hours:
            self.world.clock.set(at(self.day, hour).replace(minute=MINUTE))
            while not self._invoke() and self.world.clock.now().second < PAUSE * (ATTEMPTS - 1):
                self.world.clock.advance(seconds=PAUSE)

    def _invoke(self) -> bool:
        began = self.world.clock.now()
        try:
            succeeded = not run_now(self.world, self.environ).failed
        except SettingsInvalid:
            succeeded = False
        self.invocations.append((began, succeeded))
        return succeeded

    @contextmanager
    def failing(self, service: str, fault: Fault, account: str | None = None, path: str = "") -> Iterator[None]:
        """Make a service fail, for one account if it is named."""
        tenant = self.partners[account].tenant_id if account else None
        rule = self.world.faults.add(service, fault, tenant=tenant, times=None, path_contains=path)
        yield
        rule.remove()
