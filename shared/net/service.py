"""What the failures of a call to one service mean: its silence, its nonsense and, line by line, its refusals."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.errors import NO_IDS, Ids, SnapshotError, TransientError
from shared.net.attempt import CallError, NoAnswerError
from shared.net.refusal import PASSING_STATUSES, Refusal, RefusedError


@dataclass(frozen=True)
class Limits:
    """The limits of one logical call, times in seconds and waits included."""

    attempt: float
    total: float
    attempts: int = 4


AZURE = Limits(attempt=20, total=60)
"""Sign-in, Key Vault, the identity endpoint and Table Storage."""

APP_ALONE = "an app alone"
WITH_USER = "an app with a user"
"""How an account signs in, as a line of a table may distinguish it."""

BETWEEN = (
    "A proxy, a firewall or the network's sign-in page sent this answer, or the address in the settings is another service's. Check "
    "that address and what is between this machine and the service (HTTPS_PROXY, NO_PROXY, a firewall)."
)
"""The remedy for an answer that is not the service's."""


@dataclass(frozen=True)
class Rule:
    """One line of a service's table: which refusals it is about, and what they mean.

    All that is given has to match: one of the codes, one of the statuses, one of the texts (lower case) in the reason. `remedy` may
    name what the call was about in braces, as in `{name}`. `only` is the kind of account or credential that the line is about;
    `again` makes another attempt.
    """

    error: type[SnapshotError]
    remedy: str | None = None
    codes: tuple[str, ...] = ()
    statuses: tuple[int, ...] = ()
    says: tuple[str, ...] = ()
    page: bool = False
    again: bool = False
    only: str = ""

    def matches(self, refusal: Refusal, kinds: tuple[str, ...]) -> bool:
        """Tell whether the rule is about this refusal of a call for an account of these kinds."""
        return (
            (not self.only or self.only in kinds)
            and (not self.codes or any(refusal.names(code) for code in self.codes))
            and (not self.statuses or refusal.status in self.statuses)
            and (not self.says or any(text in refusal.reason.lower() for text in self.says))
            and (refusal.page or not self.page)
        )


def passing(error: type[SnapshotError]) -> tuple[Rule, ...]:
    """Return the lines of every service's table for what may pass and for what only something in between sends."""
    return (
        Rule(error, statuses=(407, 511), remedy=BETWEEN),
        Rule(error, statuses=PASSING_STATUSES, page=True, again=True, remedy=BETWEEN),
        Rule(error, statuses=PASSING_STATUSES, again=True),
        Rule(error, page=True, remedy=BETWEEN),
    )


@dataclass(frozen=True)
class Service:
    """What a service's failures mean: the first rule that matches a refusal decides, and the last matches every one.

    `unreadable` is what an answer means that is not one of the service's, where it differs from no answer.
    """

    no_answer: type[TransientError]
    rules: tuple[Rule, ...]
    limits: Limits = AZURE
    unreadable: type[TransientError] | None = None


@dataclass(frozen=True)
class Call:
    """One logical call: which service, what messages call it, the ids that it was sent with, the names in its remedies.

    `kinds` is what the lines of the service's table distinguish: how the account signs in, and with which credential.
    """

    service: Service
    where: str
    ids: Ids = NO_IDS
    names: Mapping[str, str] = field(default_factory=dict)
    kinds: tuple[str, ...] = ()

    def error_of(self, failure: CallError) -> tuple[SnapshotError, bool]:
        """Return the error that a failure means, and whether another attempt may heal it."""
        if isinstance(failure, RefusedError):
            refusal = failure.refusal
            rule = next(rule for rule in self.service.rules if rule.matches(refusal, self.kinds))
            remedy = rule.remedy and rule.remedy.format_map(self.names)
            ids = refusal.ids if self.ids is NO_IDS else self.ids
            return rule.error(f"{self.where} {refusal}", remedy=remedy, ids=ids), rule.again
        silent = isinstance(failure, NoAnswerError)
        kind = self.service.no_answer if silent else self.service.unreadable or self.service.no_answer
        error = kind(f"{self.where}: {failure}", remedy=failure.remedy, ids=self.ids)
        error.may_pass = failure.may_pass or not silent  # an untrusted certificate needs someone at once
        return error, failure.may_pass
