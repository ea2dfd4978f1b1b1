"""The ledger of runs: one row per run, and one per account that failed; rows are only ever inserted."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from shared.errors import SnapshotError, TransientError
from shared.history.row import SCHEMA_VERSION, Entity
from shared.history.table import HistoryTable
from shared.settings.accounts import Account

LEDGER_SUFFIX = "runs"
"""What the ledger's table name has after the history's."""

LEDGER_SECONDS = 20.0
RUN_ROW_SECONDS = 5.0
"""The part of LEDGER_SECONDS that is kept for the run's own row."""

SIDE_BY_SIDE = 32
RUN_PARTITION = "run"


@dataclass(frozen=True)
class RunRecord:
    """One run: when it started (aware, UTC), how long it took in seconds, and what became of its accounts."""

    run_id: str
    day: date
    started: datetime
    seconds: float
    accounts: int
    recorded: int
    kept: int
    failed: int
    trigger: str
    past_due: bool
    version: str

    @property
    def row_key(self) -> str:
        """Return the RowKey of the run's rows."""
        return f"{self.started.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}_{self.run_id}"


def run_row(run: RunRecord) -> Entity:
    """Return the run's own row."""
    return {
        "PartitionKey": RUN_PARTITION,
        "RowKey": run.row_key,
        "SnapshotDate": run.day.isoformat(),
        "StartedAt": run.started,
        "Seconds": run.seconds,
        "Accounts": run.accounts,
        "Recorded": run.recorded,
        "Kept": run.kept,
        "Failed": run.failed,
        "Trigger": run.trigger,
        "PastDue": run.past_due,
        "Version": run.version,
        "SchemaVersion": SCHEMA_VERSION,
    }


def failure_row(run: RunRecord, account: Account, error: SnapshotError) -> Entity:
    """Return the row of an account that the run failed."""
    values: dict[str, Any] = {
        "PartitionKey": account.tenant_id,
        "RowKey": run.row_key,
        "SnapshotDate": run.day.isoformat(),
        "AccountName": account.name,
        "Code": error.code,
        "MayPass": isinstance(error, TransientError),
        "Message": error.message,
        "Remedy": error.remedy,
        "RequestId": error.ids.request_id,
        "CorrelationId": error.ids.correlation_id,
        "RunId": run.run_id,
        "SchemaVersion": SCHEMA_VERSION,
    }
    return {name: value for name, value in values.items() if value is not None}


def write_run(
    open_table: Callable[[float], HistoryTable], run: RunRecord, failures: Sequence[tuple[Account, SnapshotError]]
) -> tuple[int, SnapshotError | None]:
    """Write a run's rows, its own last, and return how many were left out and the last error.

    `open_table` opens the ledger's table for so many seconds.
    """
    end = time.monotonic() + LEDGER_SECONDS
    errors: list[SnapshotError] = []
    table = open_table(LEDGER_SECONDS - RUN_ROW_SECONDS)

    def write(row: Entity) -> None:
        try:
            table.insert([row])
        except SnapshotError as error:
            errors.append(error)

    if failures:
        with ThreadPoolExecutor(min(SIDE_BY_SIDE, len(failures)), "ledger") as pool:
            list(pool.map(write, [failure_row(run, account, error) for account, error in failures]))
    table = open_table(max(end - time.monotonic(), RUN_ROW_SECONDS))
    write(run_row(run))
    return len(errors), errors[-1] if errors else None
