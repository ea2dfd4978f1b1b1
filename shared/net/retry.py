"""The one retry layer: attempts, waits and time limits of a logical call to a service."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import uniform
from threading import Event
from typing import TypeVar

from shared.errors import TransientError
from shared.log import LOGGER
from shared.net.attempt import NoAnswerError, UnreadableAnswerError
from shared.net.attempt import attempt as time_limit

T = TypeVar("T")

PASSING_STATUSES = frozenset({408, 429, 500, 502, 503, 504})
"""HTTP statuses that another attempt may heal."""


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


class RetryableError(Exception):
    """Raised by an attempt that failed in a way that may heal; `retry_after` is the answer's header of that name."""

    def __init__(self, error: TransientError, retry_after: str | None = None) -> None:
        super().__init__(error.message)
        self.error = error
        self.retry_after = retry_after


class Retry:
    """Makes attempts until one succeeds, a limit is reached or the run's time is over."""

    def __init__(
        self,
        *,
        deadline: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[float, float], float] = uniform,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        stop: Event | None = None,
    ) -> None:
        """Take the run's end on `clock`, in seconds, after which no attempt is begun and no answer awaited."""
        self._deadline = deadline
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._now = now
        self._stop = stop
        self.retries = 0

    def call(self, attempt: Callable[[], T], limits: Limits, no_answer_error: Callable[[str], TransientError]) -> T:
        """Return what `attempt` returns.

        An attempt that raises RetryableError, or gets no whole answer in its time, is made again after a wait of 1, 2, 4 s, shortened at random
        by up to a half so that many do not return at once, or of the service's Retry-After when that is longer. Any other exception is final.
        `no_answer_error` makes the error for an attempt that got no answer in time, from the words that say so.

        Raises:
            TransientError: the last attempt's error, when another one would overstep a limit.

        """
        end = min(self._clock() + limits.total, self._deadline)
        for number in range(1, limits.attempts + 1):
            remaining = end - self._clock()
            if remaining <= 0:
                break
            patience = min(limits.attempt, remaining)
            try:
                with time_limit(patience, self._stop):
                    return attempt()
            except RetryableError as again:
                error, wish = again.error, retry_after_seconds(again.retry_after, self._now())
            except NoAnswerError as none:
                error, wish = _with_remedy(no_answer_error(str(none)), none.remedy), None
                if not none.may_pass:
                    raise error from None
            except UnreadableAnswerError as unreadable:
                raise no_answer_error(str(unreadable)) from None
            wait = max(self._jitter(0.5, 1.0) * 2 ** (number - 1), wish or 0)
            if number == limits.attempts or self._clock() + wait >= end:
                raise error
            self.retries += 1
            LOGGER.info("Trying again in %.1f s: %s", wait, error.message)
            self._sleep(wait)
        raise no_answer_error("not asked, because the time limit of the run or of the call was used up before")


def _with_remedy(error: TransientError, remedy: str | None) -> TransientError:
    error.remedy = remedy or error.remedy
    return error


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
