"""What a failed call to a service means: no answer, an unreadable answer, or a refusal that a table of rules explains."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.errors import NO_IDS, Ids, SnapshotError, TransientError
from shared.net.attempt import CallError, NoAnswerError
from shared.net.refusal import TRANSIENT_STATUSES, Refusal, RefusedError


@dataclass(frozen=True)
class Limits:
    """The limits of one logical call. Times are in seconds and include the waits between attempts."""

    attempt: float
    total: float
    attempts: int = 4


AZURE = Limits(attempt=20, total=60)
"""The limits for sign-in, Key Vault, the identity endpoint and Table Storage."""

APP_ONLY = "app-only sign-in"
APP_USER = "app+user sign-in"
"""How an account signs in, in Microsoft's terms. A rule may apply to only one of them."""

INTERMEDIARY_REMEDY = (
    "The response came from a proxy, a firewall or a network sign-in page, or the address in the settings belongs to another "
    "service. Check that address and everything between this machine and the service (HTTPS_PROXY, NO_PROXY, firewall)."
)
"""The remedy for a response that did not come from the service."""


@dataclass(frozen=True)
class Rule:
    """One rule in a service's table: which refusals it matches, and what they mean.

    Every condition that is set must match: one of the codes, one of the statuses, one of the lower-case texts in the
    reason. `remedy` may contain placeholders such as `{name}`, which `Call.names` fills in. `only` restricts the rule to
    one kind of sign-in or credential. `retryable` allows another attempt.
    """

    error: type[SnapshotError]
    remedy: str | None = None
    codes: tuple[str, ...] = ()
    statuses: tuple[int, ...] = ()
    reason_contains: tuple[str, ...] = ()
    is_html_page: bool = False
    retryable: bool = False
    only: str = ""

    def matches(self, refusal: Refusal, kinds: tuple[str, ...]) -> bool:
        """Return whether the rule matches this refusal of a call with these kinds of sign-in and credential."""
        return (
            (not self.only or self.only in kinds)
            and (not self.codes or any(refusal.has_code(code) for code in self.codes))
            and (not self.statuses or refusal.status in self.statuses)
            and (not self.reason_contains or any(text in refusal.reason.lower() for text in self.reason_contains))
            and (refusal.is_html_page or not self.is_html_page)
        )


def transient_rules(error: type[SnapshotError]) -> tuple[Rule, ...]:
    """Return the rules that all services share: for transient refusals and for responses from an intermediary."""
    return (
        Rule(error, statuses=(407, 511), remedy=INTERMEDIARY_REMEDY),
        Rule(error, statuses=TRANSIENT_STATUSES, is_html_page=True, retryable=True, remedy=INTERMEDIARY_REMEDY),
        Rule(error, statuses=TRANSIENT_STATUSES, retryable=True),
        Rule(error, is_html_page=True, remedy=INTERMEDIARY_REMEDY),
    )


@dataclass(frozen=True)
class Service:
    """What a service's failures mean. The first rule that matches a refusal decides; the last one matches all refusals.

    `unreadable`: the error for a response that did not come from this service. Defaults to `no_answer`.
    """

    no_answer: type[TransientError]
    rules: tuple[Rule, ...]
    limits: Limits = AZURE
    unreadable: type[TransientError] | None = None


@dataclass(frozen=True)
class Call:
    """One logical call: `where` describes it in messages, `ids` were sent with it, `names` fill in its remedies.

    `kinds`: how the account signs in and with which credential. Rules match them with `only`.
    """

    service: Service
    where: str
    ids: Ids = NO_IDS
    names: Mapping[str, str] = field(default_factory=dict)
    kinds: tuple[str, ...] = ()

    def error_of(self, failure: CallError) -> tuple[SnapshotError, bool]:
        """Return the error that a failure means, and whether another attempt may succeed."""
        if isinstance(failure, RefusedError):
            refusal = failure.refusal
            rule = next(rule for rule in self.service.rules if rule.matches(refusal, self.kinds))
            remedy = rule.remedy and rule.remedy.format_map(self.names)
            ids = refusal.ids if self.ids is NO_IDS else self.ids
            return rule.error(f"{self.where} {refusal}", remedy=remedy, ids=ids), rule.retryable
        no_answer = isinstance(failure, NoAnswerError)
        kind = self.service.no_answer if no_answer else self.service.unreadable or self.service.no_answer
        error = kind(f"{self.where}: {failure}", remedy=failure.remedy, ids=self.ids)
        error.may_pass = failure.may_pass or not no_answer  # an untrusted certificate needs action at once
        return error, failure.may_pass
