"""The trigger: the exception of a failed invocation."""

import gc
import sys
import traceback
from types import SimpleNamespace, TracebackType
from typing import cast

import pytest
from azure.functions import Context
from azure.functions.timer import TimerRequest

import BalanceSnapshot
from shared.errors import PartnerUnavailable, SettingsInvalid, TableUnreachable
from shared.history.runs import Failure, RunResult
from tests.support.samples import account, run_of

LIMIT = 16_000
"""Characters of an exception; Application Insights cuts at 32,768."""


@pytest.mark.parametrize(
    ("accounts", "text"), [(1, "for 1 of 1 accounts"), (18, "for 18 of 18"), (300, " and 282 more")]
)
def test_the_exception_of_a_run_is_bounded(accounts: int, text: str) -> None:
    """However many accounts fail, and however long their messages are: the host logs the exception with every error in it."""
    kinds, raised = (PartnerUnavailable, TableUnreachable), TracebackType(None, sys._getframe(), 0, 1)
    failures = tuple(
        Failure(account(name=f"Contoso {number} " + "x" * 90), kinds[number % 2]("m" * 600).with_traceback(raised))
        for number in range(accounts)
    )
    error = BalanceSnapshot._failure(RunResult(run_of(), 1.0, 0, 0, failures))
    assert text in str(error)
    assert (" more" in str(error)) == (" more" in text)
    shown = "".join(traceback.format_exception(error))
    assert len(shown) < LIMIT
    assert "Traceback" not in shown


def test_garbage_is_collected_again_after_the_imports(monkeypatch: pytest.MonkeyPatch) -> None:
    """The imports run without garbage collection for a faster cold start; a warm worker must not grow."""
    monkeypatch.setattr("os.environ", {})
    context = SimpleNamespace(invocation_id="run", thread_local_storage=SimpleNamespace())
    with pytest.raises(SettingsInvalid):
        BalanceSnapshot.main(TimerRequest(past_due=False), cast("Context", context))
    assert gc.isenabled()
