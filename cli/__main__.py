"""`python -m cli`: the commands, of which only the one that is asked for is imported."""

import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Annotated

import typer

from cli.support.completion import COMPLETE_VARIABLE, Shell, completed_words, print_script
from cli.support.console import prepare_streams, print_error
from cli.support.failure import CommandFailed
from shared.errors import SnapshotError, Unexpected

COMMANDS = {
    "demo": ("cli.commands.demo.command", "See all of it work on this machine, against stand-ins."),
    "check": ("cli.commands.check.command", "Try every step of a run with real calls, before the timer does."),
    "run": ("cli.commands.run", "Take today's snapshot now, as the timer does."),
    "balance": ("cli.commands.balance", "Print the current account balance."),
    "history": (
        "cli.commands.history.command",
        "Read the history: table, charts, gaps, months, CSV, JSON, Excel, HTML.",
    ),
    "consent": ("cli.commands.consent", "Sign in once with MFA, for accounts that use app_user."),
    "import": ("cli.commands.import_csv.command", "Insert earlier history from a CSV file."),
    "restore": ("cli.commands.restore", "Make table and archive equal by inserting what is missing."),
}

HELP = """Reads the balance of Microsoft partner accounts and keeps its history.

Settings come from the environment or from local.settings.json; docs/settings.md describes them. In Azure you are whom you
signed in as: `az login`, VS Code or the machine's managed identity.

Exit status: 0 fine, 1 something is wrong (said, with its remedy), 2 wrong usage.
"""

PROGRAM = "python -m cli"


def build(asked: str | None) -> typer.Typer:
    """Build the command line; only the command `asked` for is imported, the others are there by name."""
    app = typer.Typer(
        help=HELP,
        context_settings={"help_option_names": ["-h", "--help"]},
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="markdown",
    )
    app.callback()(_group)
    for name, (module, summary) in COMMANDS.items():
        command: Callable[..., None] = import_module(module).command if name == asked else _not_asked_for
        app.command(name, short_help=summary)(command)
    return app


def _group(
    completion: Annotated[
        Shell | None,
        typer.Option(
            is_eager=True,
            callback=print_script,
            help="Print what makes your shell complete commands and options, under the name `balances`, and end.",
        ),
    ] = None,
) -> None:
    """Take the options before the command."""


def _not_asked_for() -> None:
    """Stand in the list of commands."""


def asked_command(arguments: Sequence[str], environ: Mapping[str, str]) -> str | None:
    """Return the command that a command line, or the line that a shell wants completed, is about."""
    words = [*arguments, *completed_words(environ)]
    return next((word for word in words if word in COMMANDS), None)


def main() -> None:
    """Run the command line and end the process with its exit status."""
    prepare_streams()
    logging.getLogger().addHandler(logging.NullHandler())  # libraries' own warnings: what matters is said by the error
    try:
        app = build(asked_command(sys.argv[1:], os.environ))
        app(prog_name=PROGRAM, complete_var=COMPLETE_VARIABLE)
    except (SnapshotError, CommandFailed) as error:
        print_error(error)
        sys.exit(1)
    except Exception as error:  # noqa: BLE001 - shown by its type and place: its text might hold a secret
        print_error(Unexpected.of(error))
        sys.exit(1)


if __name__ == "__main__":
    main()
