"""Runs a function as Azure Functions does: through Microsoft's own v1 runtime, in its own process.

    with Engine(app_root, environ) as engine:
        result = engine.invoke(past_due=True)
        assert result.success, result

The runtime is the package azure-functions-runtime-v1. It has its own directory because it contains a top-level package named
`tests`: `python3 dev.py test` installs it into `engine` inside the virtual environment; ENGINE_DIR names another place.
"""

import json
import logging
import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

WORKER = Path(__file__).with_name("engine_worker.py")
INHERITED = ("PATH", "SYSTEMROOT", "SYSTEMDRIVE", "TEMP", "TMP", "TMPDIR", "HOME", "USERPROFILE")
START_SECONDS = 30.0
INVOCATION_SECONDS = 120.0


class EngineError(Exception):
    """The engine could not be started, or ended before it responded."""


@dataclass(frozen=True)
class LogLine:
    """A log record as the worker ships it; the message includes a logged exception's traceback.

    `invocation_id` is the invocation to which the worker for Python 3.13 and later assigns the line (by a context variable,
    so a thread needs a copy of the invocation's context). `thread_local_id` is that of the worker up to 3.12 (by
    `context.thread_local_storage`). Application Insights shows only lines that have one.
    """

    level: str
    logger: str
    message: str
    invocation_id: str | None
    thread_local_id: str | None

    @property
    def shipped(self) -> bool:
        """Whether the line reaches its invocation's log on every Python version."""
        return self.invocation_id is not None and self.invocation_id == self.thread_local_id


@dataclass(frozen=True)
class InvocationResult:
    """An invocation's result: the log, and the exception that the runtime reports to the host, class before text."""

    success: bool
    message: str
    stack: str
    logs: tuple[LogLine, ...]


class Engine:
    """A worker process with the function loaded; warm between invocations, which may run concurrently.

    Each result has the lines since the previous one, whichever running invocation wrote them. `environ` is the function's whole environment, apart from what any process needs to start; `log_level` is the root logger's.
    `logs` has every line so far, and `output`, at the end, what was printed to stdout and stderr.
    """

    def __init__(self, app_root: Path, environ: Mapping[str, str], *, log_level: int = logging.INFO) -> None:
        self.app_root = app_root
        self.environ = dict(environ)
        self.log_level = log_level
        self.logs: list[LogLine] = []
        self.output: list[str] = []

    def __enter__(self) -> Self:
        """Start the process and load the function; EngineError says why that failed."""
        runtime = engine_dir()
        self._printed = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")
        self._process = subprocess.Popen(  # noqa: S603 - our own script
            [
                *(sys.executable, "-P", "-u", "-X", "utf8"),
                *(str(WORKER), str(runtime), str(self.app_root), str(self.log_level)),
            ],
            cwd=self.app_root,
            env=inherited() | self.environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._printed,
            encoding="utf-8",
            errors="replace",
        )
        self._reader = ThreadPoolExecutor(1)
        try:
            self._load()
        except BaseException:
            self.kill()
            raise
        return self

    def _load(self) -> None:
        loaded = self._reader.submit(self._result).result(START_SECONDS)
        if not loaded.success:
            raise EngineError(f"The runtime could not load the function: {loaded.message}\n{loaded.stack}")

    def __exit__(self, *_: object) -> None:
        self.kill()

    def invoke(self, *, past_due: bool = False, invocation_id: str | None = None) -> InvocationResult:
        """Run the function once, as for a timer that is due, and wait for the result."""
        return self.submit(past_due=past_due, invocation_id=invocation_id).result(INVOCATION_SECONDS)

    def submit(self, *, past_due: bool = False, invocation_id: str | None = None) -> "Future[InvocationResult]":
        """Start an invocation; its future raises EngineError if the process ends first."""
        request = {"invocation_id": invocation_id or str(uuid.uuid4()), "timer": timer_info(past_due=past_due)}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return self._reader.submit(self._result)

    def kill(self) -> None:
        """End the process at once, whatever it is doing; a running invocation raises EngineError."""
        self._process.kill()
        self._process.wait()
        self._reader.shutdown()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        if not self._printed.closed:
            self.output = self._read_output()
            self._printed.close()

    def _read_output(self) -> list[str]:
        self._printed.seek(0)
        return self._printed.readlines()

    def _result(self) -> InvocationResult:
        """Read the log up to the next result."""
        first = len(self.logs)
        for line in self._process.stdout or ():
            if not line.endswith("\n"):
                break  # the process was killed while writing
            message: dict[str, Any] = json.loads(line)
            if "success" in message:
                return InvocationResult(**message, logs=tuple(self.logs[first:]))
            self.logs.append(LogLine(**message))
        raise EngineError(
            f"The worker process has ended. The last it printed: {''.join(self._read_output()[-20:]) or 'nothing'}"
        )


def inherited() -> dict[str, str]:
    """Return what a process needs to start at all; a test supplies the rest of its environment."""
    return {name: os.environ[name] for name in INHERITED if name in os.environ}


def timer_info(*, past_due: bool) -> dict[str, Any]:
    """Return what the host passes to a timer function: its schedule, its last and next run, and whether it is late."""
    now = datetime.now(UTC)
    last = (now - timedelta(hours=4)).isoformat()
    status = {"Last": last, "LastUpdated": last, "Next": now.isoformat()}
    return {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": status, "IsPastDue": past_due}


def engine_dir() -> Path:
    """Return the directory of Microsoft's runtime; EngineError if it is not installed."""
    directory = Path(os.environ.get("ENGINE_DIR") or Path(sys.prefix) / "engine")
    if not (directory / "azure_functions_runtime_v1").is_dir():
        raise EngineError(
            f"azure-functions-runtime-v1 is not in {directory}: run `python3 dev.py test`, which installs it there, "
            "or name its directory in ENGINE_DIR."
        )
    return directory
