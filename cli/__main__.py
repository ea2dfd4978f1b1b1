"""`python -m cli`: the commands. Only the requested command is imported."""

import gc
import logging
import os
import signal
import sys
from collections.abc import Callable
from difflib import get_close_matches
from importlib import import_module
from inspect import getdoc
from typing import TYPE_CHECKING, Any

from cli.support.interrupt import INTERRUPTED, InterruptedByUserError, report, watch
from shared import VERSION

if TYPE_CHECKING:
    import typer

PROGRAM = "python -m cli"

INSTALL = "python -m cli needs the package {}. Install it: pip install -r requirements.txt -r cli/requirements.txt{}"

COMMANDS = {
    "demo": ("cli.commands.demo.command", "Run everything on this machine, without Azure."),
    "check": ("cli.commands.check.command", "Test every step of a run with real calls, before the timer does."),
    "status": ("cli.commands.status", "Daily overview: latest balance, missed days, last run, expiry dates."),
    "run": ("cli.commands.run", "Take today's snapshot now, as the timer does."),
    "balance": ("cli.commands.balance", "Print the current account balance."),
    "history": ("cli.commands.history.command", "Show the history: table, charts, gaps, months, CSV, Excel, HTML."),
    "consent": ("cli.commands.consent", "Sign in once with MFA, for accounts that use app_user."),
    "import": ("cli.commands.import_csv.command", "Import earlier history from a CSV file or an Excel workbook."),
    "restore": ("cli.commands.restore", "Copy missing rows between the table and the archive."),
}

HELP = """Usage: python -m cli COMMAND [OPTIONS]

Read the balance of Microsoft partner accounts and keep its history.

Settings come from the environment or from local.settings.json (see
docs/settings.md). Azure calls use your current sign-in: `az login`,
VS Code or the machine's managed identity.

Exit status: 0 success, 1 a problem (printed with its remedy),
2 wrong usage, 130 interrupted.

Examples:
  python -m cli demo
  python -m cli check
  python -m cli status

Commands:
{}

`python -m cli COMMAND --help` explains a command, with examples.
`python -m cli --version` prints the version.
""".format("\n".join(f"  {name:8} {summary}" for name, (_, summary) in COMMANDS.items()))


def build(name: str) -> "typer.Typer":
    """Build the command line for one command."""
    import typer  # noqa: PLC0415 - --help does not need it

    command = import_module(COMMANDS[name][0]).command
    app = typer.Typer(
        context_settings={"help_option_names": ["-h", "--help"]},
        add_completion=False,
        rich_markup_mode=None,  # Rich would read <app> as HTML
    )
    lines = (getdoc(command) or "").replace("\nExamples:\n", "\n\b\nExamples:\n")  # keep the line breaks
    app.command(help=lines)(command)
    return app


def main() -> None:
    """Run the command line and end the process with its exit status."""
    watch()
    try:
        sys.stdin = sys.stdin or open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123 - used until the process ends
        for name in ("stdout", "stderr"):
            stream = getattr(sys, name) or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - as above
            stream.reconfigure(errors="replace")  # Windows code pages lack characters
            setattr(sys, name, stream)
        logging.getLogger().addHandler(logging.NullHandler())  # hides libraries' warnings: the error has the facts
        status = max(_status_of(_run), _status_of(sys.stdout.flush))
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # all work and output are done
    except InterruptedByUserError:
        report()
        status = INTERRUPTED
    sys.exit(status)


def _run() -> int:
    requested, *arguments = sys.argv[1:] or [""]
    if requested in {"", "-h", "--help", "--version"}:
        (sys.stdout if requested else sys.stderr).write(f"{VERSION}\n" if requested == "--version" else HELP)
        return 0 if requested else 2
    if requested not in COMMANDS:
        suggestion = "".join(f" Did you mean {name!r}?" for name in get_close_matches(requested, COMMANDS, 1))
        return _wrong_usage(f"No such command {requested!r}.{suggestion}", PROGRAM)
    from typer.main import get_command  # noqa: PLC0415 - --help does not need it

    gc.disable()  # imports create no garbage, and modules stay until the end
    command: Any = get_command(build(requested))
    gc.freeze()
    gc.enable()
    # Typer's own `main` would exit silently when a pipe is closed.
    with command.make_context(f"{PROGRAM} {requested}", arguments) as context:
        command.invoke(context)
    return 0


def _status_of(work: Callable[[], int | None]) -> int:
    """Do the work and return the exit status. Print the error if it fails."""
    try:
        return work() or 0
    except ModuleNotFoundError as missing:
        demo_extra = " -r standin/requirements.txt" if "demo" in sys.argv else ""
        sys.exit(INSTALL.format(str(missing.name).partition(".")[0], demo_extra))
    except Exception as error:  # noqa: BLE001 - every error is printed
        return _print(error)


def _print(error: Exception) -> int:
    """Print an error and return the exit status. An unknown error's text is not printed: it might hold a secret."""
    import typer  # noqa: PLC0415 - --help does not need it

    from cli.support.failure import CommandFailed, print_error  # noqa: PLC0415 - as above
    from shared.errors import as_snapshot_error  # noqa: PLC0415 - as above

    usage_error: Any = typer.BadParameter.__base__  # the base of all usage errors; Typer does not export it
    if isinstance(error, typer.Exit):
        return error.exit_code
    if isinstance(error, usage_error):
        return _wrong_usage(error.format_message().replace("Value error, ", ""), f"{PROGRAM} {sys.argv[1]}")
    if isinstance(error, typer.Abort | EOFError):
        error = CommandFailed("The input ended before the question was answered.", "Run the command in a terminal.")
    if isinstance(error, OSError):  # from stdout: files and services raise other errors
        # At exit, the interpreter would fail to flush the rest of the buffer.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - closed at exit
        cause, remedy = f"stdout cannot be written: {error.strerror or error}", "Free up disk space there."
        if isinstance(error, BrokenPipeError):
            cause, remedy = "the program reading it closed the pipe", "Let that program read to the end."
        error = CommandFailed(f"The output was cut off: {cause}.", remedy)
    print_error(error if isinstance(error, CommandFailed) else as_snapshot_error(error))
    return 1


def _wrong_usage(wrong: str, program: str) -> int:
    from cli.support.console import say  # noqa: PLC0415 - --help does not need it

    say(("wrong usage", "bold red"), f"\n    {wrong}\n    remedy: {program} --help", stderr=True)
    return 2


if __name__ == "__main__":
    main()
