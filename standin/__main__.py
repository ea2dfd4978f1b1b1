"""Serve the stand-in until Ctrl+C, after printing the settings that point the job at it."""

import argparse
import signal
import sys
import threading

from standin.errors import StandInError
from standin.world import StandIn


def main() -> int:
    """Run the command line; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m standin", description=__doc__)
    parser.add_argument(
        "--install", action="store_true", help="install Azurite (and Node where there is none), then end"
    )
    parser.add_argument("--no-tables", action="store_true", help="do without Azurite")
    options = parser.parse_args()
    stop = threading.Event()
    for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: stop.set())
    try:
        with StandIn(tables=not options.no_tables) as world:
            partner = world.add_partner()
            print(_settings(world.environ | partner.environ), flush=True)  # noqa: T201 - what the program is for
            while not stop.wait(0.2):
                pass
    except StandInError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the program's own error
        return 1
    return 0


def _settings(settings: dict[str, str]) -> str:
    shell = [f"export {name}='{value}'" for name, value in settings.items()]
    powershell = [f"$env:{name} = '{value}'" for name, value in settings.items()]
    return "\n".join(("# Linux, macOS", *shell, "", "# PowerShell", *powershell, "", "Serving until Ctrl+C."))


if __name__ == "__main__":
    sys.exit(main())
