"""The timer trigger: runs the job, and fails the invocation if an account has no row for the day."""  # noqa: N999 - the function's name is the folder's

from __future__ import annotations

import gc
import os
from functools import partial
from typing import TYPE_CHECKING

import azure.functions as func

if TYPE_CHECKING:
    from shared.history.runs import RunResult


def main(timer: func.TimerRequest, context: func.Context) -> None:
    """Take today's snapshots.

    Raises:
        SettingsInvalid: a setting is missing or wrong.
        ExceptionGroup: the errors of the accounts without a row, so that the host retries and alerts fire.

    """
    # Imported here, so that a failed import is a failed invocation, which triggers alerts, and not a function that the
    # host silently leaves out.
    gc.disable()  # imports leave no garbage, and looking for it takes a tenth of a cold start
    try:
        from shared.job import take_snapshots  # noqa: PLC0415
        from shared.log import LOGGER, quieten_libraries  # noqa: PLC0415
    finally:
        gc.enable()
    quieten_libraries()
    if timer.past_due:
        LOGGER.info("The timer is past due. This run is catching up.")
    result = take_snapshots(
        os.environ, run_id=context.invocation_id, on_thread=partial(_claim_thread, context), past_due=timer.past_due
    )
    if result.failed:
        raise _failure(result)


def _claim_thread(context: func.Context) -> None:
    """Tell the worker this thread's invocation. Before Python 3.13, it would otherwise drop the thread's log lines."""
    context.thread_local_storage.invocation_id = context.invocation_id  # type: ignore[attr-defined] # a threading.local


_MAX_SHOWN = 18
"""Maximum failures in the exception, with up to 600 characters each: Application Insights cuts at 32,768."""


def _failure(result: RunResult) -> ExceptionGroup[Exception]:
    shown, more = result.failed[:_MAX_SHOWN], len(result.failed) - _MAX_SHOWN
    failed = ", ".join(f"{failure.account.name} ({failure.error.code})" for failure in shown)
    rest = f" and {more} more" if more > 0 else ""
    message = f"no {result.run.date} snapshot for {len(result.failed)} of {result.total} accounts: {failed}{rest}"
    # The tracebacks are dropped: each message says what happened and where.
    return ExceptionGroup(message, [failure.error.with_traceback(None) for failure in shown])
