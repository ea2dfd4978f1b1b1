"""The engine harness, tested with a small function defined here."""

import json
import logging
import textwrap
from pathlib import Path

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
        logging.info("past due %s, setting %s", timer.past_due, os.environ["SETTING"])

        def say(how, *, claim):
            if claim:
                context.thread_local_storage.invocation_id = context.invocation_id
            logging.info("thread %s", how)

        for how, run, claim in (
            ("bare", lambda work: work(), False),
            ("with storage", lambda work: work(), True),
            ("with context", copy_context().run, False),
            ("with both", copy_context().run, True),
        ):
            thread = threading.Thread(target=run, args=(lambda: say(how, claim=claim),))
            thread.start()
            thread.join()
        raise RuntimeError("no balance: today") from KeyError("cause")
"""
BINDINGS = [{"name": "timer", "type": "timerTrigger", "direction": "in", "schedule": "%SCHEDULE%"}]


def test_an_invocation_is_seen_as_the_host_sees_it(tmp_path: Path) -> None:
    """Its log, its prints, and an exception, which fails the invocation but not the worker.

    A thread's lines reach its invocation only with the thread-local storage, which the worker up to 3.12 needs, and a copy of the
    context, which the worker for 3.13 needs.
    """
    folder = tmp_path / "BalanceSnapshot"
    folder.mkdir()
    (folder / "__init__.py").write_text(textwrap.dedent(FUNCTION), "utf-8")
    (folder / "function.json").write_text(json.dumps({"scriptFile": "__init__.py", "bindings": BINDINGS}), "utf-8")
    with Engine(tmp_path, {"SETTING": "ä value"}, log_level=logging.DEBUG) as engine:
        first, second = engine.invoke(invocation_id="first"), engine.invoke(past_due=True, invocation_id="second")
    for result, name in ((first, "first"), (second, "second")):
        assert (result.success, result.message) == (False, "RuntimeError: no balance: today")
        assert "KeyError: 'cause'" in result.stack
        past_due, *threads = (line for line in result.logs if line.message.startswith(("past due", "thread")))
        assert past_due == LogLine("INFO", "root", f"past due {name == 'second'}, setting ä value", name, name)
        assert [(line.message, line.invocation_id, line.thread_local_id, line.shipped) for line in threads] == [
            ("thread bare", None, None, False),
            ("thread with storage", None, name, False),
            ("thread with context", name, None, False),
            ("thread with both", name, name, True),
        ]
    assert sorted(engine.output) == ["printed to stderr\n"] * 2 + ["printed to stdout\n"] * 2
