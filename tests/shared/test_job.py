"""The whole job against the stand-in, from the environment to the rows. tests/end_to_end runs it in the Functions engine."""

import logging
import threading
from contextvars import ContextVar
from datetime import UTC, datetime

import pytest

from shared.errors import SettingsInvalid
from shared.history.runs import RunContext
from shared.job import take_snapshots
from shared.log import LOGGER
from shared.settings.accounts import Account
from shared.snapshot import Outcome, Snapshots
from standin import StandIn
from standin.faults import Delay
from standin.services.partner_center import error_response
from tests.end_to_end.conftest import environ_of, rows
from tests.support.in_process import lines

FIRST_RUN_CALLS = 8
"""Including the ledger's. A process's first run makes one more, for the vault's challenge."""

LATE = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
NEXT = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _information(caplog: pytest.LogCaptureFixture) -> None:
    """Let the job's own log lines through."""
    caplog.set_level(logging.INFO, LOGGER.name)


def of_many(world: StandIn, number: int) -> dict[str, str]:
    """Return the settings of this many accounts: P0, P1 and so on."""
    return environ_of(world, *(world.add_partner(name=f"P{one}", secret_name="shared") for one in range(number)))


def test_several_accounts_with_one_broken(world: StandIn, caplog: pytest.LogCaptureFixture) -> None:
    """The log says what is wrong with it. Accounts that were not selected are not touched."""
    good, broken = world.add_partner(name="Good"), world.add_partner(name="Broken")
    environ = environ_of(world, good, broken)
    world.faults.add("partner", error_response(900308), tenant=broken.tenant_id, times=None)
    result = take_snapshots(environ, run_id="run 1")
    (failure,), (logged,) = result.failed, lines(caplog, "SNAPSHOT_FAILED")
    error = failure.error
    assert logged == {
        "account": "Broken",
        "tenantId": broken.tenant_id,
        "date": result.run.date.isoformat(),
        "runId": "run 1",
        "code": "partner-access-denied",
        "mayPass": False,
        "message": error.message,
        "remedy": error.remedy,
        "requestId": error.ids.request_id,
        "correlationId": error.ids.correlation_id,
    }
    world.journal.clear()
    assert take_snapshots(environ, run_id="run 2", tenants={broken.tenant_id}).total == 1
    assert [call.tenant for call in world.journal.calls("partner")] == [broken.tenant_id]


def test_a_run_past_midnight_belongs_to_the_day_on_which_it_began(world: StandIn) -> None:
    """In its time zone, in the row and in the ledger, although the balance was read the next day."""
    environ = environ_of(world, world.add_partner()) | {"SNAPSHOT_TIME_ZONE": "America/New_York"}
    world.faults.add("partner", Delay(1500))
    world.clock.set(datetime(2026, 11, 24, 4, 59, 59, tzinfo=UTC))
    result = take_snapshots(environ, run_id="run", now=world.clock.now)
    (row,) = rows(world)
    assert row["SnapshotDate"] == "2026-11-23"
    assert str(row["RetrievedAt"]) > "2026-11-24 05:00"
    assert result.run.row_key.startswith("2026-11-24T04:59:59.")


def test_wrong_settings_are_a_failure_and_a_run(world: StandIn, caplog: pytest.LogCaptureFixture) -> None:
    """Both alerts see it, and nothing else is attempted."""
    with pytest.raises(SettingsInvalid):
        take_snapshots(world.environ | {"PARTNER_TENANT_ID": "hush~hush"}, run_id="run")
    (failed,), (run,) = lines(caplog, "SNAPSHOT_FAILED"), lines(caplog, "SNAPSHOT_RUN")
    assert (failed["code"], failed["runId"]) == ("settings-invalid", "run")
    assert (run["accounts"], run["failed"], run["runId"]) == (0, 1, "run")
    assert "hush" not in caplog.text
    assert world.journal.count() == 0


def test_the_calls_of_one_account(world: StandIn) -> None:
    """A day's first run makes eight calls; a run that finds the day complete makes three."""
    environ = environ_of(world, world.add_partner())

    def run(now: datetime, run_id: str) -> list[str]:
        world.clock.set(now)
        world.journal.clear()
        assert not take_snapshots(environ, run_id=run_id, now=world.clock.now).failed
        return [call.service for call in world.journal.calls()]

    run(LATE, "of yesterday")
    assert len(run(NEXT, "first")) == FIRST_RUN_CALLS
    assert run(NEXT, "second") == ["identity", "table", "table"]


def test_a_defect_does_not_affect_the_other_accounts(
    world: StandIn, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is reported by its type and location, without its text, in the settings' order."""
    defects = {"P0": KeyError("hush"), "P3": RecursionError()}
    take = Snapshots.take

    def broken(self: Snapshots, account: Account, run: RunContext) -> Outcome:
        if account.name in defects:
            raise defects[account.name]
        return take(self, account, run)

    monkeypatch.setattr(Snapshots, "take", broken)
    result = take_snapshots(of_many(world, 5), run_id="run")
    assert result.recorded == 3
    failed = [(failure.account.name, failure.error.code) for failure in result.failed]
    assert failed == [("P0", "unexpected"), ("P3", "unexpected")]
    assert result.failed[0].error.message.startswith("KeyError at ")
    assert "test_job.py:" in result.failed[0].error.message
    assert "hush" not in caplog.text


def test_all_accounts_run_concurrently(world: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to the limit: all of them meet at a barrier that would block forever if one fewer ran."""
    monkeypatch.setattr("shared.job.MAX_CONCURRENT_ACCOUNTS", 4)
    monkeypatch.setattr("shared.job.STAGGER_SECONDS", 0)
    together, threads = threading.Barrier(4), set()

    def meet(*_: object) -> Outcome:
        threads.add(threading.get_ident())
        together.wait(20)
        return Outcome.KEPT

    monkeypatch.setattr(Snapshots, "take", meet)
    assert take_snapshots(of_many(world, 12), run_id="run").kept == 12
    assert len(threads) == 4


def test_each_thread_belongs_to_the_invocation_and_ends_with_the_run(
    world: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker assigns log lines by a context variable, or by a value that the thread has set."""
    invocation: ContextVar[str] = ContextVar("invocation", default="nowhere")
    invocation.set("here")
    prepared, seen = threading.local(), []

    def look(*_: object) -> Outcome:
        seen.append((invocation.get(), getattr(prepared, "done", False)))
        return Outcome.KEPT

    monkeypatch.setattr(Snapshots, "take", look)
    before = set(threading.enumerate())
    take_snapshots(of_many(world, 5), run_id="run", on_thread=lambda: setattr(prepared, "done", True))
    assert seen == [("here", True)] * 5
    assert set(threading.enumerate()) <= before
