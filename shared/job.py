"""The whole run: environment -> settings -> services -> every account side by side -> the run's line and its ledger rows."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime

from shared import VERSION
from shared.errors import SettingsInvalid, SnapshotError, Unexpected
from shared.history.runs import RunRecord, write_run
from shared.log import Marker, log_event
from shared.services import SIDE_BY_SIDE, open_services, utc_now
from shared.settings.accounts import Account
from shared.settings.read import Settings, read_settings
from shared.snapshot import Outcome, RunContext, Snapshots


@dataclass(frozen=True)
class Failure:
    """An account without its row of the day, and why."""

    account: Account
    error: SnapshotError


@dataclass(frozen=True)
class RunResult:
    """What became of the accounts of a run; `failed` empty means that each has its row of the day."""

    day: RunContext
    recorded: int
    kept: int
    failed: tuple[Failure, ...]

    @property
    def total(self) -> int:
        """Return the number of accounts."""
        return self.recorded + self.kept + len(self.failed)


def take_snapshots(
    environ: Mapping[str, str],
    *,
    run_id: str,
    now: Callable[[], datetime] = utc_now,
    on_thread: Callable[[], None] = lambda: None,
    trigger: str = "timer",
    past_due: bool = False,
) -> RunResult:
    """Take today's snapshot of every configured account.

    Raises:
        SettingsInvalid: nothing was tried; the log has it as a run with one failure.

    """
    started = time.monotonic()
    try:
        settings = read_settings(environ)
    except SettingsInvalid as error:
        log_event(Marker.FAILED, runId=run_id, **error.fields())
        report_run(run_id, time.monotonic() - started, accounts=0, recorded=0, kept=0, failed=1, retries=0)
        raise
    return run_with_settings(settings, run_id=run_id, now=now, on_thread=on_thread, trigger=trigger, past_due=past_due)


def run_with_settings(
    settings: Settings,
    *,
    run_id: str,
    now: Callable[[], datetime] = utc_now,
    on_thread: Callable[[], None] = lambda: None,
    trigger: str = "timer",
    past_due: bool = False,
) -> RunResult:
    """Take today's snapshot of every account of the settings; the day is decided here, once."""
    started, began = now(), time.monotonic()
    day = RunContext(started.astimezone(settings.time_zone).date(), run_id)
    with open_services(settings, now=now) as built:
        result = snapshot_accounts(
            settings.accounts,
            day,
            built.snapshots(),
            side_by_side=SIDE_BY_SIDE,
            clock=time.monotonic,
            retries=lambda: built.retry.retries,
            on_thread=on_thread,
        )
        record = RunRecord(
            run_id=run_id,
            day=day.date,
            started=started,
            seconds=round(time.monotonic() - began, 3),
            accounts=result.total,
            recorded=result.recorded,
            kept=result.kept,
            failed=len(result.failed),
            trigger=trigger,
            past_due=past_due,
            version=VERSION,
        )
        left_out, error = write_run(
            built.open_ledger, record, [(failure.account, failure.error) for failure in result.failed]
        )
        if error is not None:
            log_event(Marker.LEDGER_FAILED, runId=run_id, rows=left_out, **error.fields())
        return result


def snapshot_accounts(
    accounts: Sequence[Account],
    day: RunContext,
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
        futures = [pool.submit(copy_context().run, _snapshot_account, snapshots, day, account) for account in accounts]
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
    log_event(
        Marker.RUN,
        accounts=accounts,
        recorded=recorded,
        kept=kept,
        failed=failed,
        retries=retries,
        seconds=round(seconds, 3),
        runId=run_id,
    )


def _snapshot_account(snapshots: Snapshots, day: RunContext, account: Account) -> Outcome | Failure:
    try:
        return snapshots.take(account, day)
    except SnapshotError as known:
        error = known
    except Exception as unknown:  # noqa: BLE001 - one account's defect must cost the others nothing; it is reported and fails the run
        error = Unexpected.of(unknown)
    log_event(
        Marker.FAILED,
        account=account.name,
        tenantId=account.tenant_id,
        date=day.date.isoformat(),
        runId=day.run_id,
        **error.fields(),
    )
    return Failure(account, error)
