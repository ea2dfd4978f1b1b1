"""A run ends in time whatever the services do."""

import json
import time
from pathlib import Path

import pytest

from shared.errors import TransientError
from shared.job import snapshot_accounts
from shared.services import RUN_SECONDS, open_services
from shared.settings.read import read_settings
from shared.snapshot import RunContext
from standin import StandIn
from standin.faults import Drip, Fault, Hang
from tests.end_to_end.conftest import environ_of

ROOT = Path(__file__).parents[2]
SERVICES = ("identity", "vault", "entra", "partner", "table", "archive")


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("fault", [Hang(), Drip(every_ms=900)], ids=["hang", "drip"])
def test_a_run_ends_at_its_deadline(world: StandIn, service: str, fault: Fault) -> None:
    """A service that never answers, or trickles, costs the run no more than its time; the account's error may pass."""
    settings = read_settings(environ_of(world, world.add_partner(), world.add_partner()) | world.environ_archive)
    world.faults.add(service, fault, times=None)
    seconds = 2.0
    with open_services(settings, seconds=seconds) as services:
        day = RunContext(services.now().date(), "limited")
        result = snapshot_accounts(
            settings.accounts, day, services.snapshots(), side_by_side=2, clock=time.monotonic, retries=lambda: 0
        )
    if service != "archive":
        assert result.failed
    for failure in result.failed:
        assert isinstance(failure.error, TransientError)
    world.faults.clear()


def test_the_hosts_limit_is_above_the_runs() -> None:
    """The host ends an invocation at functionTimeout without a word; the run must be over by then, and tell."""
    hours, minutes, seconds = map(int, json.loads((ROOT / "host.json").read_text())["functionTimeout"].split(":"))
    assert hours * 3600 + minutes * 60 + seconds > RUN_SECONDS + 60
