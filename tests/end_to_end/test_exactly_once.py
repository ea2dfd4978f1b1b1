"""One right row per account, currency and day, whatever happens in between."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from standin import StandIn
from standin.faults import AnswerLost, Hang
from standin.sample import BALANCE, summary
from tests.end_to_end.conftest import environ_of, marked, rows
from tests.support.engine import Engine, EngineError, InvocationResult

Start = Callable[..., Engine]
Run = Callable[..., InvocationResult]

STEPS = (
    ("identity", ""),
    ("table", "()"),
    ("vault", "secrets"),
    ("entra", "token"),
    ("partner", "summary"),
    ("archive", ""),
    ("table", ""),
)
"""The calls of a run: the service, and what the path holds."""


def test_two_invocations_at_once_leave_one_row(world: StandIn, start: Start) -> None:
    """A timer that fires twice writes one row, and both invocations succeed."""
    environ = environ_of(world, world.add_partner())
    with start(environ) as engine:
        results = [future.result() for future in [engine.submit() for _ in range(2)]]
    assert all(result.success for result in results)
    assert len(rows(world)) == 1
    runs = [run for result in results for run in marked(result.logs, "SNAPSHOT_RUN")]
    assert sum(run["recorded"] for run in runs) == 1
    assert sum(run["kept"] for run in runs) == 1


def test_eight_processes_at_once_leave_one_row_per_currency(world: StandIn, start: Start) -> None:
    """Eight workers that all found the day empty agree on one winner, also with several currencies."""
    items = (summary(), summary(BALANCE / 2, "EUR", "€"))
    environ = environ_of(
        world, world.add_partner(), world.add_partner(auth="app_user", balances="summaries", items=items)
    )

    def one(_: int) -> InvocationResult:
        with start(environ) as engine:
            return engine.invoke()

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(one, range(8)))
    assert all(result.success for result in results)
    assert len(rows(world)) == 3
    recorded = [line for result in results for line in marked(result.logs, "SNAPSHOT_RECORDED")]
    assert len(recorded) == 3


@pytest.mark.parametrize(("service", "path"), STEPS)
def test_killed_anywhere_and_run_again(world: StandIn, start: Start, service: str, path: str) -> None:
    """A worker that is killed in the middle of any call leaves nothing wrong; the next run leaves one right row."""
    environ = environ_of(world, world.add_partner()) | world.environ_archive
    rule = world.faults.add(service, Hang(), path_contains=path, times=None)
    with start(environ) as engine:
        pending = engine.submit(invocation_id="killed")
        world.journal.wait_for(1, service, path_contains=path)
        engine.kill()
        with pytest.raises(EngineError):
            pending.result()
    rule.remove()
    with start(environ) as engine:
        assert engine.invoke(invocation_id="next").success
    (row,) = rows(world)
    assert row["BalanceText"] == "68059.03"
    assert rows(world, archive=True) == [row]


def test_killed_after_the_insert_took_effect(world: StandIn, start: Start) -> None:
    """A worker dies before the answer to its insert: the row exists, and the next run keeps it."""
    environ = environ_of(world, world.add_partner())
    with start(environ) as engine:
        assert engine.invoke(invocation_id="first").success
    (row,) = rows(world)
    with start(environ) as engine:
        result = engine.invoke(invocation_id="next")
    assert rows(world) == [row]
    assert marked(result.logs, "SNAPSHOT_RUN")[0]["kept"] == 1


def test_a_lost_answer_counts_as_recorded(world: StandIn, run_once: Run) -> None:
    """The insert took effect, its answer was lost, the second attempt's conflict carries this run's id: recorded."""
    run_once(environ_of(world, world.add_partner()))
    partner = world.add_partner()
    world.faults.add("table", AnswerLost(), method="POST")
    result = run_once(environ_of(world, partner), invocation_id="lost")
    assert result.success
    assert marked(result.logs, "SNAPSHOT_RUN")[0]["recorded"] == 1
    assert [row["RunId"] for row in rows(world) if row["PartitionKey"] == partner.tenant_id] == ["lost"]


def test_a_lost_answer_of_a_transaction_counts_as_recorded(world: StandIn, run_once: Run) -> None:
    """The same for several currencies, which are inserted in one transaction."""
    run_once(environ_of(world, world.add_partner()))
    items = (summary(), summary(BALANCE / 2, "EUR", "€"))
    partner = world.add_partner(auth="app_user", balances="summaries", items=items)
    world.faults.add("table", AnswerLost(), method="POST", path_contains="$batch")
    result = run_once(environ_of(world, partner), invocation_id="lost")
    assert result.success, result
    assert marked(result.logs, "SNAPSHOT_RUN")[0]["recorded"] == 1
    assert [row["RunId"] for row in rows(world) if row["PartitionKey"] == partner.tenant_id] == ["lost", "lost"]


def test_the_first_reading_of_the_day_is_kept(world: StandIn, run_once: Run) -> None:
    """A balance that changes during the day does not change the row."""
    partner = world.add_partner()
    environ = environ_of(world, partner)
    run_once(environ)
    world.partner_center.balances(partner.tenant_id, summary(BALANCE * 2))
    run_once(environ)
    assert [row["BalanceText"] for row in rows(world)] == ["68059.03"]
