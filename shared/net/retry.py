"""The one retry layer: attempts, waits and time limits of a logical call to a service."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import uniform
from threading import Event
from typing import TypeVar

from shared.errors import NO_IDS, Ids, SnapshotError, TransientError
from shared.log import LOGGER
from shared.net.attempt import NoAnswerError, UnreadableAnswerError
from shared.net.attempt import attempt as time_limit
from shared.net.refusal import Refusal, RefusedError, Rule

T = TypeVar("T")


@dataclass(frozen=True)
class Limits:
    """The limits of one logical call, times in seconds and waits included."""

    attempt: float
    total: float
    attempts: int = 4


PARTNER_CENTER = Limits(attempt=150, total=180)
"""Invoice calls were seen to take more than 100 s (Partner-Center-PowerShell#312, #319)."""

AZURE = Limits(attempt=20, total=60)
"""Sign-in, Key Vault, the identity endpoint and Table Storage."""


@dataclass(frozen=True)
class Service:
    """What the silence, the nonsense and the refusals of one service mean; the last rule matches every refusal."""

    limits: Limits
    no_answer: type[TransientError]
    unreadable: type[TransientError]
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Call:
    """One logical call: which service, what messages call it, the ids that it was sent with, the names in its remedies."""

    service: Service
    where: str
    ids: Ids = NO_IDS
    names: Mapping[str, str] = field(default_factory=dict)

    def refused(self, refusal: Refusal) -> tuple[SnapshotError, bool]:
        """Return the error that a refusal means, and whether another attempt may heal it."""
        rule = next(rule for rule in self.service.rules if rule.matches(refusal))
        ids = refusal.ids if self.ids is NO_IDS else self.ids
        return rule.error_of(f"{self.where} {refusal}", self.names, ids), rule.again


class Retry:
    """Makes attempts until one succeeds, a limit is reached or the run's time is over."""

    def __init__(
        self,
        *,
        deadline: float,
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[float, float], float] = uniform,
        stop: Event | None = None,
    ) -> None:
        """Take the run's end on `clock`, in seconds, after which no attempt is begun and no answer awaited, and its `now`."""
        self._deadline = deadline
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self.now = now
        self._stop = stop
        self.retries = 0

    def limit(self, seconds: float) -> None:
        """End what follows after so many seconds."""
        self._deadline = self._clock() + seconds

    def call(self, attempt: Callable[[], T], call: Call) -> T:
        """Return what `attempt` returns.

        An attempt that gets no whole answer in its time, or a refusal that may pass, is made again after a wait of 1, 2, 4 s,
        shortened at random by up to a half so that many do not return at once, or of the service's Retry-After when that
        is longer. Any other exception is final.

        Raises:
            SnapshotError: what the service's table says; a passing error when another attempt would overstep a limit.

        """
        limits, where = call.service.limits, call.where
        end = min(self._clock() + limits.total, self._deadline)
        for number in range(1, limits.attempts + 1):
            remaining = end - self._clock()
            if remaining <= 0 or (self._stop is not None and self._stop.is_set()):
                break
            error: SnapshotError
            with time_limit(min(limits.attempt, remaining), self._stop) as limit:
                try:
                    return attempt()
                except RefusedError as refused:
                    (error, again), wish = call.refused(refused.refusal), refused.refusal.retry_after
                except NoAnswerError as none:
                    error = call.service.no_answer(f"{where}: {none}", remedy=none.remedy, ids=call.ids)
                    again, wish = none.may_pass, None
                except UnreadableAnswerError as unreadable:
                    error = call.service.unreadable(f"{where}: {unreadable}", remedy=unreadable.remedy, ids=call.ids)
                    again, wish = False, None
            # The identity is asked in the middle of a call of the vault; that time is the identity's own.
            end = min(end + limit.nested_seconds, self._deadline)
            wait = max(self._jitter(0.5, 1.0) * 2 ** (number - 1), retry_after_seconds(wish, self.now()) or 0)
            if not again or number == limits.attempts or self._clock() + wait >= end:
                raise error from None
            self.retries += 1
            LOGGER.info("Trying again in %.1f s: %s", wait, error.message)
            self._wait(wait)
        raise call.service.no_answer(
            f"{where}: not asked, because the time limit of the run or of the call was used up before", ids=call.ids
        )

    def _wait(self, seconds: float) -> None:
        if self._stop is None:
            self._sleep(seconds)
        else:
            self._stop.wait(seconds)


def retry_after_seconds(header: str | None, now: datetime) -> float | None:
    """Read a Retry-After header, given in seconds or as an HTTP date; None when absent or unreadable."""
    if header is None:
        return None
    text = header.strip()
    if text.isdecimal():
        return float(text)
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())
