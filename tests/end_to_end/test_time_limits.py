"""A run ends in time whatever the services do."""

import pytest

from shared.errors import TransientError
from shared.job import take_snapshots
from standin import StandIn
from standin.faults import Drip, Fault, Hang
from tests.end_to_end.conftest import environ_of

SERVICES = ("identity", "vault", "entra", "partner", "table", "archive")
SECONDS = 1.0
LEDGER = 0.6


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("fault", [Hang(), Drip(every_ms=400)], ids=["hang", "drip"])
def test_a_run_ends_at_its_deadline(
    world: StandIn, monkeypatch: pytest.MonkeyPatch, service: str, fault: Fault
) -> None:
    """A service that never answers, or trickles, costs the run no more than its time and the ledger's; the error may pass."""
    monkeypatch.setattr("shared.history.runs.LEDGER_SECONDS", LEDGER)
    monkeypatch.setattr("shared.history.runs.RUN_ROW_SECONDS", LEDGER / 4)
    environ = environ_of(world, world.add_partner(), world.add_partner()) | world.environ_archive
    world.faults.add(service, fault, times=None)
    result = take_snapshots(environ, run_id="limited", seconds=SECONDS)
    if service != "archive":
        assert result.failed
    for failure in result.failed:
        assert isinstance(failure.error, TransientError)
    world.faults.clear()
