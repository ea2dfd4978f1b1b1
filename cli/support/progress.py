"""Progress, for a person at a terminal only: on stdout when that is one, because lines are printed there meanwhile."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from cli.support.console import err, out


class Bar:
    """A progress bar that counts."""

    def __init__(self, progress: Progress, what: str, total: int | None) -> None:
        self._progress = progress
        self._task = progress.add_task(what, total=total)

    def advance(self, count: int) -> None:
        """Count on."""
        self._progress.advance(self._task, count)


@contextmanager
def bar(what: str, total: int | None) -> Iterator[Bar]:
    """Show a bar while something is done `total` times; without a total it only counts."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = _console()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield Bar(progress, what, total)


@contextmanager
def waiting(what: str) -> Iterator[Callable[[str], None]]:
    """Show that something is waited for; the function it yields changes the words."""
    console = _console()
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status(what) as status:
        yield status.update


def _console() -> Console:
    return out() if out().is_terminal else err()
