"""Output: results on stdout, what is said about them on stderr; colour only on a terminal and never with NO_COLOR."""

import sys
from contextlib import nullcontext
from functools import cache
from typing import Any

from rich.console import Console
from rich.text import Text

from cli.support.by_hand import by_hand
from cli.support.failure import CommandFailed
from cli.support.files import stdout_for_people
from shared.errors import SettingsInvalid, SnapshotError
from shared.settings.accounts import Account

_INDENT = "    "


@cache
def out() -> Console:
    """Return the console of results."""
    return _console(stderr=False)


@cache
def err() -> Console:
    """Return the console of progress, warnings and errors."""
    return _console(stderr=True)


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Say that the reader is gone; Rich would end without a word, and Typer too."""
        if self.stderr:
            sys.exit(1)
        raise BrokenPipeError


def _console(*, stderr: bool) -> Console:
    return _Console(stderr=stderr, highlight=False, markup=False, emoji=False, soft_wrap=True)


def can_show(text: str) -> bool:
    """Whether stdout's encoding has all these characters."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def say(*parts: str | tuple[str, str], stderr: bool = False) -> None:
    """Print one line from its parts; a pair is a text and its style. Raises as `stdout_for_people`."""
    one_terminal = (
        out().is_terminal and err().is_terminal
    )  # where progress is drawn on stdout, and would be written into
    with nullcontext() if stderr else stdout_for_people():
        (err() if stderr and not one_terminal else out()).print(Text.assemble(*parts))


def warn(text: str) -> None:
    """Print a warning on stderr."""
    say(("note", "yellow"), f"  {text}", stderr=True)


def print_error(error: SnapshotError | CommandFailed, account: Account | None = None) -> None:
    """Print on stderr what happened, its code, the remedy and the ids for Microsoft's support."""
    say((_code(error), "bold red"), f"  {account.name} ({account.tenant_id})" if account else "", stderr=True)
    for line in error_lines(error):
        say(_INDENT + line, stderr=True)


def _code(error: SnapshotError | CommandFailed) -> str:
    return error.code if isinstance(error, SnapshotError) else "error"


def error_fields(error: SnapshotError | CommandFailed) -> dict[str, Any]:
    """Return what a program gets of an error; its message and remedy are for the person at the keyboard."""
    message, remedy = by_hand(_code(error), error.message, error.remedy)
    known = error.fields() if isinstance(error, SnapshotError) else {}
    return known | {"message": message, "remedy": remedy}


def error_lines(error: SnapshotError | CommandFailed) -> list[str]:
    """Say an error in lines, without its code."""
    fields = error_fields(error)
    told = map(str, error.problems) if isinstance(error, SettingsInvalid) else [fields["message"]]
    lines = [*told, f"remedy: {fields['remedy']}"]
    if isinstance(error, SnapshotError) and (error.ids.request_id or error.ids.correlation_id):
        lines.append(f"request id: {error.ids.request_id or '-'}  correlation id: {error.ids.correlation_id or '-'}")
    return lines
