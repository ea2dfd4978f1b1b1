"""What a service says when it refuses, and the line of the service's table that says what it means."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from shared.errors import NO_IDS, Ids, SnapshotError
from shared.net.attempt import CallError

PASSING_STATUSES = (408, 429, 500, 502, 503, 504)
"""HTTP statuses that another attempt may heal."""

_WAITS = (408, 429, 503, 504)
"""Statuses whose reasons hold numbers of their own, as `Try again in 60003 ms` does."""


@dataclass(frozen=True)
class Refusal:
    """A refusal: the service's own innermost code and its reason on one masked line; empty where it gave none."""

    status: int
    code: str = ""
    reason: str = ""
    ids: Ids = NO_IDS
    retry_after: str | None = None
    page: bool = False
    """An HTML page, which a proxy or a gateway sends and none of these services does."""

    def names(self, code: str) -> bool:
        """Tell whether this is its code; a refusal that lasts may also name a code of digits in its reason, not inside an id."""
        if self.code.lower() == code.lower():
            return True
        lasting = code.isdecimal() and self.status not in _WAITS
        return lasting and re.search(rf"(?<![\da-f-]){code}(?![\da-f-])", self.reason.lower()) is not None

    def __str__(self) -> str:
        """Return the refusal as the end of a sentence that begins with the service."""
        said = ": ".join(part for part in (self.code and f"code {self.code}", self.reason) if part)
        return f"answered {self.status}, {said or 'without a reason'}"


class RefusedError(CallError):
    """A service refused a call."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


@dataclass(frozen=True)
class Rule:
    """One line of a service's table: which refusals it is about, and what they mean.

    All that is given has to match: one of the codes, one of the statuses, one of the texts (lower case) in the reason. `remedy` may
    name what the call was about in braces, as in `{name}`. `again` makes another attempt.
    """

    error: type[SnapshotError]
    remedy: str | None = None
    codes: tuple[str, ...] = ()
    statuses: tuple[int, ...] = ()
    says: tuple[str, ...] = ()
    page: bool = False
    again: bool = False

    def matches(self, refusal: Refusal) -> bool:
        """Tell whether the rule is about this refusal."""
        return (
            (not self.codes or any(refusal.names(code) for code in self.codes))
            and (not self.statuses or refusal.status in self.statuses)
            and (not self.says or any(text in refusal.reason.lower() for text in self.says))
            and (refusal.page or not self.page)
        )

    def error_of(self, message: str, names: Mapping[str, str], ids: Ids) -> SnapshotError:
        """Make the error, its remedy about what the call was about."""
        return self.error(message, remedy=self.remedy and self.remedy.format_map(names), ids=ids)


BETWEEN = (
    "A proxy, a firewall or the network's sign-in page sent this answer, or the address in the settings is another service's. Check "
    "that address and what is between this machine and the service (HTTPS_PROXY, NO_PROXY, a firewall)."
)


def passing(error: type[SnapshotError]) -> tuple[Rule, ...]:
    """Return the lines of every service's table for what may pass and for a page from something in between."""
    return (
        Rule(error, statuses=PASSING_STATUSES, page=True, again=True, remedy=BETWEEN),
        Rule(error, statuses=PASSING_STATUSES, again=True),
        Rule(error, page=True, remedy=BETWEEN),
    )
