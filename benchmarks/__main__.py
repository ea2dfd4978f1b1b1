"""Measure the job against the tutorial way, and its scale: `python3 dev.py bench`.

Every figure is the median over fresh processes, ours and the tutorial's in turns, against the stand-in.
"""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.history import measure_history
from standin import StandIn
from standin.faults import Delay

ROOT = Path(__file__).parents[1]
OURS, TUTORIAL = "BalanceSnapshot", "benchmarks.tutorial"
ROUNDS = 7
SCALE = (1, 30, 300)


@dataclass(frozen=True)
class Took:
    """What one process took: seconds of the import, seconds in all, peak memory in KB, network calls."""

    imported: float
    total: float
    peak_kb: int
    calls: int


def child(module: str, environ: Mapping[str, str], world: StandIn, *options: str) -> Took:
    """Run one measured process and count its calls."""
    world.journal.clear()
    command = [sys.executable, "-m", "benchmarks.child", module, *options]
    done = subprocess.run(  # noqa: S603 - our own module
        command, env=os.environ | environ, cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{module} failed:\n{done.stderr[-2000:]}")
    result = json.loads(done.stdout.splitlines()[-1])
    return Took(result["import"], result["total"], result["peak_kb"], world.journal.count())


def in_turns(world: StandIn, environ: Callable[[], Mapping[str, str]], *options: str) -> dict[str, list[Took]]:
    """Measure both several times, in turns, so that a busy moment of the machine hits both."""
    took: dict[str, list[Took]] = {OURS: [], TUTORIAL: []}
    for _ in range(ROUNDS):
        for module, runs in took.items():
            runs.append(child(module, environ(), world, *options))
    return took


def median(runs: list[Took], what: Callable[[Took], float]) -> float:
    """Return the median of one figure."""
    return statistics.median(map(what, runs))


def against_the_tutorial(world: StandIn, console: Console) -> None:
    """Print cold import, cold start to row with 50 ms a call, calls and peak memory, beside the tutorial's."""

    def environ() -> dict[str, str]:
        return world.environ | world.add_partner().environ | {"SNAPSHOT_TABLE_NAME": "partnerbalances"}

    child(OURS, environ(), world)  # makes the table and the compiled modules
    imports = in_turns(world, environ, "--import-only")
    rule = world.faults.add(None, Delay(50), times=None)
    starts = in_turns(world, environ)
    rule.remove()
    table = Table("median of " + str(ROUNDS), "this job", "tutorial", title="Against the tutorial way")
    for name, runs, what, form in (
        ("cold import (s)", imports, lambda took: took.imported, "{:.3f}"),
        ("cold start to row, 50 ms a call (s)", starts, lambda took: took.total, "{:.3f}"),
        ("network calls a run", starts, lambda took: took.calls, "{:.0f}"),
        ("peak memory (MB)", starts, lambda took: took.peak_kb / 1024, "{:.1f}"),
    ):
        table.add_row(name, *(form.format(median(runs[module], what)) for module in (OURS, TUTORIAL)))
    console.print(table)


def scale(world: StandIn, console: Console) -> None:
    """Print the time and memory of 1, 30 and 300 accounts that share a secret, with 100 ms a call."""
    table = Table("accounts", "seconds", "x one account", "calls an account", "peak MB", "KB an account", title="Scale")
    rule = world.faults.add(None, Delay(100), times=None)
    first: Took | None = None
    for number in SCALE:
        partners = [world.add_partner(name=f"P{n}", secret="s", secret_name="shared") for n in range(number)]  # noqa: S106 - made up
        accounts = json.dumps([partner.account for partner in partners])
        runs = [_fresh(world, accounts) for _ in range(3)]
        took = Took(0, median(runs, _job_seconds), int(median(runs, lambda run: run.peak_kb)), runs[0].calls)
        first = first or took
        memory = (took.peak_kb - first.peak_kb) / (number - 1) if number > 1 else 0
        table.add_row(
            str(number),
            f"{took.total:.2f}",
            f"{took.total / first.total:.1f}",
            f"{took.calls / number:.1f}",
            f"{took.peak_kb / 1024:.0f}",
            f"{memory:.0f}",
        )
    rule.remove()
    console.print(table)


def _fresh(world: StandIn, accounts: str) -> Took:
    """Measure a run on an empty table that exists."""
    world.table.clear()
    child(OURS, world.environ | world.add_partner().environ, world)
    return child(OURS, world.environ | {"PARTNER_ACCOUNTS": accounts}, world)


def _job_seconds(took: Took) -> float:
    return took.total - took.imported


def main() -> None:
    """Run the benchmarks; Ctrl+C ends them."""
    console = Console()
    with suppress(KeyboardInterrupt), StandIn() as world:
        with console.status("Measuring the job against the tutorial way ..."):
            against_the_tutorial(world, console)
        with console.status("Measuring 1, 30 and 300 accounts ..."):
            scale(world, console)
        world.reset()
        measure_history(world, console)


if __name__ == "__main__":
    main()
