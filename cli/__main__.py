"""`python -m cli`: the commands, of which only the one that is asked for is imported."""

import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
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
        status = _run()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # everything is done and said
    except InterruptedByUserError:
        report()
        status = INTERRUPTED
    sys.exit(status)


def _run() -> int:
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name) or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - closed by whoever started us
        stream.reconfigure(errors="replace")  # a console may lack a character (Windows code pages)
        setattr(sys, name, stream)
    logging.getLogger().addHandler(logging.NullHandler())  # libraries' own warnings: the error says what matters
    try:
        app = build(asked_command(sys.argv[1:]))
        return app(prog_name=PROGRAM, standalone_mode=False) or 0
    except ModuleNotFoundError as error:
        sys.exit(INSTALL.format(str(error.name).partition(".")[0]))
    except Exception as error:  # noqa: BLE001 - every one of them is printed
        return _print(error)


def _print(error: Exception) -> int:
    """Print an error on stderr and return the exit status; an unknown one by its type and place, as its text might hold a secret."""
    from cli.support.console import print_error, say  # noqa: PLC0415 - --help is not to wait for it
    from cli.support.failure import CommandFailed  # noqa: PLC0415 - as above
    from cli.support.files import give_up_stdout  # noqa: PLC0415 - as above
    from shared.errors import SnapshotError, Unexpected  # noqa: PLC0415 - as above

    if isinstance(error, _USAGE_ERROR):
        wrong: Any = error
        context = wrong.ctx
        if context and not context.invoked_subcommand and len(sys.argv) == 1:
            typer.echo(context.get_help(), err=True)
        else:
            say(
                ("wrong usage", "bold red"), "\n    " + wrong.format_message().replace("Value error, ", ""), stderr=True
            )
            asked = asked_command(sys.argv[1:])
            say(f"    remedy: {PROGRAM}{f' {asked}' if asked else ''} --help", stderr=True)
        return 2
    if isinstance(error, typer.Abort):
        error = CommandFailed("The input ended before the question was answered.", "Run the command in a terminal.")
    if isinstance(error, OSError):  # help that could not be printed, as a rule
        give_up_stdout()
        error = CommandFailed(
            f"The system refused: {error.strerror or error}.", "Check the disk, the file and your rights to it."
        )
    print_error(error if isinstance(error, SnapshotError | CommandFailed) else Unexpected.of(error))
    return 1


if __name__ == "__main__":
    main()
