"""The whole job over the stand-in: from the environment to the rows."""

import json
import logging
import threading
from contextvars import ContextVar
from datetime import UTC, date, datetime
from typing import Any

import pytest

from shared.errors import SettingsInvalid
from shared.history.runs import RunContext
from shared.history.table import HistoryTable
from shared.job import take_snapshots
from shared.services import open_services
from shared.settings.accounts import Account
from shared.settings.read import read_settings
from shared.snapshot import Outcome, Snapshots
from standin import StandIn
from standin.faults import Delay, Status
from standin.services.partner_center import error_response

FIRST_RUN_CALLS = 8
"""The ledger's included; the first run of a process makes one more, for the vault's challenge."""

LATE = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
NEXT = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)


def marked(caplog: pytest.LogCaptureFixture) -> list[tuple[str, dict[str, Any]]]:
    """Return the marked lines."""
    lines = [
        record.getMessage().partition(" ") for record in caplog.records if record.name == "partner_balance_snapshots"
    ]
    return [(marker, json.loads(rest)) for marker, _, rest in lines if marker.isupper()]


@pytest.fixture(autouse=True)
def _information(caplog: pytest.LogCaptureFixture) -> None:
    """Let the job's own lines through."""
    caplog.set_level(logging.INFO, "partner_balance_snapshots")


def test_several_accounts_with_one_broken(world: StandIn, caplog: pytest.LogCaptureFixture) -> None:
    """Each on its own; the run's line counts them, and a second run touches only what is missing."""
    good, broken = world.add_partner(name="Good"), world.add_partner(name="Broken")
    environ = world.environ | {"PARTNER_ACCOUNTS": json.dumps([good.account, broken.account])}
    rule = world.faults.add("partner", error_response(900308), tenant=broken.tenant_id, times=None)
    first = take_snapshots(environ, run_id="run 1")
    assert (first.recorded, first.kept, [failure.account.name for failure in first.failed]) == (1, 0, ["Broken"])
    fields = dict(marked(caplog))
    error = first.failed[0].error
    assert fields["SNAPSHOT_FAILED"] == {
        "account": "Broken",
        "tenantId": broken.tenant_id,
        "date": first.run.date.isoformat(),
        "runId": "run 1",
        "code": "partner-access-denied",
        "mayPass": False,
        "message": error.message,
        "remedy": error.remedy,
        "requestId": error.ids.request_id,
        "correlationId": error.ids.correlation_id,
    }
    assert fields["SNAPSHOT_RUN"].pop("seconds") == first.seconds
    counts = {"accounts": 2, "recorded": 1, "kept": 0, "failed": 1, "retries": 0}
    assert fields["SNAPSHOT_RUN"] == counts | {"runId": "run 1"}
    rule.remove()
    world.journal.clear()
    second = take_snapshots(environ, run_id="run 2")
    assert (second.recorded, second.kept, second.failed) == (1, 1, ())
    assert [call.tenant for call in world.journal.calls("partner")] == [broken.tenant_id]


def test_some_of_the_accounts(world: StandIn) -> None:
    """The others are not touched."""
    one, other = world.add_partner(), world.add_partner()
    environ = world.environ | {"PARTNER_ACCOUNTS": json.dumps([one.account, other.account])}
    assert take_snapshots(environ, run_id="run", tenants={other.tenant_id}).recorded == 1
    assert [call.tenant for call in world.journal.calls("partner")] == [other.tenant_id]


@pytest.mark.parametrize(
    ("zone", "day"), [("", "2026-11-23"), ("Europe/Berlin", "2026-11-24"), ("America/New_York", "2026-11-23")]
)
def test_the_day_is_that_of_the_time_zone(world: StandIn, zone: str, day: str) -> None:
    """Decided once, when the run starts."""
    environ = world.environ | world.add_partner().environ | {"SNAPSHOT_TIME_ZONE": zone}
    assert take_snapshots(environ, run_id="run", now=lambda: LATE).run.date.isoformat() == day


def test_a_run_past_midnight_is_of_the_day_on_which_it_began(world: StandIn) -> None:
    """In the row and in the ledger, although the balance was read on the next day."""
    partner = world.add_partner()
    world.faults.add("partner", Delay(1500))
    world.clock.set(datetime(2026, 11, 23, 23, 59, 59, tzinfo=UTC))
    environ = world.environ | partner.environ
    result = take_snapshots(environ, run_id="run", now=world.clock.now)
    settings = read_settings(environ)
    with open_services(settings, now=world.clock.now) as services:
        table = services.open_table(HistoryTable, settings.table_endpoint)
        (row,) = table.rows_of(partner.tenant_id, date(2026, 11, 23))
    assert str(row["RetrievedAt"]) > "2026-11-24"
    assert result.run.row_key.startswith("2026-11-23T23:59:59.")


def test_wrong_settings_are_told_and_nothing_is_tried(world: StandIn, caplog: pytest.LogCaptureFixture) -> None:
    """As a failure and as a run, so that the alerts on both see it."""
    with pytest.raises(SettingsInvalid):
        take_snapshots(world.environ | {"PARTNER_TENANT_ID": "hush~hush"}, run_id="run")
    (failed, run) = marked(caplog)
    assert failed[0] == "SNAPSHOT_FAILED"
    assert (failed[1]["code"], failed[1]["runId"]) == ("settings-invalid", "run")
    assert failed[1]["remedy"]
    assert run[0] == "SNAPSHOT_RUN"
    assert (run[1]["accounts"], run[1]["failed"]) == (0, 1)
    assert "hush" not in caplog.text
    assert world.journal.count() == 0


