"""Writes docs/errors.md from the error tree and the tables of refusals: `python3 dev.py docs`."""

import html
import re
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from shared.azure_services.refusals import IDENTITY, TABLE, VAULT
from shared.errors import PermanentError, SnapshotError, TransientError
from shared.net.service import Rule
from shared.partner_center.refusals import partner_center
from shared.sign_in.app_credential import AppCredential
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

_CREDENTIALS: dict[str, str | dict[str, str]] = {
    "A client secret": "",
    "A certificate": {"private_key": "", "public_certificate": ""},
    "A federated credential": {"client_assertion": ""},
}
CREDENTIAL_REMEDIES = {
    kind: AppCredential(credential).remedy(datetime.now(UTC)) for kind, credential in _CREDENTIALS.items()
}
_CREDENTIAL = " ".join(f"**{kind}:** {remedy}" for kind, remedy in CREDENTIAL_REMEDIES.items())

SERVICES = {
    "Key Vault": (VAULT,),
    "Table Storage": (TABLE,),
    "Identity endpoint": (IDENTITY,),
    "Entra ID": tuple(entra(with_user=user, credential_remedy=_CREDENTIAL) for user in (False, True)),
    "Partner Center": tuple(partner_center(with_user=user) for user in (False, True)),
}
"""The tables of each service: for an app alone and, where it differs, for an app with a user."""


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
    for name, (service, *with_user) in SERVICES.items():
        lines += [f"### {name}", "", *_table(service.rules)]
        for other in with_user:
            lines += ["An account that signs in with a user (`app_user`) has these lines first:", ""]
            lines += _table([rule for rule in other.rules if rule not in service.rules])
    return "\n".join(lines).rstrip() + "\n"


def _table(rules: Iterable[Rule]) -> list[str]:
    head = ["| the service says | error | remedy, where it differs |", "|---|---|---|"]
    return [*head, *map(_row, rules), ""]


def _row(rule: Rule) -> str:
    said = [f"`{code}`" for code in rule.codes]
    if len(rule.statuses) > _MANY:
        said.append(f"{rule.statuses[0]} to {rule.statuses[-1]}")
    else:
        said += [str(status) for status in rule.statuses]
    said += [f"“{text}”" for text in rule.says]
    what = " as ".join(filter(None, [", ".join(said), "an HTML page" if rule.page else ""])) or "anything else"
    remedy = re.sub(r"\{(\w+)\}", r"<\1>", rule.remedy or "").replace("|", "\\|")
    again = ", tried again" if rule.again else ""
    return f"| {what} | `{rule.error.code}`{again} | {html.escape(remedy, quote=False)} |"


def rendered(page: str) -> str:
    """Return the page with its generated part as the error tree has it; what precedes it is kept."""
    return f"{page.partition(BEGIN)[0]}{BEGIN}\n{errors_part()}"


if __name__ == "__main__":
    sys.exit(write_or_check(ERRORS_PAGE, rendered, sys.argv[1:]))
