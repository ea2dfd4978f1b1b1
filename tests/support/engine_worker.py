"""The worker process of `engine.py`: loads one function through Microsoft's v1 runtime and runs it on request.

Run as a script, `python -P engine_worker.py ENGINE_DIR APP_ROOT LOG_LEVEL`, never imported. It uses JSON lines: requests on
stdin (`{"invocation_id", "timer"}`); log records and `{"success", "message", "stack"}` on stdout, first for the load, then for
each invocation. Whatever the function prints goes to stderr.

A record's content follows the Azure Functions worker (azure-functions-python-worker, `on_logging` and
`get_current_invocation_id` of `proxy_worker/dispatcher.py` for Python 3.13 and later, and of
`azure_functions_worker/dispatcher.py` before): level, logger name, formatted message and the invocation to which the worker
would assign it. The two workers look for that in different places, so both values are sent.
"""

import asyncio
import importlib
import json
import logging
import os
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any

FUNCTION = "BalanceSnapshot"


class Channel:
    """The process's original stdin and stdout, taken away from everything else in it."""

    def __init__(self) -> None:
        self._requests: IO[str] = os.fdopen(os.dup(0), encoding="utf-8")
        self._answers: IO[str] = os.fdopen(os.dup(1), "w", encoding="utf-8")
        self._lock = threading.Lock()
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)

    def receive(self) -> dict[str, Any] | None:
        """Return the next request, or None if the other side has closed."""
        line = self._requests.readline()
        return json.loads(line) if line else None

    def send(self, **message: Any) -> None:
        """Write a message as one complete line, whichever thread sends it."""
        line = json.dumps(message) + "\n"
        with self._lock:
            self._answers.write(line)
            self._answers.flush()


class Worker:
    """Microsoft's runtime with one function in it, driven as the worker drives it."""

    def __init__(self, engine_dir: Path, channel: Channel) -> None:
        self.channel = channel
        # Last on the path: the wheel contains a package `tests`, which must not hide the application's own.
        sys.path.append(str(engine_dir))
        self.runtime = importlib.import_module("azure_functions_runtime_v1")
        self.protos = importlib.import_module("tests.protos")
        self.thread_local_storage = importlib.import_module(
            "azure_functions_runtime_v1.bindings.context"
        )._invocation_id_local  # what a function gets as context.thread_local_storage

    async def load(self, app_root: Path) -> None:
        """Start the runtime and load the function, with the requests that the host sends; send what came of it."""
        sys.path.insert(0, str(app_root))
        properties = {"protos": self.protos, "host": "127.0.0.1"}
        init = self.protos.StreamingMessage(
            worker_init_request=self.protos.WorkerInitRequest(
                host_version="4.0.0.0", function_app_directory=str(app_root)
            )
        )
        self.runtime.start_threadpool_executor()
        started = await self.runtime.worker_init_request(SimpleNamespace(request=init, properties=properties))
        if started.result.status != self.protos.StatusResult.Success:
            self.report(started.result)
            return
        directory = app_root / FUNCTION
        description = json.loads((directory / "function.json").read_text(encoding="utf-8"))
        metadata = self.protos.RpcFunctionMetadata(
            name=FUNCTION,
            function_id=FUNCTION,
            directory=str(directory),
            script_file=str(directory / description["scriptFile"]),
            entry_point=description.get("entryPoint", ""),
            language="python",
            raw_bindings=[json.dumps(binding) for binding in description["bindings"]],
            bindings={
                binding["name"]: self.protos.BindingInfo(
                    type=binding["type"], direction=self.protos.BindingInfo.Direction.Value(binding["direction"])
                )
                for binding in description["bindings"]
            },
        )
        self.timer_name = next(b["name"] for b in description["bindings"] if b["type"] == "timerTrigger")
        load = self.protos.FunctionLoadRequest(function_id=FUNCTION, metadata=metadata)
        request = self.protos.StreamingMessage(function_load_request=load)
        loaded = await self.runtime.function_load_request(SimpleNamespace(request=request, properties=properties))
        self.report(loaded.result)

    async def invoke(self, invocation_id: str, timer: dict[str, Any]) -> None:
        """Run the function once and send what came of it."""
        invocation = self.protos.InvocationRequest(
            invocation_id=invocation_id,
            function_id=FUNCTION,
            input_data=[
                self.protos.ParameterBinding(name=self.timer_name, data=self.protos.TypedData(json=json.dumps(timer)))
            ],
        )
        request = self.protos.StreamingMessage(invocation_request=invocation)
        response = await self.runtime.invocation_request(SimpleNamespace(request=request, properties={}))
        self.report(response.result)

    def report(self, result: Any) -> None:
        """Send a StatusResult."""
        success = result.status == self.protos.StatusResult.Success
        self.channel.send(success=success, message=result.exception.message, stack=result.exception.stack_trace)


class ShippingHandler(logging.Handler):
    """Sends what the worker would ship for a record."""

    def __init__(self, worker: Worker) -> None:
        super().__init__()
        self.worker = worker

    def emit(self, record: logging.LogRecord) -> None:
        """Send the record, formatted as the worker formats it: the message, then the exception's traceback."""
        self.worker.channel.send(
            level=record.levelname,
            logger=record.name,
            message=self.format(record),
            invocation_id=self.worker.runtime.invocation_id_cv.get(),  # used from Python 3.13 on
            thread_local_id=getattr(self.worker.thread_local_storage, "invocation_id", None),  # used up to 3.12
        )


async def serve(engine_dir: Path, app_root: Path, log_level: int) -> None:
    """Load the function, then run it whenever the other side says so."""
    channel = Channel()
    worker = Worker(engine_dir, channel)
    root = logging.getLogger()
    root.setLevel(log_level)
    root.addHandler(ShippingHandler(worker))
    await worker.load(app_root)
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as invocations:
        while request := await loop.run_in_executor(None, channel.receive):
            invocations.create_task(worker.invoke(**request))
    os._exit(0)  # a thread that the function left behind must not keep the process alive


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))
