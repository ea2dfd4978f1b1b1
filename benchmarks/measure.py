"""Measured runs: each in a fresh process, against the stand-in, with a full list of certificate authorities as in Azure."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import certifi

from standin import StandIn

ROOT = Path(__file__).parents[1]
OURS, TUTORIAL = "BalanceSnapshot", "benchmarks.tutorial"
INSERTED = {OURS: 204, TUTORIAL: 201}
"""What the table answers to an insert of each."""

_TIMEOUT_SECONDS = 120.0


@dataclass(frozen=True)
class Took:
    """What a process took: seconds from its first line until the rows existed and until its end, peak memory in KB, calls."""

    rows: float
    total: float
    peak_kb: int
    calls: int


@contextmanager
def full_bundle(world: StandIn) -> Iterator[dict[str, str]]:
    """Give the environment that names all the usual authorities and the stand-in's: loading them is a part of the work."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "authorities.pem"
        own = Path(world.ca_bundle).read_text("ascii")
        file.write_text(Path(certifi.where()).read_text("utf-8") + own, "utf-8")
        yield {"REQUESTS_CA_BUNDLE": str(file)}


def measure(
    world: StandIn, environ: Mapping[str, str], module: str = OURS, *, rows: int = 1, kill: bool = False
) -> Took:
    """Run a module's function once; `rows` are those to wait for, and with `kill` the process is ended once they exist."""
    world.journal.clear()
    command = [sys.executable, "-m", "benchmarks.child", module]
    with (
        ThreadPoolExecutor(1) as pool,
        subprocess.Popen(  # noqa: S603 - our own module
            command, env=os.environ | environ, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process,
    ):
        stood = pool.submit(_time_of_rows, world, rows, INSERTED[module])
        if process.stdout is None:
            raise RuntimeError("the process has no output")
        started = float(process.stdout.readline())
        if kill:
            stood.result()
            process.kill()
            return Took(stood.result() - started, 0, 0, world.journal.count())
        out, error = process.communicate()
        if process.returncode:
            raise SystemExit(f"{module} failed:\n{error[-2000:]}")
        result = json.loads(out)
        return Took(stood.result() - started, result["total"], result["peak_kb"], world.journal.count())


def _time_of_rows(world: StandIn, rows: int, status: int) -> float:
    world.journal.wait_for(
        rows, "table", timeout=_TIMEOUT_SECONDS, method="POST", path_contains="partnerbalances", status=status
    )
    return time.time()


def median(runs: Iterable[Took], what: Callable[[Took], float]) -> float:
    """Return the median of one figure."""
    return statistics.median(map(what, runs))
