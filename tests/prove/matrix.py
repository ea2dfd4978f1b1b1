"""Plays every fault at every step and checks that the job kept its promises."""

import logging
import re
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from shared.history.runs import RunResult
from shared.job import take_snapshots
from shared.net.retry import Retry
from shared.net.service import AZURE, PARTNER_CENTER
from standin import StandIn
from standin.faults import Drip, Fault, Hang, WrongDate
from standin.partner import Partner
from standin.sample import summary
from tests.end_to_end.conftest import rows
from tests.prove.steps import FAULTS, STEPS, TIMES, Step, heals

SILENCE_SECONDS, USUAL_SECONDS = 0.4, 5.0
"""Of an attempt: little where the fault is silence, enough for a busy machine elsewhere."""

LONGEST_RUN = 20.0
MOST_CALLS = 12
"""Four attempts of each of the at most three logical calls that match a step: an insert, the creation of a table, the ledger."""
REFUSED = ("wrong-audience", "partner-access-denied", "vault-access-denied", "table-access-denied")
AMOUNTS = ("68059.03", "1234.57")
_JWT = re.compile(r"eyJ[\w-]{10,}\.[\w-]{10,}")


@dataclass(frozen=True)
class Case:
    """A fault at a step, so many times."""

    step: Step
    fault_name: str
    times_name: str

    @property
    def fault(self) -> Fault:
        """Return the fault."""
        return FAULTS[self.fault_name]

    def __str__(self) -> str:
        return f"{self.step.name} / {self.fault_name} / {self.times_name}"


def cases() -> list[Case]:
    """Return every case; a fault that ends its call at once is played for good only."""
    return [
        Case(step, name, times)
        for step in STEPS
        for name, fault in FAULTS.items()
        for times in TIMES
        if (times == "lasting" or heals(fault, 1)) and name != f"answer of {step.service}"
    ]


@contextmanager
def hasty(fault: Fault) -> Iterator[None]:
    """Give each attempt little time; waits between attempts take none."""
    seconds = SILENCE_SECONDS if isinstance(fault, Hang | Drip) else USUAL_SECONDS
    kept = [(limits, limits.attempt, limits.total) for limits in (AZURE, PARTNER_CENTER)]
    for limits, *_ in kept:
        object.__setattr__(limits, "attempt", seconds)
        object.__setattr__(limits, "total", seconds * 8)
    try:
        with patch("shared.services.Retry", partial(Retry, sleep=lambda _: None)):
            yield
    finally:
        for limits, attempt, total in kept:
            object.__setattr__(limits, "attempt", attempt)
            object.__setattr__(limits, "total", total)


class Log(logging.Handler):
    """All that is logged, by every library, at every level."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(message)s"))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the line, with the traceback of an exception."""
        self.lines.append(self.format(record))


@contextmanager
def logged() -> Iterator[Log]:
    """Listen to every logger at DEBUG."""
    root, log = logging.getLogger(), Log()
    level = root.level
    root.addHandler(log)
    root.setLevel(logging.DEBUG)
    try:
        yield log
    finally:
        root.removeHandler(log)
        root.setLevel(level)


