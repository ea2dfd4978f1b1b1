"""Clocks, days and years: what the job does as time passes, or when it passes wrongly."""

import gc
import threading
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product
from zoneinfo import ZoneInfo

from shared.history.runs import RunResult
from shared.job import take_snapshots
from standin import StandIn
from standin.partner import Partner
from tests.end_to_end.conftest import environ_of, rows
from tests.prove.matrix import cases, short_attempts
from tests.prove.steps import STEPS
from tests.support.in_process import Meanwhile, run_now

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Sydney", "UTC")
YEARS = 10
FAULTY_RUNS = 200
WARM_UP = 40
MOST_GROWTH = 1_500_000
"""How many more bytes a warm process may hold after 160 faulty runs than after 40."""


def _run(world: StandIn, partner: Partner, **environ: str) -> RunResult:
    return run_now(world, environ_of(world, partner) | environ)


def days_of_five_zones(world: StandIn) -> Iterator[list[str]]:
    """Run hourly through the days on which clocks change: each local day has exactly one row, read in its first hour."""
    for zone, (month, day) in product(ZONES, ((3, 7), (3, 28), (4, 4), (10, 3), (10, 24), (10, 31))):
        world.reset()
        partner = world.add_partner(secret_expires_in=None)
        start = datetime(2027, month, day, 0, 17, tzinfo=UTC)
        for hour in range(72):
            world.clock.set(start + timedelta(hours=hour))
            result = _run(world, partner, SNAPSHOT_TIME_ZONE=zone)
            broken = [f"{zone} {start}: {failure.error.message}" for failure in result.failed]
            if hour == 71:
                broken += _wrong_days(world, zone)
            yield broken


def _wrong_days(world: StandIn, zone: str) -> Iterator[str]:
    found = sorted(rows(world), key=lambda row: str(row["RowKey"]))
    local = [row["RetrievedAt"].astimezone(ZoneInfo(zone)) for row in found]
    days = [f"{moment:%Y-%m-%d}" for moment in local]
    if days != [row["SnapshotDate"] for row in found] or len(set(days)) != len(days):
        yield f"{zone}: {days}"
    if any(moment.hour > 0 for moment in local[1:]):
        yield f"{zone}: read at {[f'{moment:%H:%M}' for moment in local[1:]]}"


def clocks_set_back(world: StandIn) -> Iterator[list[str]]:
    """Set the machine's clock back or ahead by more than five minutes: nothing is inserted, and the error says so."""
    for zone, minutes in product(ZONES, (-1440, -60, -6, 6, 60, 1440)):
        world.reset()
        environ = environ_of(world, world.add_partner()) | {"SNAPSHOT_TIME_ZONE": zone}
        wrong = datetime.now(UTC) + timedelta(minutes=minutes)
        result = take_snapshots(environ, run_id="wrong", now=partial(datetime.astimezone, wrong, UTC))
        right = [failure.error.code for failure in result.failed] == ["clock-wrong"] and not rows(world)
        yield [] if right else [f"{zone}, {minutes} minutes: {result}"]


def midnight_in_the_middle(world: StandIn) -> Iterator[list[str]]:
    """Let midnight pass at each step of a run: the row belongs to the day on which the run began, and the next day gets its own."""
    steps = [step for step in STEPS if step.mode == "app" and step.path != "runs"]
    for zone, step in product(ZONES, steps):
        world.reset()
        partner = world.add_partner()
        midnight = datetime(2027, 3, 10, tzinfo=ZoneInfo(zone))
        world.clock.set(midnight - timedelta(minutes=1))
        passes = Meanwhile(lambda _: world.clock.advance(seconds=120))
        world.faults.add(step.service, passes, path_contains=step.path, method=step.method)
        environ = {"SNAPSHOT_TIME_ZONE": zone} | world.environ_archive
        for days in (["2027-03-09"], ["2027-03-09", "2027-03-10"]):
            result = _run(world, partner, **environ)
            found = sorted(str(row["SnapshotDate"]) for row in rows(world))
            right = not result.failed and found == days
            yield [] if right else [f"{zone}, {step.name}: {found}, {result.failed}"]


def ten_years(world: StandIn) -> Iterator[list[str]]:
    """Run one account per mode every day for ten years, and renew its tokens: there is a row for every day."""
    for auth, credential in (("app", "secret"), ("app", "federated"), ("app_user", "secret"), ("app_user", "pkcs12")):
        world.reset()
        partner = world.add_partner(auth=auth, credential=credential, secret_expires_in=None)
        for _ in range(YEARS * 365):
            result = _run(world, partner)
            right = result.recorded == 1
            yield [] if right else [f"{auth} {credential} {world.clock.now():%Y-%m-%d}: {result.failed}"]
            world.clock.advance(days=1)


def a_warm_process(world: StandIn) -> Iterator[list[str]]:
    """Run one process through two hundred faulty runs: threads and memory stay constant."""
    world.reset()
    partner = world.add_partner()
    chosen = [case for case in cases() if case.step.mode == "app"]
    chosen = chosen[:: len(chosen) // FAULTY_RUNS][:FAULTY_RUNS]
    tracemalloc.start()
    threads, held = 0, 0
    for number, case in enumerate(chosen):
        rule = case.add(world)
        world.clock.advance(days=1)
        with short_attempts(case.fault):
            _run(world, partner)
        rule.remove()
        world.journal.clear()
        if number == WARM_UP:
            gc.collect()
            threads, held = threading.active_count(), tracemalloc.get_traced_memory()[0]
        yield []
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - held
    tracemalloc.stop()
    if threading.active_count() > threads:
        yield [f"{threading.active_count()} threads, {threads} before"]
    if grown > MOST_GROWTH:
        yield [f"{grown:,} bytes more"]