def test_the_calls_of_one_account(world: StandIn) -> None:
    """The first run of a day makes eight calls; one that finds the day complete makes three."""
    environ = world.environ | world.add_partner().environ
    world.clock.set(LATE)
    take_snapshots(environ, run_id="of yesterday", now=world.clock.now)
    world.clock.set(NEXT)
    world.journal.clear()
    assert take_snapshots(environ, run_id="run 1", now=world.clock.now).recorded == 1
    assert world.journal.count() == FIRST_RUN_CALLS
    world.journal.clear()
    assert take_snapshots(environ, run_id="run 2", now=world.clock.now).kept == 1
    assert [call.service for call in world.journal.calls()] == ["identity", "table", "table"]


def test_nothing_is_kept_between_runs(world: StandIn) -> None:
    """A warm worker's second run reads a secret that was replaced meanwhile."""
    partner = world.add_partner(secret="old")
    environ = world.environ | partner.environ
    world.clock.set(LATE)
    assert take_snapshots(environ, run_id="run 1", now=lambda: LATE).recorded == 1
    partner.app.secrets.clear()
    partner.app.secrets["new"] = None
    world.vault.put(str(partner.secret_name), "new")
    world.clock.set(NEXT)
    assert take_snapshots(environ, run_id="run 2", now=lambda: NEXT).recorded == 1


def test_after_the_runs_time_nothing_is_asked(world: StandIn) -> None:
    """Whatever the services do, a run ends."""
    settings = read_settings(world.environ | world.add_partner().environ)
    with open_services(settings, seconds=0) as built, pytest.raises(Exception, match="not asked"):
        built.open_table(HistoryTable, settings.table_endpoint).rows_of(settings.accounts[0].tenant_id, LATE.date())
    assert world.journal.count() == 0


def environ_of_many(world: StandIn, number: int) -> dict[str, str]:
    """Return the settings of so many accounts."""
    accounts = [world.add_partner(name=f"P{one}", secret_name="shared").account for one in range(number)]
    return world.environ | {"PARTNER_ACCOUNTS": json.dumps(accounts)}


def test_a_defect_costs_the_other_accounts_nothing(
    world: StandIn, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is reported by its type and places, without its text, in the settings' order; the run's ledger names it too."""
    defects = {"P0": KeyError("hush"), "P3": RecursionError()}
    take = Snapshots.take

    def broken(self: Snapshots, account: Account, run: RunContext) -> Outcome:
        if account.name in defects:
            raise defects[account.name]
        return take(self, account, run)

    monkeypatch.setattr(Snapshots, "take", broken)
    result = take_snapshots(environ_of_many(world, 5), run_id="run")
    assert [(failure.account.name, failure.error.code) for failure in result.failed] == [
        ("P0", "unexpected"),
        ("P3", "unexpected"),
    ]
    assert result.recorded == 3
    assert result.failed[0].error.message.startswith("KeyError at ")
    assert "test_job.py:" in result.failed[0].error.message
    assert "hush" not in caplog.text


def test_all_accounts_are_taken_at_once(world: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to the limit: as many as that meet at a barrier that would hold up one fewer for ever."""
    monkeypatch.setattr("shared.job.SIDE_BY_SIDE", 4)
    together, inside, most = threading.Barrier(4), [0], [0]
    lock = threading.Lock()

    def meet(*_: object) -> Outcome:
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        together.wait(20)
        with lock:
            inside[0] -= 1
        together.wait(20)
        return Outcome.KEPT

    monkeypatch.setattr(Snapshots, "take", meet)
    assert take_snapshots(environ_of_many(world, 12), run_id="run").kept == 12
    assert most == [4]


def test_each_thread_belongs_to_the_invocation_and_ends_with_the_run(
    world: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker assigns log lines by a context variable, or by what the thread set."""
    invocation: ContextVar[str] = ContextVar("invocation", default="nowhere")
    invocation.set("here")
    prepared, seen = threading.local(), []

    def look(*_: object) -> Outcome:
        seen.append((invocation.get(), getattr(prepared, "done", False)))
        return Outcome.KEPT

    monkeypatch.setattr(Snapshots, "take", look)
    before = set(threading.enumerate())
    take_snapshots(environ_of_many(world, 5), run_id="run", on_thread=lambda: setattr(prepared, "done", True))
    assert seen == [("here", True)] * 5
    assert set(threading.enumerate()) <= before


def test_no_secret_is_logged_at_any_level(world: StandIn, caplog: pytest.LogCaptureFixture) -> None:
    """By none of the libraries, on good days and on bad ones."""
    caplog.set_level(logging.DEBUG)
    partner = world.add_partner(secret="hush-hush~secret", auth="app_user")
    environ = world.environ | partner.environ
    world.faults.add("partner", Status(200, '{"code": 1, "balanceAmount": "68059.03"}'))
    world.clock.set(LATE)
    take_snapshots(environ, run_id="run 1", now=world.clock.now)
    take_snapshots(environ, run_id="run 2", now=world.clock.now)
    stored = world.vault.versions(str(partner.refresh_token_name))[0].value
    for hush in ("hush-hush~secret", stored, "68059", "eyJ", world.identity.header):
        assert hush not in caplog.text
