"""The whole run: environment -> settings -> services -> all accounts concurrently -> log line and ledger rows."""

import time
from collections.abc import Callable, Container, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import datetime

from shared.errors import SettingsInvalid, as_snapshot_error
from shared.history.runs import Failure, RunContext, RunResult, write_run
from shared.history.table import HistoryTable
from shared.log import Marker, log_event
from shared.services import MAX_CONCURRENT_ACCOUNTS, RUN_SECONDS, open_services, utc_now
from shared.settings.accounts import Account
from shared.settings.read import read_settings
from shared.snapshot import Outcome, Snapshots

STAGGER_SECONDS = 0.01
"""Delay between starting accounts, roughly the CPU time one needs. Starting all at once only raises memory use while
they wait for the CPU (by 54 MB instead of 23 MB for 500 accounts)."""


def take_snapshots(
    environ: Mapping[str, str],
    *,
    run_id: str,
    trigger: str = "timer",
    past_due: bool = False,
    tenants: Container[str] | None = None,
    seconds: float = RUN_SECONDS,
    now: Callable[[], datetime] = utc_now,
    on_thread: Callable[[], None] = lambda: None,
) -> RunResult:
    """Take today's snapshot of every configured account, or only of those in `tenants`, and report the run.

    `seconds` limits the accounts; writing the ledger has its own limit. `on_thread` runs once in each worker thread.

    Raises:
        SettingsInvalid: nothing was attempted; the log shows a run with one failure.

    """
    started, began = now(), time.monotonic()
    try:
        settings = read_settings(environ)
    except SettingsInvalid as error:
        log_event(Marker.FAILED, runId=run_id, **error.fields())
        log_event(Marker.RUN, accounts=0, recorded=0, kept=0, failed=1, retries=0, seconds=0.0, runId=run_id)
        raise
    run = RunContext(started.astimezone(settings.time_zone).date(), run_id, started, trigger, past_due)
    accounts = [account for account in settings.accounts if tenants is None or account.tenant_id in tenants]
    with open_services(settings, seconds=seconds, now=now) as services:
        snapshots = services.snapshots()
        with ThreadPoolExecutor(min(MAX_CONCURRENT_ACCOUNTS, len(accounts)), "account", initializer=on_thread) as pool:
            futures = []
            for account in accounts:
                # In a copy of this thread's context, so that the worker attributes the log lines to this invocation.
                futures.append(pool.submit(copy_context().run, _take, snapshots, account, run))
                time.sleep(STAGGER_SECONDS)
        outcomes = [future.result() for future in futures]
        result = RunResult(
            run=run,
            seconds=round(time.monotonic() - began, 3),
            recorded=outcomes.count(Outcome.RECORDED),
            kept=outcomes.count(Outcome.KEPT),
            failed=tuple(outcome for outcome in outcomes if isinstance(outcome, Failure)),
        )
        log_event(
            Marker.RUN,
            accounts=result.total,
            recorded=result.recorded,
            kept=result.kept,
            failed=len(result.failed),
            retries=services.retry.retries,
            seconds=result.seconds,
            runId=run_id,
        )
        write_run(services.open_ledger(HistoryTable), services.retry, result)
    return result


def _take(snapshots: Snapshots, account: Account, run: RunContext) -> Outcome | Failure:
    try:
        return snapshots.take(account, run)
    except Exception as error:  # noqa: BLE001 - one account's failure must not affect the others
        failure = Failure(account, as_snapshot_error(error))
    log_event(Marker.FAILED, **run.fields(account), **failure.error.fields())
    return failure
