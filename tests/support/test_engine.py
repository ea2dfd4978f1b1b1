"""The engine harness, tried on small functions made here."""

import json
import logging
import textwrap
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.support.engine import Engine, EngineError, LogLine

FUNCTION = """
    import logging
    import os
    import sys
    import threading
    from contextvars import copy_context

    import azure.functions as func
    from shared.counter import next_number

    def main(timer: func.TimerRequest, context: func.Context) -> None:
        print("printed to stdout")
        print("printed to stderr", file=sys.stderr)
        number = next_number()
        logging.info("number %s, past due %s, setting %s", number, timer.past_due, os.environ.get("SETTING"))
        globals()[os.environ["CASE"]](context)

    def quiet(context):
        pass

    def broken(context):
        raise RuntimeError("no balance: today") from KeyError("cause")

    def waiting(context):
        logging.warning("waiting")
        threading.Event().wait()

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
COUNTER = """
    import itertools

    next_number = itertools.count(1).__next__
"""


@pytest.fixture
def app_root(tmp_path: Path) -> Path:
    """Return the root of a throw-away function app with a `shared` and a `tests` package of its own."""
    bindings = [{"name": "timer", "type": "timerTrigger", "direction": "in", "schedule": "%SCHEDULE%"}]
    description = {"scriptFile": "__init__.py", "bindings": bindings}
    for name, text in {
        "BalanceSnapshot/__init__.py": FUNCTION,
        "BalanceSnapshot/function.json": json.dumps(description),
        "shared/counter.py": COUNTER,
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


def test_runs_succeed_and_fail_with_their_logs(app_root: Path) -> None:
    """The function sees the environment and the timer, and its modules loaded the second time; prints do no harm."""
    with engine_for(app_root, "quiet") as engine:
        first = engine.invoke(invocation_id="first")
        second = engine.invoke(past_due=True)
    assert (first.success, first.message) == (True, "")
    line = line_with(first.logs, "number")
    assert line == LogLine("INFO", "root", "number 1, past due False, setting ä value", "first", "first")
    assert line_with(second.logs, "number").message == "number 2, past due True, setting ä value"
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


def test_a_killed_worker_fails_the_invocation_under_way(app_root: Path) -> None:
    """Whoever waits for a result learns that the process ended."""
    with engine_for(app_root, "waiting") as engine:
        future = engine.submit()
        engine.kill()
        with pytest.raises(EngineError, match="ended"):
            future.result(30)


def test_a_function_that_cannot_be_loaded_says_why(app_root: Path) -> None:
    """The runtime's own words come with the error: here, a binding that the code does not know."""
    (app_root / "BalanceSnapshot" / "__init__.py").write_text("def main(other): ...", encoding="utf-8")
    with (
        pytest.raises(EngineError, match=r"declared in Python but not in function\.json: \{'other'\}"),
        engine_for(app_root, "quiet"),
    ):
        pass


def test_a_missing_runtime_says_how_to_get_it(app_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer who started pytest by hand learns which command installs the runtime."""
    monkeypatch.setenv("ENGINE_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(EngineError, match=r"dev\.py test"), engine_for(app_root, "quiet"):
        pass
