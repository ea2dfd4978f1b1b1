"""Measured runs, each in a fresh process that uses the stand-in and, as in Azure, a full list of authorities."""

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
"""The status of the table's response to each one's insert."""

_TIMEOUT_SECONDS = 120.0


@dataclass(frozen=True)
class Took:
    """A process's figures: seconds from its first line until the rows exist and until it ends, peak KB, and calls."""

    rows: float
    total: float
    peak_kb: int
    calls: int


@contextmanager
def full_bundle(world: StandIn) -> Iterator[dict[str, str]]:
    """Yield an environment with all the usual authorities and the stand-in's: loading them is part of the work."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "authorities.pem"
        own = Path(world.ca_bundle).read_text("ascii")
        file.write_text(Path(certifi.where()).read_text("utf-8") + own, "utf-8")
        yield {"REQUESTS_CA_BUNDLE": str(file)}


def measure(
    world: StandIn, environ: Mapping[str, str], module: str = OURS, *, rows: int = 1, kill: bool = False
) -> Took:
    """Run a module's function once and wait for `rows` rows. With `kill`, end the process as soon as they exist."""
    world.journal.clear()
    command = [sys.executable, "-m", "benchmarks.child", module]
    with (
        ThreadPoolExecutor(1) as pool,
        subprocess.Popen(  # noqa: S603 - our own module
            command, env=os.environ | environ, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process,
    ):
        appeared = pool.submit(_time_of_rows, world, rows, INSERTED[module])
        if process.stdout is None:
            raise RuntimeError("the process has no output")
        started = float(process.stdout.readline())
        if kill:
            appeared.result()
            process.kill()
            return Took(appeared.result() - started, 0, 0, world.journal.count())
        out, error = process.communicate()
        if process.returncode:
            raise SystemExit(f"{module} failed:\n{error[-2000:]}")
        result = json.loads(out)
        return Took(appeared.result() - started, result["total"], result["peak_kb"], world.journal.count())


def _time_of_rows(world: StandIn, rows: int, status: int) -> float:
    world.journal.wait_for(
        rows, "table", timeout=_TIMEOUT_SECONDS, method="POST", path_contains="partnerbalances", status=status
    )
    return time.time()


def median(runs: Iterable[Took], what: Callable[[Took], float]) -> float:
    """Return one figure's median."""
    return statistics.median(map(what, runs))
