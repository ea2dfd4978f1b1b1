"""Writes the generated parts of docs/: `python3 dev.py docs`; with `--check` it only names the files that are out of date.

They are the errors and refusals, the columns of the row, and README.md's picture of a history.
"""

import re
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from babel import Locale

from cli.commands.history.account import Reading
from cli.commands.history.charts import Series, as_svg
from cli.commands.history.gaps import Gap
from cli.support.money import Money
from shared.azure_services.refusals import IDENTITY, TABLE, VAULT
from shared.errors import PermanentError, SnapshotError, TransientError
from shared.history.row import COLUMNS
from shared.net.service import Rule
from shared.partner_center.refusals import PARTNER_CENTER
from shared.sign_in.refusals import ENTRA

DOCS = Path(__file__).parents[2] / "docs"
ERRORS = r"(?<=by `python3 dev.py docs`. -->\n).*"
DICTIONARY = r"(?<=<!-- dictionary: written by `python3 dev.py docs` -->\n).*(?=\n<!-- dictionary: end -->)"
_MANY = 10

_BRANCHES = (
    (
        TransientError,
        "May resolve without action",
        "The next attempt, the host's retry or the next run of the day may succeed. Act if it persists for a day, or if `mayPass` is false.",
    ),
    (PermanentError, "Needs a person", "Retrying does not help. Fix the cause as described below."),
)

SERVICES = {
    "Key Vault": VAULT,
    "Table Storage": TABLE,
    "Identity endpoint": IDENTITY,
    "Entra ID": ENTRA,
    "Partner Center": PARTNER_CENTER,
}


def errors_below(kind: type[SnapshotError]) -> Iterator[type[SnapshotError]]:
    """Walk the subclasses of an error, in the order of their definition."""
    for child in kind.__subclasses__():
        yield child
        yield from errors_below(child)


def errors(page: str) -> str:
    """Return docs/errors.md with the error tree and the tables of refusals; what precedes them is kept."""
    lines = []
    for branch, title, introduction in _BRANCHES:
        lines += [f"## {title}", "", introduction, ""]
        for kind in errors_below(branch):
            lines += [
                f"### `{kind.code}`",
                "",
                kind.__doc__ or "",
                "",
                f"**What to do.** {_markdown(kind.usual_remedy)}",
                "",
            ]
    lines += ["## Refusals and their errors", "", "The first matching row applies.", ""]
    for name, service in SERVICES.items():
        lines += [f"### {name}", "", "| response | error | remedy, if different |", "|---|---|---|"]
        lines += [*map(_row, service.rules), ""]
    return _with_part(page, ERRORS, lines[:-1])


def _row(rule: Rule) -> str:
    conditions = [f"`{code}`" for code in rule.codes]
    if len(rule.statuses) > _MANY:
        conditions.append(f"{rule.statuses[0]} to {rule.statuses[-1]}")
    else:
        conditions += [str(status) for status in rule.statuses]
    conditions += [f"“{text}”" for text in rule.reason_contains]
    what = (
        " as ".join(filter(None, [", ".join(conditions), "an HTML page" if rule.is_html_page else ""]))
        or "anything else"
    )
    what += f", for {rule.only}" if rule.only else ""
    remedy = re.sub(r"\{(\w+)\}", r"<\1>", re.sub(r"\{\w+_expiry\}", "", rule.remedy or ""))
    remedy = "" if remedy == rule.error.usual_remedy else remedy
    retried = ", retried" if rule.retryable else ""
    return f"| {what} | `{rule.error.code}`{retried} | {_markdown(remedy)} |"


def _markdown(text: str) -> str:
    """Escape what Markdown would treat as HTML or the end of a cell; a code span is literal."""
    return re.sub(r"(`[^`]*`)|<", lambda part: part[1] or "&lt;", text).replace("|", "\\|")


def dictionary(page: str) -> str:
    """Return docs/power-bi.md with the columns of the row's contract."""
    lines = ["| column | type in the table | on every row | meaning |", "|---|---|---|---|"]
    lines += [
        f"| {column.name} | {column.edm} | {'yes' if column.always else 'no'} | {column.meaning} |"
        for column in COLUMNS
    ]
    return _with_part(page, DICTIONARY, lines)


def _with_part(page: str, place: str, lines: list[str]) -> str:
    text, found = re.subn(place, lambda _: "\n".join(["", *lines, ""]), page, flags=re.DOTALL)
    if found != 1:
        raise ValueError(f"the markers of the generated part should be there exactly once: {place}")
    return text


def picture(_: str) -> str:
    """Return a made-up year as `history` draws it: used every day, invoiced on the 8th, paid on the 25th, with a few missed days."""
    days = [date(2025, 11, 25) + timedelta(days=number) for number in range(365)]
    missed = days[120:126]
    readings = [
        Reading(day, "USD", Decimal(42_000 + 130 * number + 18_000 * (8 <= day.day < 25)), None, 85_000.0, {})
        for number, day in enumerate(days)
        if day not in missed
    ]
    return as_svg(Series("USD", readings, [Gap(missed[0], missed[-1])]), Money(Locale("en", "US"))).decode()


GENERATED = {"errors.md": errors, "power-bi.md": dictionary, "images/history.svg": picture}
"""The files in docs/, each with a function from its current to its correct content."""


def main(arguments: list[str]) -> int:
    """Write each file; with `--check`, return 1 if one differs."""
    status = 0
    for name, render in GENERATED.items():
        before = (DOCS / name).read_text("utf-8")
        after = render(before)
        if arguments == ["--check"] and after != before:
            sys.stderr.write(f"docs/{name} is out of date: run `python3 dev.py docs`.\n")
            status = 1
        elif after != before:
            (DOCS / name).write_text(after, "utf-8", newline="\n")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
