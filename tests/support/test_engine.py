"""The engine harness, tried on small functions made here."""

import json
import logging
import textwrap
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.support.engine import Engine, LogLine

FUNCTION = """
    import logging
    import os
    import sys
    import threading
    from contextvars import copy_context

    import azure.functions as func

    def main(timer: func.TimerRequest, context: func.Context) -> None:
        print("printed to stdout")
        print("printed to stderr", file=sys.stderr)
        logging.info("past due %s, setting %s", timer.past_due, os.environ.get("SETTING"))
        globals()[os.environ["CASE"]](context)

    def quiet(context):
        pass

    def broken(context):
        raise RuntimeError("no balance: today") from KeyError("cause")

    def threads(context):
        def say(how, prepare):
            prepare()
            logging.info("thread %s", how)

        def claim():
            context.thread_local_storage.invocation_id = context.invocation_id

        for how, run, prepare in (
            ("bare", lambda work: work(), lambda: None),
            ("with storage", lambda work: work(), claim),
            ("with context", copy_context().run, lambda: None),
            ("with both", copy_context().run, claim),
        ):
            work = lambda: say(how, prepare)
            thread = threading.Thread(target=run, args=(work,))
            thread.start()
            thread.join()

    def names(context):
        import tests.helper
        logging.info("names %s %s %s", __name__, tests.helper.__file__, sys.path[0])
"""


@pytest.fixture
def app_root(tmp_path: Path) -> Path:
    """Return the root of a throw-away function app with a `tests` package of its own."""
    bindings = [{"name": "timer", "type": "timerTrigger", "direction": "in", "schedule": "%SCHEDULE%"}]
    description = {"scriptFile": "__init__.py", "bindings": bindings}
    for name, text in {
        "BalanceSnapshot/__init__.py": FUNCTION,
        "BalanceSnapshot/function.json": json.dumps(description),
        "tests/helper.py": "",
    }.items():
        path = tmp_path / "app" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    return tmp_path / "app"


def engine_for(app_root: Path, case: str) -> Engine:
    """Return an engine at DEBUG whose function does what `case` names."""
    return Engine(app_root, {"CASE": case, "SETTING": "ä value"}, log_level=logging.DEBUG)


def line_with(lines: Iterable[LogLine], text: str) -> LogLine:
    """Return the only line whose message contains the text."""
    (line,) = [line for line in lines if text in line.message]
    return line


def test_a_run_has_its_logs(app_root: Path) -> None:
    """The function sees the environment and the timer; prints do no harm."""
    with engine_for(app_root, "quiet") as engine:
        first = engine.invoke(invocation_id="first")
        second = engine.invoke(past_due=True)
    assert (first.success, first.message) == (True, "")
    line = line_with(first.logs, "past due")
    assert line == LogLine("INFO", "root", "past due False, setting ä value", "first", "first")
    assert line_with(second.logs, "past due").message == "past due True, setting ä value"
    assert sorted(engine.output) == ["printed to stderr\n"] * 2 + ["printed to stdout\n"] * 2


def test_an_exception_fails_the_invocation_and_not_the_worker(app_root: Path) -> None:
    """The class, the text and the traceback with its cause arrive as the host gets them."""
    with engine_for(app_root, "broken") as engine:
        result, again = engine.invoke(), engine.invoke()
    assert not again.success
    assert (result.success, result.message) == (False, "RuntimeError: no balance: today")
    assert "KeyError: 'cause'" in result.stack


def test_a_thread_logs_under_its_invocation_only_with_context_and_storage(app_root: Path) -> None:
    """The worker up to 3.12 wants the thread-local storage, the one of 3.13 a copy of the context; both need both."""
    with engine_for(app_root, "threads") as engine:
        logs = engine.invoke(invocation_id="mine").logs
    lines = [line_with(logs, f"thread {how}") for how in ("bare", "with storage", "with context", "with both")]
    found = [(line.invocation_id, line.thread_local_id, line.shipped) for line in lines]
    assert found == [(None, None, False), (None, "mine", False), ("mine", None, False), ("mine", "mine", True)]


def test_the_function_is_imported_as_the_host_imports_it(app_root: Path) -> None:
    """The module is `__app__.BalanceSnapshot`, the root is on the path, and `tests` is the application's own package."""
    with engine_for(app_root, "names") as engine:
        line = line_with(engine.invoke().logs, "names")
    assert line.message == f"names __app__.BalanceSnapshot {app_root / 'tests' / 'helper.py'} {app_root}"
