"""The current attempt in this thread, and the errors for an attempt that gets no usable response."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Event
from typing import Any

import requests

DEFAULT_SECONDS = 20.0
"""The time limit for a request outside any attempt."""


class CallError(Exception):
    """A call that got no usable response. `remedy` replaces the usual remedy where that would mislead."""

    may_pass = False
    retry_after: str | None = None
    """The Retry-After header as the service sent it."""

    def __init__(self, reason: str, *, remedy: str | None = None) -> None:
        super().__init__(reason)
        self.remedy = remedy


class NoAnswerError(CallError):
    """No complete response arrived. `may_pass` is False when another attempt would fail in the same way."""

    def __init__(self, reason: str, *, may_pass: bool = True, remedy: str | None = None) -> None:
        super().__init__(reason, remedy=remedy)
        self.may_pass = may_pass


class UnreadableAnswerError(CallError):
    """A response arrived, but this service cannot have sent it."""


class Attempt:
    """One attempt of a call: `end` is its deadline on time.monotonic, and `answer` the last complete response.

    `members` are those of the response, if it is a JSON object.
    """

    def __init__(self, seconds: float, stop: Event | None = None) -> None:
        self.end = time.monotonic() + seconds
        self.answer: requests.Response | None = None
        self.members: dict[str, Any] | None = None
        self.nested_seconds = 0.0
        self._stop = stop

    def seconds_left(self) -> float:
        """Return the time left.

        Raises:
            TimeoutError: the time is up, or the run was stopped.

        """
        left = self.end - time.monotonic()
        if left <= 0 or (self._stop is not None and self._stop.is_set()):
            raise TimeoutError
        return left


_CURRENT: ContextVar[Attempt | None] = ContextVar("attempt", default=None)


def current_attempt() -> Attempt:
    """Return the current attempt in this thread."""
    return _CURRENT.get() or Attempt(DEFAULT_SECONDS)


@contextmanager
def attempt(seconds: float, stop: Event | None = None) -> Iterator[Attempt]:
    """Limit the time that this thread spends on sending and reading in this block, in seconds.

    The time of a nested attempt, such as fetching a token during a call, does not count against the outer one.
    """
    outer, began = _CURRENT.get(), time.monotonic()
    made = Attempt(seconds, stop)
    token = _CURRENT.set(made)
    try:
        yield made
    finally:
        _CURRENT.reset(token)
        if outer is not None:
            outer.end += time.monotonic() - began
            outer.nested_seconds += time.monotonic() - began
