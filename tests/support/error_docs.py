"""Renders docs/errors.md from the error tree, so that the page cannot say anything else than the code.

After a change of shared/errors.py: `python3 dev.py docs`.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from shared.errors import PermanentError, SnapshotError, TransientError
from tests.support.generated_page import write_or_check

ERRORS_PAGE = Path(__file__).parents[2] / "docs" / "errors.md"
BEGIN = "<!-- From here to the end: written from shared/errors.py by `python3 dev.py docs`. -->\n"

_BRANCHES = (
    (
        TransientError,
        "May pass by itself",
        "The next attempt, the host's retry or the day's next catch-up run may succeed. Act when it stays for a day.",
    ),
    (PermanentError, "Needs a person", "No repetition helps. It stays until somebody does what is said here."),
)


def errors_below(kind: type[SnapshotError]) -> Iterator[type[SnapshotError]]:
    """Walk the subclasses of an error, in the order of their definition."""
    for child in kind.__subclasses__():
        yield child
        yield from errors_below(child)


def errors_part() -> str:
    """Return the rendered part of docs/errors.md."""
    lines = []
    for branch, title, introduction in _BRANCHES:
        lines += [f"## {title}", "", introduction, ""]
        for kind in errors_below(branch):
            lines += [f"### `{kind.code}`", "", kind.__doc__ or "", "", f"**What to do.** {kind.usual_remedy}", ""]
    return "\n".join(lines).rstrip() + "\n"


def rendered(page: str) -> str:
    """Return the page with its generated part as the error tree has it; what precedes it is kept."""
    return f"{page.partition(BEGIN)[0]}{BEGIN}\n{errors_part()}"


if __name__ == "__main__":
    sys.exit(write_or_check(ERRORS_PAGE, rendered, sys.argv[1:]))
