"""All accounts of a run: side by side, each on its own, counted at the end."""

import contextvars
import json
import logging
import threading
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

import pytest

from shared.errors import PartnerUnavailable, SnapshotError, Unexpected
from shared.job import RunResult, snapshot_accounts
from shared.settings.accounts import Account
from shared.snapshot import Outcome, RunContext, Snapshots
from tests.support.samples import account

DAY = RunContext(date(2026, 11, 23), "run 1")


@dataclass
class Played:
    """Takes snapshots by a list of outcomes a tenant: a result to return or an error to raise."""

    outcomes: dict[str, Outcome | Exception]
    taken: list[str] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)

    def take(self, account: Account, day: RunContext) -> Outcome:
        """Play the account's outcome."""
        assert day == DAY
        self.taken.append(account.tenant_id)
        self.threads.add(threading.current_thread().name)
        outcome = self.outcomes[account.tenant_id]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def run_with(outcomes: dict[str, Outcome | Exception], **options: Any) -> tuple[RunResult, Played]:
    """Run accounts with these outcomes."""
    played = Played(outcomes)
    accounts = [account(tenant_id=tenant, name=f"name of {tenant}") for tenant in outcomes]
    clock = iter([10.0, 12.5]).__next__
    return snapshot_accounts(
        accounts, DAY, cast("Snapshots", played), side_by_side=10, clock=clock, retries=lambda: 0, **options
    ), played


def fields_of(line: str, marker: str) -> dict[str, Any]:
    """Return the fields of a line with this marker."""
    first, _, rest = line.partition(" ")
    assert first == marker
    fields: dict[str, Any] = json.loads(rest)
    return fields


def test_everything_is_counted(caplog: pytest.LogCaptureFixture) -> None:
    """One line a run, with numbers of accounts and the seconds it took."""
    caplog.set_level(logging.INFO, "partner_balance_snapshots")
    result, _ = run_with(
        {"a": Outcome.RECORDED, "b": Outcome.KEPT, "c": PartnerUnavailable("down"), "d": Outcome.RECORDED}
    )
    assert (result.recorded, result.kept, len(result.failed), result.total) == (2, 1, 1, 4)
    assert fields_of(caplog.messages[-1], "SNAPSHOT_RUN") == {
        "accounts": 4,
        "recorded": 2,
        "kept": 1,
        "failed": 1,
        "retries": 0,
        "seconds": 2.5,
        "runId": "run 1",
    }


def test_a_failing_account_costs_the_others_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """Whatever it fails with; each failure has a line with its code and remedy."""
    result, played = run_with(
        {"a": PartnerUnavailable("down"), "b": KeyError("defect"), "c": RecursionError(), "d": Outcome.RECORDED}
    )
    assert sorted(played.taken) == ["a", "b", "c", "d"]
    assert [(failure.account.tenant_id, failure.error.code) for failure in result.failed] == [
        ("a", "partner-unavailable"),
        ("b", "unexpected"),
        ("c", "unexpected"),
    ]
    failed = [fields_of(line, "SNAPSHOT_FAILED") for line in caplog.messages if line.startswith("SNAPSHOT_FAILED")]
    first = next(fields for fields in failed if fields["tenantId"] == "a")
    assert first == {
        "account": "name of a",
        "tenantId": "a",
        "date": "2026-11-23",
        "runId": "run 1",
        "code": "partner-unavailable",
        "mayPass": True,
        "message": "down",
        "remedy": PartnerUnavailable.usual_remedy,
    }


def test_an_unknown_error_is_told_without_its_text(caplog: pytest.LogCaptureFixture) -> None:
    """Its text might hold a secret; its type and the places in the code are enough to find it."""
    result, _ = run_with({"a": ValueError("hush-hush")})
    (failure,) = result.failed
    assert isinstance(failure.error, Unexpected)
    assert failure.error.message.startswith("ValueError at ")
    assert "test_run.py:" in failure.error.message
    assert failure.error.__cause__ is None
    assert "hush" not in caplog.text


def test_an_error_that_was_never_raised_is_told() -> None:
    """It has no places."""
    assert Unexpected.of(ValueError("hush")).message.startswith("ValueError at")


def test_ten_accounts_at_once_and_no_more() -> None:
    """As many as the connection pools hold: ten meet at a barrier that would hold up nine for ever."""
    together = threading.Barrier(10)
    at_once = []
    lock = threading.Lock()
    inside = 0

    class Meeting:
        def take(self, *_: object) -> Outcome:
            nonlocal inside
            with lock:
                inside += 1
                at_once.append(inside)
            together.wait(20)
            with lock:
                inside -= 1
            together.wait(20)
            return Outcome.KEPT

    accounts = [account(tenant_id=str(number)) for number in range(30)]
    result = snapshot_accounts(
        accounts, DAY, cast("Snapshots", Meeting()), side_by_side=10, clock=lambda: 0.0, retries=lambda: 0
    )
    assert result.kept == len(accounts)
    assert max(at_once) == 10


def test_each_thread_belongs_to_the_invocation() -> None:
    """The worker tells by a context variable, or by what the thread set, whose log lines are whose."""
    invocation: contextvars.ContextVar[str] = contextvars.ContextVar("invocation")
    invocation.set("here")
    seen: list[tuple[str, bool]] = []
    prepared = threading.local()

    class Looking:
        def take(self, *_: object) -> Outcome:
            seen.append((invocation.get("nowhere"), getattr(prepared, "done", False)))
            return Outcome.KEPT

    def prepare() -> None:
        prepared.done = True

    accounts = [account(tenant_id=str(number)) for number in range(12)]
    snapshot_accounts(
        accounts,
        DAY,
        cast("Snapshots", Looking()),
        side_by_side=10,
        clock=lambda: 0.0,
        retries=lambda: 0,
        on_thread=prepare,
    )
    assert seen == [("here", True)] * 12


def test_results_stand_in_the_accounts_order() -> None:
    """Whoever is done first."""
    outcomes: dict[str, Outcome | Exception] = {str(number): error_of(number) for number in range(30)}
    result, _ = run_with(outcomes)
    assert [failure.account.tenant_id for failure in result.failed] == list(outcomes)


def error_of(number: int) -> SnapshotError:
    """Return an error that can be told apart."""
    return PartnerUnavailable(str(number))
