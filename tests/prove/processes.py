"""Whole processes that run the job: killed at every step, killed at random, and many at the same time."""

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from standin import StandIn
from standin.partner import Partner
from tests.end_to_end.conftest import environ_of, rows
from tests.prove.steps import STEPS
from tests.support.engine import inherited
from tests.support.in_process import Stopped

ROOT = Path(__file__).parents[2]
RANDOM_KILLS = 500
AT_ONCE = 50
_JOB = "import os, uuid; from shared.job import take_snapshots as t; r = t(os.environ, run_id=str(uuid.uuid4())); exit(len(r.failed))"


def _start(world: StandIn, *partners: Partner) -> subprocess.Popen[bytes]:
    """Start the job in its own process."""
    environ = inherited() | environ_of(world, *partners) | world.environ_archive
    return subprocess.Popen([sys.executable, "-c", _JOB], cwd=ROOT, env=environ, stderr=subprocess.DEVNULL)  # noqa: S603 - our own code


def _check(world: StandIn, partner: Partner, what: str) -> Iterator[str]:
    if _start(world, partner).wait(60) != 0:
        yield f"{what}: the next run failed"
    for archive in (False, True):
        found = [row["BalanceText"] for row in rows(world, archive=archive, tenant=partner.tenant_id)]
        if found != ["68059.03"]:
            yield f"{what}: the {'archive' if archive else 'table'} holds {found}"


def kill_at_each_step(world: StandIn) -> Iterator[list[str]]:
    """Kill a process before and after each call of a run takes effect; the next run leaves one correct row."""
    for step, after in product([step for step in STEPS if step.mode == "app"], (False, True)):
        fault = Stopped(after=after)
        world.reset()
        partner = world.add_partner()
        rule = world.faults.add(step.service, fault, path_contains=step.path, method=step.method, times=None)
        process = _start(world, partner)
        assert fault.reached.wait(60), step.name
        process.kill()
        process.wait()
        rule.remove()
        yield list(_check(world, partner, f"{step.name}, {'after' if after else 'before'} its effect"))


def kill_at_random(world: StandIn) -> Iterator[list[str]]:
    """Kill processes after a random part of a run's duration."""
    world.reset()
    began = time.monotonic()
    _start(world, world.add_partner()).wait(60)
    seconds = time.monotonic() - began
    for number in range(RANDOM_KILLS):
        world.reset(tables=number % 20 == 0)
        partner = world.add_partner()
        after = random.uniform(0.3, 1.05) * seconds  # noqa: S311 - no secret
        process = _start(world, partner)
        try:
            process.wait(after)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        yield list(_check(world, partner, f"killed after {after:.3f} s"))


def many_at_once(world: StandIn) -> Iterator[list[str]]:
    """Start fifty processes for the same day at the same time: one row, and every process succeeds."""
    world.reset()
    partner = world.add_partner()
    running = [_start(world, partner) for _ in range(AT_ONCE)]
    for number, process in enumerate(running, 1):
        failed = [f"a process failed with {process.returncode}"] if process.wait(300) else []
        yield failed + (list(_check(world, partner, "at once")) if number == AT_ONCE else [])


def a_timer_that_fires_twice(world: StandIn) -> Iterator[list[str]]:
    """Run the same day for several accounts twice, concurrently: each account has one row."""
    world.reset()
    partners = [world.add_partner(name=f"Contoso {number}") for number in range(20)]
    running = [_start(world, *partners) for _ in range(2)]
    failed = [f"a process failed with {status}" for process in running if (status := process.wait(120))]
    found = [row["PartitionKey"] for row in rows(world)]
    for partner in partners:
        count = found.count(partner.tenant_id)
        yield failed + ([f"{partner.name} has {count} rows"] if count != 1 else [])
