"""The ledger of runs in the real Azurite: its columns are a contract, and it never affects the day."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from unittest.mock import Mock
from zoneinfo import ZoneInfo

import pytest

from shared import VERSION
from shared.errors import ClockWrong, Ids, PartnerUnavailable, TableAccessDenied
from shared.history.runs import LEDGER_SECONDS, RUN_ROW_SECONDS, Failure, RunContext, RunResult, write_run
from shared.history.table import HistoryTable
from shared.services import Services
from standin import StandIn
from standin.faults import Hang, Status
from tests.end_to_end.conftest import LEDGER
from tests.end_to_end.conftest import rows as rows_of
from tests.support.in_process import lines
from tests.support.samples import OTHER_TENANT, TENANT, account, run_of

START = datetime(2026, 11, 23, 7, 17, 2, 123456, tzinfo=UTC).astimezone(ZoneInfo("Asia/Tokyo"))
RUN = RunContext(date(2026, 11, 24), "run-1", START, past_due=True)
IDS = Ids("request", "correlation")
FAILED = (
    Failure(account(tenant_id=OTHER_TENANT, name="Fabrikam"), PartnerUnavailable("down", ids=IDS)),
    Failure(account(), TableAccessDenied("refused", remedy="Give it.")),
)
RESULT = RunResult(RUN, 2.0, recorded=3, kept=1, failed=FAILED)


Write = Callable[[RunResult], None]


@pytest.fixture
def write(services: Services) -> Write:
    """Return what writes a run's rows to the ledger, whose table does not exist yet."""
    return lambda result: write_run(services.open_ledger(HistoryTable), services.retry, result)


def partitions_of_the_run(world: StandIn) -> set[str]:
    """Return the partitions of RUN's rows."""
    return {row["PartitionKey"] for row in rows_of(world, table=LEDGER) if row["RowKey"] == RUN.row_key}


def test_the_columns_of_the_ledger(write: Write, world: StandIn) -> None:
    """Names, types and values match exactly, because reports and `history` depend on them. Keys are in UTC, whatever the clock's zone."""
    write(RESULT)
    key = "2026-11-23T07:17:02.123456Z_run-1"
    common = {"RowKey": key, "SnapshotDate": "2026-11-24", "RunId": "run-1", "SchemaVersion": 1}
    rows = {row["PartitionKey"]: row for row in rows_of(world, table=LEDGER)}
    first, second, run = (rows[partition] for partition in (OTHER_TENANT, TENANT, "run"))
    assert first == common | {
        "PartitionKey": OTHER_TENANT,
        "AccountName": "Fabrikam",
        "Code": "partner-unavailable",
        "MayPass": True,
        "Message": "down",
        "Remedy": PartnerUnavailable.usual_remedy,
        "RequestId": "request",
        "CorrelationId": "correlation",
    }
    assert second == common | {
        "PartitionKey": TENANT,
        "AccountName": "Contoso",
        "Code": "table-access-denied",
        "MayPass": False,
        "Message": "refused",
        "Remedy": "Give it.",
    }
    assert run == {
        "PartitionKey": "run",
        "RowKey": key,
        "SnapshotDate": "2026-11-24",
        "StartedAt": START,
        "Seconds": 2.0,
        "Accounts": 6,
        "Recorded": 3,
        "Kept": 1,
        "Failed": 2,
        "Trigger": "timer",
        "PastDue": True,
        "Version": VERSION,
        "SchemaVersion": 1,
    }
    assert [type(run[name]) for name in ("Seconds", "Accounts", "PastDue")] == [float, int, bool]
    assert isinstance(first["MayPass"], bool)


@pytest.mark.parametrize(
    ("fault", "rows", "left"),
    [
        ({"times": None}, 3, set()),
        ({"times": 1, "skip": 2}, 1, {TENANT, OTHER_TENANT}),
        ({"times": 2}, 2, {"run"}),
    ],
    ids=["every row", "the last row, which is the run's", "the failures"],
)
def test_refused_rows_are_counted(
    write: Write, world: StandIn, caplog: pytest.LogCaptureFixture, fault: dict[str, Any], rows: int, left: set[str]
) -> None:
    """In one line with the cause; the other rows are written."""
    write(replace(RESULT, run=run_of(run_id="before")))
    world.faults.add(
        "table", Status(403, '{"odata.error":{"code":"AuthorizationPermissionMismatch"}}'), method="POST", **fault
    )
    write(RESULT)
    (line,) = lines(caplog, "LEDGER_FAILED")
    assert (line["rows"], line["code"], line["runId"]) == (rows, "table-access-denied", "run-1")
    assert partitions_of_the_run(world) == left


def test_the_runs_own_row_has_reserved_time(
    write: Write, world: StandIn, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gets the rest of the ledger's time, however long the failures' rows take."""
    assert (LEDGER_SECONDS, RUN_ROW_SECONDS) == (20, 5)
    write(replace(RESULT, run=run_of(run_id="before")))
    monkeypatch.setattr("shared.history.runs.RUN_ROW_SECONDS", 19.7)
    limit = Mock(wraps=services.retry.limit)
    monkeypatch.setattr(services.retry, "limit", limit)
    world.faults.add("table", Hang(), times=len(FAILED))
    write(RESULT)
    assert partitions_of_the_run(world) == {"run"}
    assert limit.call_args.args[0] < 20


def test_a_run_with_a_wrong_clock_leaves_no_row(write: Write, world: StandIn, caplog: pytest.LogCaptureFixture) -> None:
    """The row would keep the wrong time forever, and change the day on which the ledger began."""
    wrong = Failure(account(), ClockWrong("wrong"))
    write(replace(RESULT, failed=(*FAILED, wrong)))
    assert world.journal.count("table") == 0
    (line,) = lines(caplog, "LEDGER_FAILED")
    assert (line["rows"], line["code"]) == (4, "clock-wrong")


def test_a_defect_in_the_ledger_is_logged_and_not_raised(services: Services, caplog: pytest.LogCaptureFixture) -> None:
    """The day is complete by then."""
    broken = Mock(insert=Mock(side_effect=RuntimeError("hush")))  # the real one cannot produce a defect
    write_run(broken, services.retry, RESULT)
    (line,) = lines(caplog, "LEDGER_FAILED")
    assert (line["rows"], line["code"]) == (3, "unexpected")
    assert "hush" not in caplog.text
