"""The whole job, from the environment to the result."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime

from shared import VERSION
from shared.errors import SettingsInvalid
from shared.history.runs import RunRecord, write_run
from shared.log import Marker, report
from shared.run import RunResult, report_run, run
from shared.services import SIDE_BY_SIDE, open_services, utc_now
from shared.settings.read import Settings, read_settings
from shared.snapshot import Day, error_fields


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
        report(Marker.FAILED, runId=run_id, **error_fields(error))
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
    day = Day(started.astimezone(settings.time_zone).date(), run_id)
    with open_services(settings, now=now) as built:
        result = run(
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
            report(Marker.LEDGER_FAILED, runId=run_id, rows=left_out, **error_fields(error))
        return result
