"""Calls Microsoft's client libraries and contains their errors."""

from collections.abc import Callable
from typing import TypeVar

from shared.errors import SnapshotError
from shared.net.attempt import CallError, UnreadableAnswerError, current_attempt

T = TypeVar("T")


def library_call(call: Callable[[], T]) -> T:
    """Return what a library call returns. `call` must contain nothing else, or our own bug is blamed on a service.

    Raises:
        UnreadableAnswerError: the library failed on the response. Its error is dropped: it may contain the response,
            and the host logs an error with its causes.
        CallError, SnapshotError: unchanged.

    """
    try:
        return call()
    except (CallError, SnapshotError):
        raise
    except Exception as error:
        answer = current_attempt().answer
        if answer is None:
            raise
        reason = f"the response ({answer.status_code}) could not be read ({type(error).__name__})"
    raise UnreadableAnswerError(reason)
