"""The ledger of runs: one row per run, and one per failed account. Rows are only ever inserted."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime

from shared import VERSION
from shared.errors import ClockWrong, SnapshotError, as_snapshot_error
from shared.history.row import SCHEMA_VERSION, Entity
from shared.history.table import HistoryTable
from shared.log import Marker, log_event
from shared.net.retry import Retry
from shared.settings.accounts import Account

LEDGER_SUFFIX = "runs"
"""The ledger's table name is the history's with this suffix."""

LEDGER_SECONDS = 20.0
RUN_ROW_SECONDS = 5.0
"""The part of LEDGER_SECONDS that is reserved for the run's own row."""

MAX_CONCURRENT_WRITES = 32
RUN_PARTITION = "run"


@dataclass(frozen=True)
class RunContext:
    """A run: its date and its start (aware), both set once, and its trigger (`timer` or `cli`)."""

    date: date
    run_id: str
    started: datetime
    trigger: str = "timer"
    past_due: bool = False

    @property
    def row_key(self) -> str:
        """Return the RowKey for the run's rows."""
        return f"{self.started.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}_{self.run_id}"

    def fields(self, account: Account) -> dict[str, str]:
        """Return the first fields of each log line about an account."""
        day = self.date.isoformat()
        return {"account": account.name, "tenantId": account.tenant_id, "date": day, "runId": self.run_id}


@dataclass(frozen=True)
class Failure:
    """An account without its row for the day, and why."""

    account: Account
    error: SnapshotError


@dataclass(frozen=True)
class RunResult:
    """The outcome of a run. If `failed` is empty, every account has its row for the day."""

    run: RunContext
    seconds: float
    recorded: int
    kept: int
    failed: tuple[Failure, ...]

    @property
    def total(self) -> int:
        """Return the number of accounts."""
        return self.recorded + self.kept + len(self.failed)


def run_row(result: RunResult, version: str = VERSION) -> Entity:
    """Return the run's own row."""
    run = result.run
    return {
        "PartitionKey": RUN_PARTITION,
        "RowKey": run.row_key,
        "SnapshotDate": run.date.isoformat(),
        "StartedAt": run.started,
        "Seconds": result.seconds,
        "Accounts": result.total,
        "Recorded": result.recorded,
        "Kept": result.kept,
        "Failed": len(result.failed),
        "Trigger": run.trigger,
        "PastDue": run.past_due,
        "Version": version,
        "SchemaVersion": SCHEMA_VERSION,
    }


def failure_row(run: RunContext, failure: Failure) -> Entity:
    """Return the row for an account that failed. Unknown ids are left out."""
    account, error = failure.account, failure.error
    ids = {"RequestId": error.ids.request_id, "CorrelationId": error.ids.correlation_id}
    return {
        "PartitionKey": account.tenant_id,
        "RowKey": run.row_key,
        "SnapshotDate": run.date.isoformat(),
        "AccountName": account.name,
        "Code": error.code,
        "MayPass": error.may_pass,
        "Message": error.message,
        "Remedy": error.remedy,
        **{name: value for name, value in ids.items() if value is not None},
        "RunId": run.run_id,
        "SchemaVersion": SCHEMA_VERSION,
    }


def write_run(ledger: HistoryTable, retry: Retry, result: RunResult) -> None:
    """Write a run's rows, its own row last. Rows that cannot be written are counted in the log and affect nothing else.

    `retry` must be the one that the ledger's table uses: its deadline is set to the ledger's.
    """
    end = time.monotonic() + LEDGER_SECONDS
    errors: list[SnapshotError] = []

    def write(row: Entity) -> None:
        try:
            ledger.insert([row])
        except Exception as error:  # noqa: BLE001 - the snapshots exist, and an error here must not fail them
            errors.append(as_snapshot_error(error))

    wrong_clock = next((failure.error for failure in result.failed if isinstance(failure.error, ClockWrong)), None)
    if wrong_clock is not None:  # the rows would keep the wrong time forever
        errors += [wrong_clock] * (len(result.failed) + 1)
    else:
        retry.limit(LEDGER_SECONDS - RUN_ROW_SECONDS)
        with ThreadPoolExecutor(MAX_CONCURRENT_WRITES, "ledger") as pool:
            pool.map(write, [failure_row(result.run, failure) for failure in result.failed])
        retry.limit(end - time.monotonic())
        write(run_row(result))
    if errors:
        log_event(Marker.LEDGER_FAILED, runId=result.run.run_id, rows=len(errors), **errors[-1].fields())
