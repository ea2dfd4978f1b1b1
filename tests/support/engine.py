"""Runs a function as Azure Functions does: through Microsoft's own v1 runtime, in a process of its own.

    with Engine(app_root, environ) as engine:
        result = engine.invoke(past_due=True)
        assert result.success, result

The runtime is the package azure-functions-runtime-v1 in a directory of its own, because it brings a top-level package named
`tests`: `python3 dev.py test` installs it into `engine` inside the virtual environment; ENGINE_DIR names another place.
"""

import contextlib
import itertools
import json
import logging
import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

WORKER = Path(__file__).with_name("engine_worker.py")
# What a process needs to start at all; everything else the function sees is what the test gave.
INHERITED = ("PATH", "SYSTEMROOT", "SYSTEMDRIVE", "TEMP", "TMP", "TMPDIR", "HOME", "USERPROFILE", "LANG", "LC_ALL")
START_SECONDS = 30.0
INVOCATION_SECONDS = 120.0
STOP_SECONDS = 10.0


class EngineError(Exception):
    """The engine could not be started, or ended before it answered."""


@dataclass(frozen=True)
class LogLine:
    """One log record as the worker ships it; the message includes the traceback of a logged exception.

    `invocation_id` is the invocation the worker of Python 3.13 and later files the line under (it asks a context variable,
    so a thread needs a copy of the invocation's context), `thread_local_id` that of the worker up to 3.12 (it asks
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
class FunctionException:
    """What the runtime reports to the host about an exception: its class's name, its text and the traceback."""

    type: str
    message: str
    stack: str


@dataclass(frozen=True)
class InvocationResult:
    """What came of one invocation; `logs` are the lines filed under it and those nobody owns, in their order."""

    invocation_id: str
    success: bool
    exception: FunctionException | None
    logs: tuple[LogLine, ...]
    seconds: float


class _Pending:
    """An invocation under way."""

    def __init__(self, invocation_id: str) -> None:
        self.invocation_id = invocation_id
        self.future: Future[InvocationResult] = Future()
        self.logs: list[LogLine] = []


