"""One measured run in a fresh process: import a function's module, call its main, print what it took as JSON.

`python -m benchmarks.child MODULE` runs it; with `--import-only` the call is left out.
"""

import argparse
import importlib
import json
import re
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any


def main() -> None:
    """Measure and print; seconds, and the process's peak memory in KB."""
    options = argparse.ArgumentParser()
    options.add_argument("module")
    options.add_argument("--import-only", action="store_true")
    given = options.parse_args()
    started = time.perf_counter()
    module = importlib.import_module(given.module)
    imported = time.perf_counter()
    if not given.import_only:
        _call(module)
    done = time.perf_counter()
    peak = peak_kb()
    print(json.dumps({"import": imported - started, "total": done - started, "peak_kb": peak}))  # noqa: T201 - its result


def peak_kb() -> int:
    """Return this process's peak memory in KB; 0 where the system does not tell.

    On Linux from /proc, because the rusage of a child begins with its parent's peak.
    """
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.findall(r"VmHWM:\s+(\d+) kB", status.read_text("ascii"))[0])
    if sys.platform == "darwin":
        import resource  # noqa: PLC0415 - not on Windows

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return 0


def _call(module: Any) -> None:
    timer = SimpleNamespace(past_due=False)
    if "context" in module.main.__annotations__:
        module.main(timer, SimpleNamespace(invocation_id="benchmark", thread_local_storage=threading.local()))
    else:
        module.main(timer)


if __name__ == "__main__":
    main()
