"""A run ends in time, whatever the services do."""

import pytest

from shared.job import take_snapshots
from standin import StandIn
from standin.faults import Drip, Hang
from tests.end_to_end.conftest import environ_of
from tests.support.in_process import run_now

SECONDS, LEDGER = 0.6, 0.3


@pytest.mark.parametrize(
    ("service", "code"),
    [
        ("identity", "identity-unavailable"),  # while the table client waits for its token
        ("vault", "vault-unreachable"),
        ("entra", "sign-in-unavailable"),
        ("partner", "partner-unavailable"),
        ("table", "table-unreachable"),
        ("archive", "table-unreachable"),
    ],
)
def test_a_run_ends_at_its_deadline(world: StandIn, monkeypatch: pytest.MonkeyPatch, service: str, code: str) -> None:
    """A service that never responds costs the run no more than its own time and the ledger's. The error names it and is transient."""
    monkeypatch.setattr("shared.history.runs.LEDGER_SECONDS", LEDGER)
    monkeypatch.setattr("shared.history.runs.RUN_ROW_SECONDS", LEDGER / 4)
    environ = environ_of(world, world.add_partner(), world.add_partner()) | world.environ_archive
    world.faults.add(service, Hang(), times=None)
    result = take_snapshots(environ, run_id="limited", seconds=SECONDS)
    assert [(failure.error.code, failure.error.may_pass) for failure in result.failed] == [(code, True)] * 2
    world.faults.clear()


def test_a_slow_response_is_not_a_failure(world: StandIn) -> None:
    """A body that arrives byte by byte within the limits is read completely."""
    world.faults.add("partner", Drip(every_ms=1))
    assert run_now(world, environ_of(world, world.add_partner())).recorded == 1
