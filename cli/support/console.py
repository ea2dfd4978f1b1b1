"""Output: results go to stdout, messages to stderr. Progress needs a terminal, and NO_COLOR turns color off."""

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cache

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

Cells = Mapping[str, str]
"""One line of a displayed table: heading to cell."""

RIGHT_ALIGNED = frozenset(
    ("Balance", "Change", "Close", "Days", "Missed", "Limit", "Seconds", "Accounts", "Recorded", "Kept", "Failed")
)
"""Headings of right-aligned columns."""

_NARROW_COLUMNS = 80
"""On a terminal with fewer columns, tables omit their optional columns."""


class _Console(Console):
    def __init__(self, *, stderr: bool) -> None:
        tty = (sys.stderr if stderr else sys.stdout).isatty()  # FORCE_COLOR would put notes among the results
        super().__init__(stderr=stderr, force_terminal=tty, highlight=False, markup=False, emoji=False, soft_wrap=True)
        self.width = self.width or 80  # with COLUMNS=0, Rich would print nothing

    def on_broken_pipe(self) -> None:
        """Raise BrokenPipeError; Rich would exit silently."""
        raise BrokenPipeError


@cache
def out() -> Console:
    """Return the console for results."""
    return _Console(stderr=False)


@cache
def err() -> Console:
    """Return the console for progress, warnings and errors."""
    return _Console(stderr=True)


def can_show(text: str) -> bool:
    """Whether stdout's encoding has all these characters, even while Rich replaces stdout to show progress."""
    encoding = getattr(sys.stdout, "rich_proxied_file", sys.stdout).encoding or "ascii"
    return text.encode(encoding, "ignore").decode(encoding) == text


def say(*parts: str | tuple[str, str], stderr: bool = False) -> None:
    """Print one line made of parts; a pair is a text and its style."""
    one_terminal = out().is_terminal and err().is_terminal  # `out` draws the progress there
    console = err() if stderr and not one_terminal else out()
    try:
        console.print(Text.assemble(*parts))
    except OSError:
        if not console.stderr:
            raise
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - nobody can read stderr, and the work continues


def warn(text: str) -> None:
    """Print a warning on stderr."""
    say(("note", "yellow"), f"  {text}", stderr=True)


def count(number: int, noun: str) -> str:
    """Return a number and its noun: `1 day`, `2 days`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def print_table(rows: Sequence[Cells], *optional: str, highlighted: str | None = None) -> None:
    """Print one or more rows under their headings. A narrow terminal omits `optional` columns; rows with the cell `highlighted` are colored."""
    hidden = optional if out().is_terminal and out().width < _NARROW_COLUMNS else ()
    names = [name for name in rows[0] if name not in hidden]
    lines = [names, *([row[name] for name in names] for row in rows)]
    sizes = [[len(cell) if cell.isascii() else cell_len(cell) for cell in line] for line in lines]
    widths = [max(column) for column in zip(*sizes, strict=True)]
    for line, line_sizes in zip(lines, sizes, strict=True):
        cells = [
            " " * (width - size) + cell if name in RIGHT_ALIGNED else cell + " " * (width - size)
            for name, cell, size, width in zip(names, line, line_sizes, widths, strict=True)
        ]
        text, style = "  ".join(cells).rstrip(), "bold" if line is names else "yellow" if highlighted in line else ""
        if style:
            say((text, style))
        else:
            sys.stdout.write(text + "\n")


def waiting(what: str) -> AbstractContextManager[object]:
    """Show progress while the context lasts."""
    return (out() if out().is_terminal else err()).status(what)