class Engine:
    """A worker process with one function loaded; warm between invocations, and open to several at once.

    `environ` is the function's whole environment beside what any process needs to start; `log_level` the root logger's.
    `logs` holds every line so far, those of no invocation too, and `output` what was printed to stdout and stderr.
    """

    def __init__(
        self,
        app_root: Path,
        environ: Mapping[str, str],
        *,
        function: str = "BalanceSnapshot",
        log_level: int = logging.INFO,
    ) -> None:
        self.app_root = app_root
        self.environ = dict(environ)
        self.function = function
        self.log_level = log_level
        self.logs: list[LogLine] = []
        self.output: list[str] = []
        self._calls = itertools.count(1)
        self._pending: dict[int, _Pending] = {}
        self._lock = threading.Condition()
        self._loaded: Future[None] = Future()
        self._ended = False

    def __enter__(self) -> Self:
        """Start the process and load the function; EngineError says why that failed."""
        arguments = [str(engine_dir()), str(self.app_root), self.function, str(self.log_level)]
        inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
        self._process = subprocess.Popen(  # noqa: S603 - our own script
            [sys.executable, "-P", "-u", "-X", "utf8", str(WORKER), *arguments],
            cwd=self.app_root,
            env=inherited | self.environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
        )
        # Without these two at work a full pipe would stop the worker.
        self._readers = [threading.Thread(target=self._read_output), threading.Thread(target=self._read_messages)]
        for reader in self._readers:
            reader.start()
        try:
            self._loaded.result(START_SECONDS)
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process, also in the middle of an invocation."""
        self._close_requests()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
        self.kill()

    @property
    def pid(self) -> int:
        """The worker process's id."""
        return self._process.pid

    def invoke(self, *, past_due: bool = False, invocation_id: str | None = None) -> InvocationResult:
        """Run the function once, as a timer that is due, and wait for what comes of it."""
        future = self.submit(past_due=past_due, invocation_id=invocation_id)
        try:
            return future.result(INVOCATION_SECONDS)
        except TimeoutError:
            raise EngineError(f"No result after {INVOCATION_SECONDS:g} s. {self._last_words()}") from None

    def submit(self, *, past_due: bool = False, invocation_id: str | None = None) -> Future[InvocationResult]:
        """Start an invocation beside those under way; its future raises EngineError when the process ends before it."""
        pending = _Pending(invocation_id or str(uuid.uuid4()))
        call = next(self._calls)
        request = {"call": call, "invocation_id": pending.invocation_id, "timer": timer_info(past_due=past_due)}
        with self._lock:
            self._pending[call] = pending
            try:
                pipe = _open(self._process.stdin)
                pipe.write(json.dumps(request) + "\n")
                pipe.flush()
            except (OSError, ValueError) as error:  # the process has ended; the pipe is closed
                del self._pending[call]
                raise EngineError(f"The worker process has ended. {self._last_words()}") from error
        return pending.future

    def wait_for_log(self, text: str) -> LogLine:
        """Wait for the first line whose message contains the text; EngineError when the process ends without it."""

        def found() -> LogLine | None:
            return next((line for line in self.logs if text in line.message), None)

        with self._lock:
            self._lock.wait_for(lambda: found() or self._ended, INVOCATION_SECONDS)
            line = found()
        if line is None:
            raise EngineError(f"No log line says {text!r}. {self._last_words()}")
        return line

    def kill(self) -> None:
        """End the process at once, wherever it is; invocations under way raise EngineError."""
        self._process.kill()
        self._process.wait()
        for reader in self._readers:
            reader.join()
        self._close_requests()
        _open(self._process.stdout).close()
        _open(self._process.stderr).close()

    def _close_requests(self) -> None:
        with contextlib.suppress(OSError):  # what a dead worker left unread is of no use
            _open(self._process.stdin).close()

    def _read_output(self) -> None:
        self.output.extend(_open(self._process.stderr))

    def _read_messages(self) -> None:
        for line in _open(self._process.stdout):
            if not line.endswith("\n"):
                break  # the process was killed while it wrote
            message = json.loads(line)
            if "log" in message:
                self._on_log(LogLine(**message["log"]))
            elif "loaded" in message:
                self._on_loaded(**message["loaded"])
            else:
                self._on_result(**message)
        self._on_end()

    def _on_loaded(self, *, success: bool, message: str, stack: str) -> None:
        if success:
            self._loaded.set_result(None)
        else:
            error = EngineError(f"The runtime could not load {self.function}: {message}\n{stack}")
            self._loaded.set_exception(error)

    def _on_log(self, line: LogLine) -> None:
        owner = line.invocation_id or line.thread_local_id
        with self._lock:
            self.logs.append(line)
            for pending in self._pending.values():
                if owner in (None, pending.invocation_id):
                    pending.logs.append(line)
            self._lock.notify_all()

    def _on_result(self, *, call: int, success: bool, message: str, stack: str, seconds: float) -> None:
        with self._lock:
            pending = self._pending.pop(call)
        kind, _, text = message.partition(": ")
        exception = None if success else FunctionException(kind, text, stack)
        pending.future.set_result(
            InvocationResult(pending.invocation_id, success, exception, tuple(pending.logs), seconds)
        )

    def _on_end(self) -> None:
        self._readers[0].join()
        with self._lock:
            futures: list[Future[Any]] = [self._loaded, *(pending.future for pending in self._pending.values())]
            self._pending.clear()
            self._ended = True
            self._lock.notify_all()
        for future in futures:
            if not future.done():
                future.set_exception(EngineError(f"The worker process has ended. {self._last_words()}"))

    def _last_words(self) -> str:
        return f"The last it printed: {''.join(self.output[-20:]) or 'nothing'}"


def timer_info(*, past_due: bool) -> dict[str, Any]:
    """Return what the host passes to a timer function: its schedule, when it last ran and is next due, whether it is late."""
    now = datetime.now(UTC)
    return {
        "Schedule": {"AdjustForDST": True},
        "ScheduleStatus": {
            "Last": (now - timedelta(hours=4)).isoformat(),
            "LastUpdated": (now - timedelta(hours=4)).isoformat(),
            "Next": now.isoformat(),
        },
        "IsPastDue": past_due,
    }


def engine_dir() -> Path:
    """Return the directory of Microsoft's runtime; EngineError where it is not installed."""
    directory = Path(os.environ.get("ENGINE_DIR") or Path(sys.prefix) / "engine")
    if not (directory / "azure_functions_runtime_v1").is_dir():
        raise EngineError(
            f"azure-functions-runtime-v1 is not in {directory}: run `python3 dev.py test`, which installs it there, "
            "or name its directory in ENGINE_DIR."
        )
    return directory


def _open(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None, "the process was started with this pipe"
    return pipe
