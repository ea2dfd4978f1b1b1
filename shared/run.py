"""One run over all accounts: side by side, each on its own, counted at the end."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass

from shared.errors import SnapshotError, Unexpected
from shared.log import Marker, report
from shared.settings.accounts import Account
from shared.snapshot import Day, Outcome, Snapshots, error_fields


@dataclass(frozen=True)
class Failure:
    """An account without its row of the day, and why."""

    account: Account
    error: SnapshotError


@dataclass(frozen=True)
class RunResult:
    """What became of the accounts of a run; `failed` empty means that each has its row of the day."""

    day: Day
    recorded: int
    kept: int
    failed: tuple[Failure, ...]

    @property
    def total(self) -> int:
        """Return the number of accounts."""
        return self.recorded + self.kept + len(self.failed)


def run(
    accounts: Sequence[Account],
    day: Day,
    snapshots: Snapshots,
    *,
    side_by_side: int,
    clock: Callable[[], float],
    retries: Callable[[], int],
    on_thread: Callable[[], None] = lambda: None,
) -> RunResult:
    """Take every account's snapshot and write the run's line; `clock` counts seconds, `on_thread` prepares each thread."""
    started = clock()
    with ThreadPoolExecutor(min(side_by_side, len(accounts)), "account", initializer=on_thread) as pool:
        # Each thread continues in a copy of the caller's context, by which the worker knows whose log lines they are.
        futures = [pool.submit(copy_context().run, _one, snapshots, day, account) for account in accounts]
        outcomes = [future.result() for future in futures]
    result = RunResult(
        day=day,
        recorded=outcomes.count(Outcome.RECORDED),
        kept=outcomes.count(Outcome.KEPT),
        failed=tuple(outcome for outcome in outcomes if isinstance(outcome, Failure)),
    )
    report_run(
        day.run_id,
        clock() - started,
        accounts=result.total,
        recorded=result.recorded,
        kept=result.kept,
        failed=len(result.failed),
        retries=retries(),
    )
    return result


def report_run(
    run_id: str, seconds: float, *, accounts: int, recorded: int, kept: int, failed: int, retries: int
) -> None:
    """Write the one line of a run; numbers are of accounts."""
    report(
        Marker.RUN,
        accounts=accounts,
        recorded=recorded,
        kept=kept,
        failed=failed,
        retries=retries,
        seconds=round(seconds, 3),
        runId=run_id,
    )


def _one(snapshots: Snapshots, day: Day, account: Account) -> Outcome | Failure:
    try:
        return snapshots.take(account, day)
    except SnapshotError as known:
        error = known
    except Exception as unknown:  # noqa: BLE001 - one account's defect must cost the others nothing; it is reported and fails the run
        error = Unexpected.of(unknown)
    report(
        Marker.FAILED,
        account=account.name,
        tenantId=account.tenant_id,
        date=day.date.isoformat(),
        runId=day.run_id,
        **error_fields(error),
    )
    return Failure(account, error)
