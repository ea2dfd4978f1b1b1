"""The attempt under way in this thread, and the ways in which it can end without a usable answer."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Event
from typing import Any

import requests

DEFAULT_SECONDS = 20.0
"""The time of a request that nobody has set a limit for."""


class CallError(Exception):
    """A call to a service that gave no usable answer; `remedy` when the usual one would mislead."""

    may_pass = False
    retry_after: str | None = None
    """The header of this name, as it was sent."""

    def __init__(self, reason: str, *, remedy: str | None = None) -> None:
        super().__init__(reason)
        self.remedy = remedy


class NoAnswerError(CallError):
    """No whole answer came; `may_pass` is False when another attempt would end the same way."""

    def __init__(self, reason: str, *, may_pass: bool = True, remedy: str | None = None) -> None:
        super().__init__(reason, remedy=remedy)
        self.may_pass = may_pass


class UnreadableAnswerError(CallError):
    """An answer came that is not one of this service."""


class Attempt:
    """One attempt of a call: until when it may take, on time.monotonic, and the last answer that it got, whole.

    `members` are the answer's when it is a JSON object.
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
            TimeoutError: the time is over, or the run was stopped.

        """
        left = self.end - time.monotonic()
        if left <= 0 or (self._stop is not None and self._stop.is_set()):
            raise TimeoutError
        return left


_CURRENT: ContextVar[Attempt | None] = ContextVar("attempt", default=None)


def current_attempt() -> Attempt:
    """Return the attempt under way in this thread."""
    return _CURRENT.get() or Attempt(DEFAULT_SECONDS)


@contextmanager
def attempt(seconds: float, stop: Event | None = None) -> Iterator[Attempt]:
    """Limit what this thread sends and reads inside the block to so many seconds.

    An attempt inside another one (a token that is fetched in the middle of a call) does not count against the outer one.
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
