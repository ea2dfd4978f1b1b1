"""Compares the job with tutorial code, and measures its scale and `history`: `python3 dev.py bench`.

Each figure is a median over fresh processes that use the stand-in. What is compared is measured in turn, so that load
on the machine affects both alike.
"""

import json
from collections.abc import Mapping
from contextlib import suppress

from rich.console import Console
from rich.table import Table

from benchmarks.history import measure_history
from benchmarks.measure import OURS, TUTORIAL, Took, full_bundle, measure, median
from standin import StandIn
from standin.faults import Delay, Fault, Hang, throttled

ROUNDS = 25
SCALE_ROUNDS = 3
PEERS = 30
"""Number of accounts in the runs in which one account fails."""

SCALE = (
    ("100 ms a call", None, Delay(100), 300, "at most 6 x one account"),
    ("5 s an answer of Partner Center", "partner", Delay(5000), 300, "at most 2 x one account"),
    ("1 s an answer of Partner Center", "partner", Delay(1000), 500, "under 30 s, at most 60 KB an account"),
)


def against_the_tutorial(world: StandIn, console: Console, bundle: Mapping[str, str]) -> None:
    """Print the cold start with 50 ms per call, the number of calls and the peak memory, next to the tutorial's."""

    def environ() -> dict[str, str]:
        return world.environ | world.add_partner().environ | {"SNAPSHOT_TABLE_NAME": "partnerbalances"} | dict(bundle)

    measure(world, environ())  # creates the tables and the compiled modules
    rule = world.faults.add(None, Delay(50), times=None)
    runs: dict[str, list[Took]] = {OURS: [], TUTORIAL: []}
    for _ in range(ROUNDS):
        for module, of_module in runs.items():
            of_module.append(measure(world, environ(), module))
    rule.remove()
    title = "Against the tutorial way, cold start with 50 ms a call"
    table = Table(f"median of {ROUNDS}", "this job", "tutorial", "ratio", "at most", title=title)
    for name, what, form, most in (
        ("until the row exists (s)", lambda took: took.rows, "{:.3f}", "0.97"),
        ("until the invocation ends (s)", lambda took: took.total, "{:.3f}", "1.00"),
        ("peak memory (MB)", lambda took: took.peak_kb / 1024, "{:.1f}", "1.05"),
        ("network calls", lambda took: took.calls, "{:.0f}", ""),
    ):
        ours, tutorial = (median(runs[module], what) for module in (OURS, TUTORIAL))
        table.add_row(name, form.format(ours), form.format(tutorial), f"{ours / tutorial:.2f}", most)
    console.print(table)


def scale(world: StandIn, console: Console, bundle: Mapping[str, str]) -> None:
    """Print time and memory for many accounts, configured in one variable, compared with one account."""
    table = Table("", "accounts", "seconds", "x one account", "KB an account", "wanted", title="Scale")
    for name, service, delay, number, wanted in SCALE:
        one, many = _accounts(world, 1, bundle), _accounts(world, number, bundle)
        runs: dict[int, list[Took]] = {1: [], number: []}
        for _ in range(SCALE_ROUNDS):
            runs[1].append(_on_an_empty_table(world, one, 1, service, delay))
            runs[number].append(_on_an_empty_table(world, many, number, service, delay))
        first, took = (median(runs[count], lambda run: run.total) for count in (1, number))
        memory = [median(runs[count], lambda run: run.peak_kb) for count in (1, number)]
        share = (memory[1] - memory[0]) / (number - 1)
        table.add_row(name, "1", f"{first:.2f}")
        table.add_row("", str(number), f"{took:.2f}", f"{took / first:.1f}", f"{share:.0f}", wanted)
    console.print(table)


def one_in_trouble(world: StandIn, console: Console, bundle: Mapping[str, str]) -> None:
    """Print when the last of the other accounts gets its row while one account never responds or is throttled."""
    table = Table("one account", "the others' rows exist after (s)", "ratio", title=f"{PEERS} accounts, 100 ms a call")
    environ = _accounts(world, PEERS, bundle)
    tenant = json.loads(environ["PARTNER_ACCOUNTS"])[0]["tenantId"]
    troubles: dict[str, Fault | None] = {"answers": None, "never answers": Hang(), "is throttled": throttled()}
    runs: dict[str, list[Took]] = {name: [] for name in troubles}
    for _ in range(SCALE_ROUNDS):
        for name, fault in troubles.items():
            if fault is not None:
                world.faults.add("partner", fault, tenant=tenant, times=None)
            runs[name].append(_on_an_empty_table(world, environ, PEERS - 1, None, Delay(100), kill=True))
    usual = median(runs["answers"], lambda run: run.rows)
    for name, took in runs.items():
        seconds = median(took, lambda run: run.rows)
        table.add_row(name, f"{seconds:.2f}", f"{seconds / usual:.2f}")
    console.print(table)


def _accounts(world: StandIn, number: int, bundle: Mapping[str, str]) -> dict[str, str]:
    partners = [world.add_partner(name=f"P{n}", secret="s", secret_name="shared") for n in range(number)]  # noqa: S106 - made up
    return world.environ | dict(bundle) | {"PARTNER_ACCOUNTS": json.dumps([partner.account for partner in partners])}


def _on_an_empty_table(
    world: StandIn, environ: Mapping[str, str], rows: int, service: str | None, delay: Delay, *, kill: bool = False
) -> Took:
    """Measure a run with empty tables and a delay on one service or all services, then remove all faults."""
    world.table.clear()
    measure(world, world.environ | world.add_partner().environ)
    world.faults.add(service, delay, times=None)
    try:
        return measure(world, environ, rows=rows, kill=kill)
    finally:
        world.faults.clear()


def main() -> None:
    """Run the benchmarks; Ctrl+C ends them."""
    console = Console()
    with suppress(KeyboardInterrupt), StandIn() as world, full_bundle(world) as bundle:
        with console.status("Comparing the job with the tutorial code ..."):
            against_the_tutorial(world, console, bundle)
        with console.status("Measuring many accounts ..."):
            scale(world, console, bundle)
            one_in_trouble(world, console, bundle)
        world.reset()
        measure_history(world, console, bundle)


if __name__ == "__main__":
    main()
