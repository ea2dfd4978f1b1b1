"""Output: results on stdout, what is said about them on stderr; colour only on a terminal and never with NO_COLOR."""

import errno
import io
import os
import sys
from functools import cache

from rich.console import Console
from rich.text import Text

from cli.support.failure import CommandFailed
from shared.errors import SettingsInvalid, SnapshotError
from shared.settings.accounts import Account

_INDENT = "    "


def prepare_streams() -> None:
    """Have a character that the console cannot show replaced rather than end the command (Windows code pages)."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


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
        """Leave it to the command to say that its reader is gone; Rich would end without a word."""
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


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
    """Print one line from its parts; a pair is a text and its style."""
    (err() if stderr else out()).print(Text.assemble(*parts))


def warn(text: str) -> None:
    """Print a warning on stderr."""
    say(("note", "yellow"), f"  {text}", stderr=True)


def print_error(error: SnapshotError | CommandFailed, account: Account | None = None) -> None:
    """Print on stderr what was met, its code, the remedy and the ids for Microsoft's support."""
    code = error.code if isinstance(error, SnapshotError) else "error"
    say((code, "bold red"), f"  {account.name} ({account.tenant_id})" if account else "", stderr=True)
    for line in error_lines(error):
        say(_INDENT + line, stderr=True)


def error_lines(error: SnapshotError | CommandFailed) -> list[str]:
    """Say an error in lines, without its code."""
    met = [str(problem) for problem in error.problems] if isinstance(error, SettingsInvalid) else [error.message]
    lines = [*met, f"remedy: {error.remedy}"]
    if isinstance(error, SnapshotError) and (error.ids.request_id or error.ids.correlation_id):
        lines.append(f"request id: {error.ids.request_id or '-'}  correlation id: {error.ids.correlation_id or '-'}")
    return lines
