"""What a command says when it is interrupted."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

from cli.support.console import say

INTERRUPTED = 130


@contextmanager
def interruptible(done: Callable[[], str]) -> Iterator[None]:
    """On Ctrl+C, say what was done and what was not, and end with status 130."""
    try:
        yield
    except KeyboardInterrupt:
        say(("interrupted", "bold red"), f"  {done()}", stderr=True)
        raise typer.Exit(INTERRUPTED) from None
