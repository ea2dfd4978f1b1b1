"""One call of an Azure SDK client, its failures told apart: passing, refused, unreadable."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from azure.core.exceptions import DecodeError, HttpResponseError, IncompleteReadError

from shared.errors import Ids, SnapshotError, TransientError
from shared.net import exact_json
from shared.net.attempt import CallError, UnreadableAnswerError, current_attempt
from shared.net.retry import PASSING_STATUSES, RetryableError

T = TypeVar("T")

CLIENT_OPTIONS: dict[str, Any] = {"retry_total": 0, "connection_timeout": 20, "read_timeout": 20}
"""Every Azure client gets these: shared.net.retry is the one retry layer. Times in seconds."""


def azure_call(
    call: Callable[[], T],
    *,
    where: str,
    unreachable: type[TransientError],
    refused: Callable[[HttpResponseError], Exception],
) -> T:
    """Make the call; `where` names the service and address in messages, `refused` makes the error of a final answer.

    Raises:
        RetryableError: no answer, or one of the statuses that may pass.
        Exception: what `refused` made of a final answer, or the unreachable error for what no repetition heals.

    """
    try:
        return call()
    except HttpResponseError as error:
        if error.status_code in PASSING_STATUSES:
            passing = unreachable(f"{where} answered {error.status_code} {error_code(error)}".rstrip(), ids=ids(error))
            raise RetryableError(passing, _header(error, "Retry-After")) from None
        if isinstance(error, IncompleteReadError):
            raise RetryableError(unreachable(f"{where}: the answer was cut off")) from None
        if isinstance(error, DecodeError):
            # Its text holds the answer, which may hold a secret, and the host logs an error with its causes.
            raise unreachable(f"{where} sent an unreadable answer") from None
        raise refused(error) from None
    except (CallError, SnapshotError, RetryableError):
        raise
    except Exception as error:
        if current_attempt().answer is None:
            raise
        # The client stumbled over the answer. Its error may hold the answer, and the host logs an error with its causes.
        stumbled = type(error).__name__
    raise UnreadableAnswerError(f"its answer could not be read ({stumbled})")


def error_code(error: HttpResponseError) -> str:
    """Return the service's own code for the refusal, the innermost one, else an empty text."""
    inner = getattr(error.error, "innererror", None) or {}
    own = getattr(error, "error_code", None) or getattr(error.error, "code", None)
    code = inner.get("code") or own or _odata_code(error)
    return str(getattr(code, "value", code) or "")


def _odata_code(error: HttpResponseError) -> Any:
    """Return the code in a table service's answer: the client does not read it when a single insert is refused."""
    try:
        return exact_json.loads(error.response.body())["odata.error"]["code"]  # type: ignore[union-attr] # as caught
    except (AttributeError, ValueError, LookupError, TypeError):
        return None


def ids(error: HttpResponseError) -> Ids:
    """Return the request id that the service gave its answer."""
    return Ids(request_id=_header(error, "x-ms-request-id"))


def _header(error: HttpResponseError, name: str) -> str | None:
    headers: Mapping[str, str] = getattr(error.response, "headers", {})
    return headers.get(name)
