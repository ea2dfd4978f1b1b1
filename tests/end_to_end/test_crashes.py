"""A worker is killed in the middle of a call: the next run leaves one correct row on either side, and a working token."""

from collections.abc import Callable

import pytest

from standin import StandIn
from standin.sample import BALANCE, summary
from tests.end_to_end.conftest import environ_of, rows
from tests.end_to_end.test_token_renewal import DUE, assert_works, stored
from tests.support.engine import Engine, EngineError
from tests.support.in_process import Stopped, run_now

MOMENTS = {
    # The call, whether it takes effect before the worker dies, and whose row becomes the day's.
    "nothing is written yet": ("partner", "GET", True, "next"),
    "the archive has the row": ("archive", "POST", True, "killed"),
    "both have the row": ("table", "POST", True, "killed"),
    "the new token is not stored": ("vault", "PUT", False, "killed"),
    "the new token is stored": ("vault", "PUT", True, "killed"),
}


@pytest.mark.parametrize(("service", "method", "after", "winner"), MOMENTS.values(), ids=MOMENTS)
def test_a_killed_worker_leaves_nothing_wrong(
    world: StandIn, start: Callable[..., Engine], service: str, method: str, *, after: bool, winner: str
) -> None:
    """`python3 dev.py prove` kills at every call; these cases differ in what was already written."""
    run_now(world, environ_of(world, world.add_partner()) | world.environ_archive)  # creates the tables
    partner = world.add_partner(auth="app_user", refresh_token_age=DUE)
    environ = environ_of(world, partner) | world.environ_archive
    fault = Stopped(after=after)
    rule = world.faults.add(service, fault, times=None, method=method)
    with start(environ) as engine:
        pending = engine.submit(invocation_id="killed")
        assert fault.reached.wait(60)
        engine.kill()
        with pytest.raises(EngineError):
            pending.result()
    rule.remove()
    assert_works(world, partner)
    world.partner_center.balances(partner.tenant_id, summary(BALANCE * 2))
    for _ in ("the same day", "the next day"):
        assert not run_now(world, environ).failed
        assert_works(world, partner)
        world.clock.advance(days=1)
    table, archive = (
        [row for row in rows(world, archive=archive) if row["PartitionKey"] == partner.tenant_id]
        for archive in (False, True)
    )
    assert table == archive
    assert [row["BalanceText"] for row in table] == ["68059.03" if winner == "killed" else "136118.06", "136118.06"]
    assert (table[0]["RunId"] == "killed") is (winner == "killed")
    assert len(stored(world, partner)) == 2