class Matrix:
    """Plays cases against one stand-in."""

    def __init__(self, world: StandIn) -> None:
        self._world = world

    def play(self, case: Case) -> list[str]:
        """Play a case and return the promises that were broken."""
        world = self._world
        world.reset()
        partner = self._partner(case.step.mode)
        environ = world.environ | world.environ_archive | partner.environ
        self._run(environ, timedelta(days=-1))  # the tables exist
        world.journal.clear()
        rule = world.faults.add(
            case.step.service, case.fault, path_contains=case.step.path, method=case.step.method,
            times=TIMES[case.times_name],
        )  # fmt: skip
        began = time.monotonic()
        with hasty(case.fault), logged() as log:
            result, error = self._run(environ)
        seconds = time.monotonic() - began
        rule.remove()
        calls = sum(
            call.method == case.step.method and case.step.path in call.path
            for call in world.journal.calls(case.step.service)
        )
        broken = list(self._broken(case, result, error, log, partner))
        if seconds > LONGEST_RUN:
            broken.append(f"the run took {seconds:.1f} s")
        if calls > MOST_CALLS:
            broken.append(f"{calls} calls")
        healed, error = self._run(environ)
        if error or healed is None or healed.failed or len(self._rows(partner)) != self._expected(case):
            broken.append(f"the next run did not heal the day: {error or healed}")
        return broken

    def _partner(self, mode: str) -> Partner:
        if mode != "app_user":
            return self._world.add_partner(
                credential="secret" if mode == "app" else mode, secret_name=None if mode == "federated" else "secret-1"
            )
        partner = self._world.add_partner(
            auth="app_user",
            balances="summaries",
            secret_name="secret-1",
            refresh_token_name="token-1",
            refresh_token_age=timedelta(days=20),
        )
        items = [summary(), summary(Decimal(AMOUNTS[1]), "EUR", "€")]
        self._world.partner_center.balances(partner.tenant_id, *items)
        return partner

    def _run(
        self, environ: Mapping[str, str], shift: timedelta = timedelta()
    ) -> tuple[RunResult | None, BaseException | None]:
        self._world.clock.reset()
        self._world.clock.advance(seconds=shift.total_seconds())
        try:
            return take_snapshots(environ, run_id=str(uuid4()), now=self._world.clock.now), None
        except Exception as error:  # noqa: BLE001 - whatever escapes the job is a finding
            return None, error
        finally:
            self._world.clock.reset()

    def _rows(self, partner: Partner) -> list[dict[str, Any]]:
        today = self._world.clock.now().date().isoformat()
        found = [row for row in rows(self._world) if row["PartitionKey"] == partner.tenant_id]
        return [row for row in found if row["SnapshotDate"] == today]

    def _expected(self, case: Case) -> int:
        return 2 if case.step.mode == "app_user" else 1

    def _broken(
        self, case: Case, result: RunResult | None, error: BaseException | None, log: Log, partner: Partner
    ) -> Iterator[str]:
        text = "\n".join(log.lines)
        if result is None:
            yield f"{type(error).__name__} escaped the job"
            return
        found = self._rows(partner)
        if len(found) not in {0, self._expected(case)}:
            yield f"{len(found)} rows"
        if {row["BalanceText"] for row in found} - set(AMOUNTS):
            yield "another amount"
        if ("SNAPSHOT_RECORDED" in text or result.recorded or result.kept) and not found:
            yield "recorded, and there is no row"
        failed = [failure.error.code for failure in result.failed]
        # Any text is believed to be a token, and refused by its receiver.
        believed = case.fault_name.startswith("answer of")
        if failed and not failed[0].startswith((*case.step.codes, *(REFUSED if believed else ()))):
            yield f"{failed[0]}: {result.failed[0].error.message}"
        if failed and (case.step.optional or heals(case.fault, TIMES[case.times_name])):
            yield f"the day failed with {failed[0]}: {result.failed[0].error.message}"
        if isinstance(case.fault, WrongDate) and case.step.name == "query of the table" and failed != ["clock-wrong"]:
            yield f"a wrong clock gave {failed}"
        shown = text + "".join("".join(traceback.format_exception(failure.error)) for failure in result.failed)
        yield from self._leaks(shown, partner)
        for failure in result.failed:
            if len(failure.error.message) > 600 or len(failure.error.remedy) > 600:
                yield "a message or remedy of more than 600 characters"

    def _leaks(self, text: str, partner: Partner) -> Iterator[str]:
        secrets = {self._world.identity.header, *partner.app.secrets}
        for name in filter(None, (partner.secret_name, partner.refresh_token_name)):
            secrets |= {version.value for version in self._world.vault.versions(name)}
        if any(secret in text for secret in secrets if secret):
            yield "a secret was shown"
        if _JWT.search(text):
            yield "a token was shown"
        if any(amount in text for amount in AMOUNTS):
            yield "an amount was shown"
