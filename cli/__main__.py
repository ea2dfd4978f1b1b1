"""`python -m cli`: the commands, of which only the one that is asked for is imported."""

import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from inspect import getdoc
from typing import Annotated, Any

from cli.support.interrupt import INTERRUPTED, InterruptedByUserError, report, watch
from shared import VERSION

INSTALL = "python -m cli needs the package {}. Install it: pip install -r requirements.txt -r cli/requirements.txt"

try:
    import typer
except ModuleNotFoundError as missing:
    sys.exit(INSTALL.format(missing.name))

COMMANDS = {
    "demo": ("cli.commands.demo.command", "See all of it work on this machine, against stand-ins."),
    "check": ("cli.commands.check.command", "Try every step of a run with real calls, before the timer does."),
    "status": ("cli.commands.status", "Look every morning: newest balance, missed days, last run, what expires."),
    "run": ("cli.commands.run", "Take today's snapshot now, as the timer does."),
    "balance": ("cli.commands.balance", "Print the current account balance."),
    "history": (
        "cli.commands.history.command",
        "Read the history: table, charts, gaps, months, CSV, JSON, Excel, HTML.",
    ),
    "consent": ("cli.commands.consent", "Sign in once with MFA, for accounts that use app_user."),
    "import": ("cli.commands.import_csv.command", "Insert earlier history from a CSV file or an Excel workbook."),
    "restore": ("cli.commands.restore", "Make table and archive equal by inserting what is missing."),
}

HELP = """Read the balance of Microsoft partner accounts and keep its history.

Settings come from the environment or from local.settings.json; docs/settings.md describes them. Azure calls use your current sign-in:
`az login`, VS Code or the machine's managed identity.

Exit status: 0 fine, 1 something is wrong (printed with its remedy), 2 wrong usage, 130 interrupted.

Examples:
  python -m cli demo
  python -m cli check
  python -m cli status
"""

PROGRAM = "python -m cli"
_USAGE_ERROR: Any = typer.BadParameter.__base__
"""What every wrong usage is; Typer does not name it in public."""


def build(asked: str | None) -> typer.Typer:
    """Build the command line; only the command `asked` for is imported, the others are listed by name."""
    app = typer.Typer(
        help=_as_lines(HELP),
        context_settings={"help_option_names": ["-h", "--help"]},
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # Rich takes <app> for HTML, and 0.1 s
    )
    app.callback()(_group)
    for name, (module, summary) in COMMANDS.items():
        command: Callable[..., None] = import_module(module).command if name == asked else _not_asked_for
        app.command(name, short_help=summary, help=_as_lines(getdoc(command) or ""))(command)
    return app


def _as_lines(text: str) -> str:
    """Keep the lines of the examples, which would be one paragraph."""
    return text.replace("\nExamples:\n", "\n\b\nExamples:\n")


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - called by Typer
    if wanted:
        typer.echo(VERSION)
        raise typer.Exit


def _group(
    *,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version and end.")
    ] = False,
) -> None:
    """Take the options before the command."""


def _not_asked_for() -> None:
    """Stand in the list of commands."""


def asked_command(arguments: Sequence[str]) -> str | None:
    """Return the command that a command line is about."""
    return next((word for word in arguments if word in COMMANDS), None)


def main() -> None:
    """Run the command line and end the process with its exit status."""
    watch()
    try:
        for name in ("stdout", "stderr"):
            stream = getattr(sys, name) or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - closed by whoever started us
            stream.reconfigure(errors="replace")  # a console may lack a character (Windows code pages)
            setattr(sys, name, stream)
        logging.getLogger().addHandler(logging.NullHandler())  # libraries' own warnings: the error says what matters
        status = max(_status_of(_run), _status_of(sys.stdout.flush))
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # everything is done and said
    except InterruptedByUserError:
        report()
        status = INTERRUPTED
    sys.exit(status)


def _run() -> None:
    """Run the command; not by Typer's own `main`, which ends without a word when a pipe is closed."""
    command: Any = typer.main.get_command(build(asked_command(sys.argv[1:])))
    with command.make_context(PROGRAM, sys.argv[1:]) as context:
        command.invoke(context)


def _status_of(work: Callable[[], None]) -> int:
    """Do the work and return the exit status; print the error that ends it on stderr."""
    try:
        work()
    except typer.Exit as ended:
        return ended.exit_code
    except ModuleNotFoundError as missing:
        sys.exit(INSTALL.format(str(missing.name).partition(".")[0]))
    except _USAGE_ERROR as error:
        _print_usage(error.format_message())
        return 2
    except Exception as error:  # noqa: BLE001 - every one of them is printed
        _print(error)
        return 1
    return 0


def _print_usage(wrong: str) -> None:
    from cli.support.console import say  # noqa: PLC0415 - --help is not to wait for it

    if len(sys.argv) == 1:
        typer.echo(wrong, err=True)  # the help
        return
    asked = asked_command(sys.argv[1:])
    say(("wrong usage", "bold red"), "\n    " + wrong.replace("Value error, ", ""), stderr=True)
    say(f"    remedy: {PROGRAM}{f' {asked}' if asked else ''} --help", stderr=True)


def _print(error: Exception) -> None:
    """Print an error; an unknown one by its type and place, as its text might hold a secret."""
    from cli.support.failure import CommandFailed, print_error  # noqa: PLC0415 - as above
    from shared.errors import as_snapshot_error  # noqa: PLC0415 - as above

    if isinstance(error, typer.Abort):
        error = CommandFailed("The input ended before the question was answered.", "Run the command in a terminal.")
    if isinstance(error, OSError):  # of stdout: files and services have errors of their own
        _give_up_stdout()
        cause, remedy = f"stdout cannot be written: {error.strerror or error}", "Free some space where it goes to."
        if isinstance(error, BrokenPipeError):
            cause, remedy = "the program that read it closed the pipe", "Let it read to the end."
        error = CommandFailed(f"The output is cut off: {cause}.", remedy)
    print_error(error if isinstance(error, CommandFailed) else as_snapshot_error(error))


def _give_up_stdout() -> None:
    """Send what is still in the buffer to nowhere: the interpreter would fail on it once more at its end."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


if __name__ == "__main__":
    main()
