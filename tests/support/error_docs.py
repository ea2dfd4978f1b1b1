"""Writes docs/errors.md from the error tree and the tables of refusals: `python3 dev.py docs`."""

import html
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from shared.azure_services.refusals import IDENTITY, TABLE, VAULT
from shared.errors import PermanentError, SnapshotError, TransientError
from shared.net.refusal import Rule
from shared.partner_center.refusals import partner_center
from shared.sign_in.refusals import entra
from tests.support.generated_page import write_or_check

ERRORS_PAGE = Path(__file__).parents[2] / "docs" / "errors.md"
BEGIN = "<!-- From here to the end: written from shared/errors.py and the refusals.py of each service by `python3 dev.py docs`. -->\n"
_MANY = 10

_BRANCHES = (
    (
        TransientError,
        "May pass without action",
        "The next attempt, the host's retry or the next run of the day may succeed. Act if it persists for a day.",
    ),
    (PermanentError, "Needs a person", "Retrying does not help. Fix the cause as described below."),
)

_SERVICES = {
    "Key Vault": VAULT,
    "Table Storage": TABLE,
    "Identity endpoint": IDENTITY,
    "Entra ID, app alone": entra(with_user=False),
    "Entra ID, with a user": entra(with_user=True),
    "Partner Center, app alone": partner_center(with_user=False),
    "Partner Center, with a user": partner_center(with_user=True),
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
            lines += [f"### `{kind.code}`", "", kind.__doc__ or "", "", f"**What to do.** {kind.usual_remedy}", ""]
    lines += ["## From the refusal to the error", "", "The first line that matches decides.", ""]
    for name, service in _SERVICES.items():
        lines += [f"### {name}", "", "| the service says | error | remedy, where it differs |", "|---|---|---|"]
        lines += [_row(rule) for rule in service.rules] + [""]
    return "\n".join(lines).rstrip() + "\n"


def _row(rule: Rule) -> str:
    said = [f"`{code}`" for code in rule.codes]
    if len(rule.statuses) > _MANY:
        said.append(f"{rule.statuses[0]} to {rule.statuses[-1]}")
    else:
        said += [str(status) for status in rule.statuses]
    said += ["an HTML page"] if rule.page else []
    said += [f"“{text}”" for text in rule.says]
    remedy = re.sub(r"\{(\w+)\}", r"<\1>", rule.remedy or "").replace("|", "\\|")
    again = ", tried again" if rule.again else ""
    return f"| {', '.join(said) or 'anything else'} | `{rule.error.code}`{again} | {html.escape(remedy, quote=False)} |"


def rendered(page: str) -> str:
    """Return the page with its generated part as the error tree has it; what precedes it is kept."""
    return f"{page.partition(BEGIN)[0]}{BEGIN}\n{errors_part()}"


if __name__ == "__main__":
    sys.exit(write_or_check(ERRORS_PAGE, rendered, sys.argv[1:]))
