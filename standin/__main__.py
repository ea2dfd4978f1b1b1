"""The playground: a stand-in with a year of sample history, and a shell in which `balances` is the command line.

`python3 dev.py play` starts it; `-- COMMAND ...` runs one `balances` command and exits with its status.
"""

import argparse
import os
import signal
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from standin.azurite_process import StandInError
from standin.playground import fill
from standin.rehearsals import REHEARSALS
from standin.shell import open_shell, run_command, write_files
from standin.world import StandIn

WELCOME = """
Four sample partner accounts with a year of history up to yesterday. Their settings: {settings}

Five things to try:
  balances status                          one line per account and currency
  balances history --account Northwind     the history, with its missed days and their reasons
  balances run                             take today's snapshot
  balances check                           test every step over the real protocols
  balances history --html history.html     one page for people without Power BI

`exit` ends the playground. It leaves no files behind, and no data leaves this machine.
"""


def main() -> int:
    """Run the playground and return its exit status."""
    parser = argparse.ArgumentParser(prog="dev.py play", description=__doc__.partition("\n")[0])
    parser.add_argument("--fault", metavar="NAME", help="rehearse a failure; `--fault list` shows them all")
    parser.add_argument("--folder", type=Path, default=Path.cwd(), help=argparse.SUPPRESS)
    parser.add_argument("command", nargs="*", metavar="-- COMMAND", help="one `balances` command")
    options = parser.parse_args()
    if options.fault == "list":
        say("\n".join(f"{name:18} {rehearsal.sentence}" for name, rehearsal in REHEARSALS.items()))
        return 0
    if options.fault not in (None, *REHEARSALS):
        parser.error(f"there is no fault {options.fault!r}; `--fault list` shows the available ones")
    try:
        return play(options.command, options.folder, options.fault)
    except StandInError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:  # before anything runs; afterwards, Ctrl+C goes to the command
        return 128 + signal.SIGINT


def play(command: list[str], folder: Path, fault: str | None) -> int:
    """Start the stand-in, run the command or a shell in `folder`, and stop everything."""
    if not command:
        say("Starting the stand-in and generating a year of history ...")
    with StandIn() as world, tempfile.TemporaryDirectory(prefix="playground-") as files:
        playground = fill(world, datetime.now(UTC).date())
        if fault:
            REHEARSALS[fault].start(playground)
        place = Path(files)
        write_files(place, playground.environ)
        # A handler, not SIG_IGN, which the command would inherit.
        signal.signal(signal.SIGINT, lambda *_: None)
        if command:
            return run_command(place, command, folder)
        say(WELCOME.format(settings=place / "settings.json"))
        if fault:
            say(
                f"Rehearsed failure: {REHEARSALS[fault].sentence} Try `balances check`, `balances run` and the alert in docs/operate.md.\n"
            )
        return open_shell(place, folder, os.environ)


def say(text: str) -> None:
    """Write a line to stdout and flush it."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
