"""`python3 dev.py prove [PART ...]`: runs what takes too long for the tests, and ends with one table."""

import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

from standin import StandIn
from tests.prove import clocks, processes
from tests.prove.matrix import matrix

Part = Callable[[StandIn], Iterator[list[str]]]
"""Yields the broken guarantees for each thing that it tried."""

EXAMPLES = 2000


def _passes(*module: str, **environ: str) -> list[str]:
    done = subprocess.run([sys.executable, "-m", *module], env=os.environ | environ, check=False)  # noqa: S603 - our own
    return [f"{module[0]} failed"] if done.returncode else []


def properties(_: StandIn) -> Iterator[list[str]]:
    """Run the property tests of the parser, the settings, the CSV import and the network with many examples."""
    folders = ("tests/shared", "tests/cli/commands/import_csv")
    yield _passes("pytest", "-q", "-m", "hypothesis", *folders, PROPERTY_EXAMPLES=str(EXAMPLES))
    yield from [[]] * (EXAMPLES - 1)  # each property tries these too


def az(_: StandIn) -> Iterator[list[str]]:
    """Run every `az` command in the docs, the workflows and the remedies through the Azure CLI's parser."""
    yield _passes("tests.infra.tools.az_commands")


PARTS: dict[str, Part] = {
    "matrix": matrix,
    "kill-steps": processes.kill_at_each_step,
    "kill-random": processes.kill_at_random,
    "at-once": processes.many_at_once,
    "twice": processes.a_timer_that_fires_twice,
    "zones": clocks.days_of_five_zones,
    "clocks": clocks.clocks_set_back,
    "midnight": clocks.midnight_in_the_middle,
    "years": clocks.ten_years,
    "warm": clocks.a_warm_process,
    "properties": properties,
    "az": az,
}


def main(names: list[str]) -> int:
    """Run the parts, all of them unless named, and print the results."""
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        sys.stderr.write(f"{', '.join(unknown)}: not a part; the parts are {', '.join(PARTS)}\n")
        return 2
    logging.getLogger().addHandler(logging.NullHandler())  # the job's log is checked, not shown
    table = []
    with StandIn() as world:
        os.environ |= {
            name: world.environ[name] for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER", "REQUESTS_CA_BUNDLE")
        }
        os.environ["NO_PROXY"] = "127.0.0.1"
        for name in names or PARTS:
            sys.stderr.write(f"{name}: {PARTS[name].__doc__}\n")
            began = time.monotonic()
            tried = count = 0
            for broken in PARTS[name](world):
                tried += 1
                if tried % 100 == 0:
                    sys.stderr.write(f"  {tried:,}, {count} broken\n")
                count += len(broken)
                for what in broken:
                    sys.stdout.write(f"BROKEN {name}: {what}\n")
            table.append((name, tried, count, time.monotonic() - began))
    sys.stdout.write(f"\n{'part':<14}{'tried':>8}{'broken':>8}{'seconds':>9}\n")
    for name, tried, count, seconds in table:
        sys.stdout.write(f"{name:<14}{tried:>8,}{count:>8,}{seconds:>9,.0f}\n")
    return any(count for _, _, count, _ in table)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
