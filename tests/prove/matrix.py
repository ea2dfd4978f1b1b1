"""Injects every fault at every step and checks that the job kept its guarantees."""

import io
import logging
import re
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from shared.history.runs import RunResult
from shared.net.service import AZURE
from shared.partner_center.refusals import PARTNER_CENTER
from standin import StandIn
from standin.faults import Drip, Fault, Hang, WrongDate
from standin.partner import Partner
from standin.rules import Rule
from standin.sample import summary
from tests.end_to_end.conftest import rows
from tests.prove.steps import FAULTS, STEPS, TIMES, Step, must_recover
from tests.support.in_process import run_now

SILENCE_SECONDS, USUAL_SECONDS = 0.4, 5.0
"""For one attempt: short if the fault is silence, otherwise long enough for a busy machine."""

LONGEST_RUN = 20.0
MOST_CALLS = 12
"""Four attempts for each of up to three logical calls that match a step: an insert, the creation of a table, the ledger."""
LONGEST_TEXT = 600
REFUSED = ("wrong-audience", "partner-access-denied", "vault-access-denied", "table-access-denied")
AMOUNTS = ("68059.03", "1234.57")
_JWT = re.compile(r"eyJ[\w-]{10,}\.[\w-]{10,}")


@dataclass(frozen=True)
class Case:
    """A fault at a step, repeated a number of times."""

    step: Step
    fault_name: str
    times_name: str

    @property
    def fault(self) -> Fault:
        """Return the fault."""
        return FAULTS[self.fault_name]

    def add(self, world: StandIn) -> Rule:
        """Activate the fault."""
        step, times = self.step, TIMES[self.times_name]
        return world.faults.add(step.service, self.fault, path_contains=step.path, method=step.method, times=times)

    def __str__(self) -> str:
        return f"{self.step.name} / {self.fault_name} / {self.times_name}"


def cases() -> list[Case]:
    """Return every case; a fault that ends its call immediately is injected only for the whole run."""
    return [
        Case(step, name, times)
        for step in STEPS
        for name, fault in FAULTS.items()
        for times in TIMES
        if (times == "lasting" or must_recover(fault, 1)) and name != f"answer of {step.service}"
    ]


@contextmanager
def short_attempts(fault: Fault) -> Iterator[None]:
    """Give each attempt little time."""
    seconds = SILENCE_SECONDS if isinstance(fault, Hang | Drip) else USUAL_SECONDS
    kept = [(limits, limits.attempt, limits.total) for limits in (AZURE, PARTNER_CENTER.limits)]
    for limits, *_ in kept:
        object.__setattr__(limits, "attempt", seconds)
        object.__setattr__(limits, "total", seconds * 8)
    try:
        yield
    finally:
        for limits, attempt, total in kept:
            object.__setattr__(limits, "attempt", attempt)
            object.__setattr__(limits, "total", total)


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """Collect what every logger writes, at DEBUG, with tracebacks."""
    root, captured = logging.getLogger(), io.StringIO()
    handler, level = logging.StreamHandler(captured), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield captured
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def matrix(world: StandIn) -> Iterator[list[str]]:
    """Inject every fault at every step."""
    make_tables(world)
    for case in cases():
        yield [f"{case}: {what}" for what in play(world, case)]


def make_tables(world: StandIn) -> None:
    """Create the tables for the cases."""
    world.reset()
    run_now(world, world.environ | world.environ_archive | world.add_partner().environ)


def play(world: StandIn, case: Case) -> list[str]:
    """Run a case for a new account and return the guarantees that were broken."""
    world.reset(tables=False)
    try:
        return list(_play(world, case, _partner(world, case.step.mode)))
    except Exception as error:  # noqa: BLE001 - whatever escapes the job is a finding
        return [f"{type(error).__name__} escaped the job: {error}"]


def _partner(world: StandIn, mode: str) -> Partner:
    if mode == "federated":
        return world.add_partner(credential=mode)
    if mode == "app":
        return world.add_partner(secret_name="secret-1")
    items = [summary(), summary(Decimal(AMOUNTS[1]), "EUR", "€")]
    return world.add_partner(
        auth="app_user",
        balances="summaries",
        secret_name="secret-1",
        refresh_token_name="token-1",
        refresh_token_age=timedelta(days=20),
        items=items,
    )


def _expected(case: Case) -> int:
    return 2 if case.step.mode == "app_user" else 1


def _play(world: StandIn, case: Case, partner: Partner) -> Iterator[str]:
    environ = world.environ | world.environ_archive | partner.environ
    rule = case.add(world)
    began = time.monotonic()
    with short_attempts(case.fault), logged() as captured:
        result = run_now(world, environ)
    seconds = time.monotonic() - began
    rule.remove()
    calls = world.journal.count(case.step.service, method=case.step.method, path_contains=case.step.path)
    if seconds > LONGEST_RUN:
        yield f"the run took {seconds:.1f} s"
    if calls > MOST_CALLS:
        yield f"{calls} calls"
    yield from _broken(world, case, partner, result, captured.getvalue())
    healed = run_now(world, environ)
    if healed.failed or len(rows(world, tenant=partner.tenant_id)) != _expected(case):
        yield f"the next run did not heal the day: {healed}"


def _broken(world: StandIn, case: Case, partner: Partner, result: RunResult, log: str) -> Iterator[str]:
    found = rows(world, tenant=partner.tenant_id)
    today = world.clock.now().date().isoformat()
    if len(found) not in {0, _expected(case)}:
        yield f"{len(found)} rows"
    if {(row["BalanceText"], row["SnapshotDate"]) for row in found} - {(amount, today) for amount in AMOUNTS}:
        yield "another amount or day"
    if ("SNAPSHOT_RECORDED" in log or result.recorded or result.kept) and not found:
        yield "recorded, and there is no row"
    failed = [failure.error.code for failure in result.failed]
    # Any text is accepted as a token, and refused by its receiver.
    believed = case.fault_name.startswith("answer of")
    if failed and not failed[0].startswith((*case.step.codes, *(REFUSED if believed else ()))):
        yield f"{failed[0]}: {result.failed[0].error.message}"
    if failed and (case.step.optional or must_recover(case.fault, TIMES[case.times_name])):
        yield f"the day failed with {failed[0]}: {result.failed[0].error.message}"
    if isinstance(case.fault, WrongDate) and case.step.name == "query of the table" and failed != ["clock-wrong"]:
        yield f"a wrong clock gave {failed}"
    shown = [log, *(line for one in result.failed for line in traceback.format_exception(one.error))]
    yield from _leaks(world, "".join(shown), partner)
    if any(len(text) > LONGEST_TEXT for one in result.failed for text in (one.error.message, one.error.remedy)):
        yield f"a message or remedy of more than {LONGEST_TEXT} characters"


def _leaks(world: StandIn, text: str, partner: Partner) -> Iterator[str]:
    secrets = {world.identity.header, *partner.app.secrets}
    for name in filter(None, (partner.secret_name, partner.refresh_token_name)):
        secrets |= {version.value for version in world.vault.versions(name)}
    if any(secret in text for secret in secrets):
        yield "a secret was shown"
    if _JWT.search(text):
        yield "a token was shown"
    if any(amount in text for amount in AMOUNTS):
        yield "an amount was shown"
