"""One measured run in a fresh process: imports a function's module, calls its main, and prints the figures as JSON.

`python -m benchmarks.child MODULE` prints its start time, then the result.
"""

import importlib
import json
import re
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace


def main(name: str) -> None:
    """Measure and print the seconds and the process's peak memory in KB."""
    print(time.time(), flush=True)  # noqa: T201 - its result
    started = time.perf_counter()
    module = importlib.import_module(name)
    timer = SimpleNamespace(past_due=False)
    context = SimpleNamespace(invocation_id="benchmark", thread_local_storage=threading.local())
    module.main(*(timer, context)[: module.main.__code__.co_argcount])
    print(json.dumps({"total": time.perf_counter() - started, "peak_kb": peak_kb()}))  # noqa: T201 - its result


def peak_kb(process: str = "self") -> int:
    """Return a process's peak memory in KB from Linux (a child's rusage starts with its parent's), elsewhere 0."""
    status = Path(f"/proc/{process}/status")
    found = re.findall(r"VmHWM:\s+(\d+) kB", status.read_text("utf-8")) if status.exists() else []
    return int(found[0]) if found else 0


if __name__ == "__main__":
    main(sys.argv[1])
