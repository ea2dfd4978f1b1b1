"""What the real job logs over simulated days: run against the stand-in, by its clock, as the host would run it."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from unittest.mock import patch
from uuid import uuid4

from shared.errors import SettingsInvalid
from shared.job import take_snapshots
from shared.net.retry import Retry
from standin import StandIn
from standin.faults import Fault
from tests.end_to_end.conftest import environ_of

MINUTE = 17
ATTEMPTS, PAUSE = 3, 15
"""One, and the two more of function.json's retry; seconds between them."""


class FunctionLog(logging.Handler):
    """The lines of a function with the accounts Contoso and Fabrikam and an archive, and whether each invocation succeeded."""

    def __init__(self, world: StandIn) -> None:
        super().__init__()
        self.lines: list[tuple[datetime, str]] = []
        self.invocations: list[tuple[datetime, bool]] = []
        self.world = world
        self.partners = {
            name: world.add_partner(name=name, credit_limit="100000 USD", secret_expires_in=None)
            for name in ("Contoso", "Fabrikam")
        }
        self.environ = environ_of(world, *self.partners.values()) | world.environ_archive

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line at the stand-in's time."""
        self.lines.append((self.world.clock.now(), record.getMessage()))

    def fire(self, hours: Iterable[datetime]) -> None:
        """Let the timer fire in each of these hours; while the invocation fails, again as the host does."""
        for hour in hours:
            self.world.clock.set(hour.replace(minute=MINUTE))
            while not self._invoke() and self.world.clock.now().second < PAUSE * (ATTEMPTS - 1):
                self.world.clock.advance(seconds=PAUSE)

    def _invoke(self) -> bool:
        at = self.world.clock.now()
        try:
            with patch("shared.services.Retry", partial(Retry, sleep=lambda _: None)):
                failed = bool(take_snapshots(self.environ, run_id=str(uuid4()), now=self.world.clock.now).failed)
        except SettingsInvalid:
            failed = True
        self.invocations.append((at, not failed))
        return not failed

    @contextmanager
    def failing(
        self, service: str, fault: Fault, account: str | None = None, path_contains: str = ""
    ) -> Iterator[None]:
        """Let a service fail, for one account if it is named."""
        tenant = self.partners[account].tenant_id if account else None
        rule = self.world.faults.add(service, fault, tenant=tenant, times=None, path_contains=path_contains)
        yield
        rule.remove()
