"""How Microsoft's client libraries are called, and where their own errors end."""

from collections.abc import Callable
from typing import TypeVar

from shared.errors import SnapshotError
from shared.net.attempt import CallError, UnreadableAnswerError, current_attempt

T = TypeVar("T")


def library_call(call: Callable[[], T]) -> T:
    """Return what a library's call returns; hold nothing but that call in it, so that a defect of ours is not blamed on a service.

    Raises:
        UnreadableAnswerError: the library failed at the answer that it got. Its own error is not kept: it may hold the
            answer, and the host logs an error with its causes.
        CallError, SnapshotError: as they come.

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
