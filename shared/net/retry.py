"""The retry layer: the attempts, waits and time limits of a logical call to a service."""

import time
from collections.abc import Callable
from datetime import datetime
from random import uniform
from threading import Event
from typing import Any, TypeVar

from shared.log import LOGGER
from shared.net.attempt import CallError, NoAnswerError
from shared.net.attempt import attempt as time_limit
from shared.net.foreign_text import http_date
from shared.net.service import Call

T = TypeVar("T")


class Retry:
    """Makes attempts until one succeeds, a limit is reached or the run's time is up."""

    def __init__(
        self,
        *,
        deadline: float,
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Any] | None = None,
        jitter: Callable[[float, float], float] = uniform,
        stop: Event | None = None,
    ) -> None:
        """Nothing is started or awaited after `deadline`, in seconds on `clock`. `stop` ends every wait."""
        self._deadline = deadline
        self._clock = clock
        self._stop = stop or Event()
        self._sleep = sleep or self._stop.wait
        self._jitter = jitter
        self.now = now
        self.retries = 0

    def limit(self, seconds: float) -> None:
        """Set the deadline for all further calls to this many seconds from now."""
        self._deadline = self._clock() + seconds

    def call(self, attempt: Callable[[], T], call: Call) -> T:
        """Return what `attempt` returns.

        An attempt that gets no complete response in time, or a transient refusal, is retried. The wait is 1, 2, then
        4 s, randomly shortened by up to half so that callers do not retry at once, or the service's Retry-After if
        longer. Any other exception is final.

        Raises:
            SnapshotError: as the service's rules say; a transient error if another attempt would exceed a limit.

        """
        limits = call.service.limits
        end = min(self._clock() + limits.total, self._deadline)
        for number in range(limits.attempts):
            remaining = end - self._clock()
            if remaining <= 0 or self._stop.is_set():
                break
            with time_limit(min(limits.attempt, remaining), self._stop) as limit:
                try:
                    return attempt()
                except CallError as failure:
                    (error, retryable), retry_after = call.error_of(failure), failure.retry_after
            # A call to the vault may need a token first. The time for that does not count as the vault's.
            end = min(end + limit.nested_seconds, self._deadline)
            wait = max(self._jitter(0.5, 1.0) * 2**number, retry_after_seconds(retry_after, self.now()) or 0)
            if not retryable or number + 1 == limits.attempts or self._clock() + wait >= end:
                raise error
            self.retries += 1
            LOGGER.info("Retrying in %.1f s: %s", wait, error.message)
            self._sleep(wait)
        late = NoAnswerError("not called, because the time limit for the run or the call had already expired")
        raise call.error_of(late)[0]


def retry_after_seconds(header: str | None, now: datetime) -> float | None:
    """Parse a Retry-After header, in seconds or as an HTTP date; None if it is absent or unreadable."""
    text = (header or "").strip()
    if text.isdecimal():
        return float(text)
    when = http_date(text)
    return None if when is None else max(0.0, (when - now).total_seconds())
