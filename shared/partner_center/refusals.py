"""What Partner Center's refusals mean.

Source: https://learn.microsoft.com/partner-center/developer/error-codes and
https://learn.microsoft.com/partner-center/security/mandatory-mfa
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests

from shared.errors import (
    AppOnlyRefused,
    Ids,
    MfaRequired,
    PartnerAccessDenied,
    PartnerBadResponse,
    PartnerThrottled,
    PartnerUnavailable,
    SnapshotError,
    WrongAudience,
)
from shared.net import exact_json
from shared.net.foreign_text import one_line
from shared.net.retry import PASSING_STATUSES, RetryableError

_BY_CODE: dict[str, type[SnapshotError]] = {
    "900420": WrongAudience,
    "900421": MfaRequired,
    "900329": AppOnlyRefused,
    "60003": PartnerAccessDenied,
}

_DENIED_BECAUSE = {
    "900308": "the app or the user lacks the role for this call",
    "900309": "a Conditional Access policy of the tenant stands against it",
    "900149": "the tenant's programme status does not allow it",
    "900150": "the tenant's programme status or the user's role does not allow it",
    "60003": "Partner Center does not know the tenant",
}


@dataclass(frozen=True)
class _ErrorBody:
    """An error as one of the body's four shapes tells it; empty for plain text, HTML or nothing."""

    code: str = ""
    text: str = ""


def refusal(response: requests.Response, ids: Ids, sanitize: Callable[[Any], str] = one_line) -> Exception:
    """Return the error for an answer that is not 200: RetryableError when it may pass, else one of the tree."""
    body = _error_body(response.content, sanitize)
    status = response.status_code
    because = _DENIED_BECAUSE.get(body.code, "")
    told = ", ".join(part for part in (f"code {body.code}" if body.code else "", because, body.text) if part)
    message = f"GET {response.url} answered {status}" + (f": {told}" if told else " and no reason")
    if status in PASSING_STATUSES:
        kind = PartnerThrottled if status == requests.codes.too_many_requests else PartnerUnavailable
        return RetryableError(kind(message, ids=ids), response.headers.get("Retry-After"))
    if body.code in _BY_CODE:
        return _BY_CODE[body.code](message, ids=ids)
    if status in (requests.codes.unauthorized, requests.codes.forbidden):
        return PartnerAccessDenied(message, ids=ids)
    return PartnerBadResponse(message, ids=ids)


def _error_body(content: bytes, sanitize: Callable[[Any], str]) -> _ErrorBody:
    try:
        members: Any = exact_json.loads(content)
    except ValueError:
        return _ErrorBody()
    if not isinstance(members, dict):
        return _ErrorBody()
    text = members.get("description") or members.get("message") or members.get("errorName")
    return _ErrorBody(sanitize(members.get("code")), sanitize(text))
