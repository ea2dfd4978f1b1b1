"""Renders docs/errors.md from the error tree, so that the page cannot say anything else than the code.

After a change of shared/errors.py: `python -m tests.support.error_docs`.
"""

from collections.abc import Iterator
from pathlib import Path

from shared.errors import MayPass, NeedsPerson, SnapshotError

ERRORS_PAGE = Path(__file__).parents[2] / "docs" / "errors.md"
BEGIN = "<!-- From here to the end: written from shared/errors.py by `python -m tests.support.error_docs`. -->\n"

_BRANCHES = (
    (
        MayPass,
        "May pass by itself",
        "The next attempt, the host's retry or the day's next catch-up run may succeed. Act when it stays for a day.",
    ),
    (NeedsPerson, "Needs a person", "No repetition helps. It stays until somebody does what is said here."),
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
            lines += [f"### `{kind.code}`", "", kind.meaning, "", f"**What to do.** {kind.usual_remedy}", ""]
    return "\n".join(lines).rstrip() + "\n"


def write() -> None:
    """Write the rendered part into docs/errors.md; what stands before it is left as it is."""
    before, _, _ = ERRORS_PAGE.read_text(encoding="utf-8").partition(BEGIN)
    ERRORS_PAGE.write_text(f"{before}{BEGIN}\n{errors_part()}", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write()
