"""Writes docs/errors.md from the error tree and the tables of refusals: `python3 dev.py docs`."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from shared.azure_services.refusals import IDENTITY, TABLE, VAULT
from shared.errors import PermanentError, SnapshotError, TransientError
from shared.net.service import Rule
from shared.partner_center.refusals import PARTNER_CENTER
from shared.sign_in.refusals import ENTRA
from tests.support.generated_page import write_or_check

ERRORS_PAGE = Path(__file__).parents[2] / "docs" / "errors.md"
BEGIN = "<!-- From here to the end: written from shared/errors.py and the refusals.py of each service by `python3 dev.py docs`. -->\n"
_MANY = 10

_BRANCHES = (
    (
        TransientError,
        "May pass without action",
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


def errors_part() -> str:
    """Return the rendered part of docs/errors.md."""
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
    lines += ["## From the refusal to the error", "", "The first line that matches decides.", ""]
    for name, service in SERVICES.items():
        lines += [f"### {name}", "", "| the service says | error | remedy, where it differs |", "|---|---|---|"]
        lines += [*map(_row, service.rules), ""]
    return "\n".join(lines).rstrip() + "\n"


def _row(rule: Rule) -> str:
    said = [f"`{code}`" for code in rule.codes]
    if len(rule.statuses) > _MANY:
        said.append(f"{rule.statuses[0]} to {rule.statuses[-1]}")
    else:
        said += [str(status) for status in rule.statuses]
    said += [f"“{text}”" for text in rule.says]
    what = " as ".join(filter(None, [", ".join(said), "an HTML page" if rule.page else ""])) or "anything else"
    what += f", for {rule.only}" if rule.only else ""
    remedy = re.sub(r"\{(\w+)\}", r"<\1>", re.sub(r"\{\w+_over\}", "", rule.remedy or ""))
    remedy = "" if remedy == rule.error.usual_remedy else remedy
    again = ", tried again" if rule.again else ""
    return f"| {what} | `{rule.error.code}`{again} | {_markdown(remedy)} |"


def _markdown(text: str) -> str:
    """Escape what Markdown would take for HTML or the end of a cell; a code span is literal."""
    return re.sub(r"(`[^`]*`)|<", lambda part: part[1] or "&lt;", text).replace("|", "\\|")


def rendered(page: str) -> str:
    """Return the page with its generated part as the error tree has it; what precedes it is kept."""
    return f"{page.partition(BEGIN)[0]}{BEGIN}\n{errors_part()}"


if __name__ == "__main__":
    sys.exit(write_or_check(ERRORS_PAGE, rendered, sys.argv[1:]))
