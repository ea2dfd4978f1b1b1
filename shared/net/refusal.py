"""Reads why a service refused a call, in any of the formats that services use."""

import base64
import html
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.errors import NO_IDS, Ids
from shared.net.attempt import CallError
from shared.net.foreign_text import one_line

TRANSIENT_STATUSES = (408, 429, 500, 502, 503, 504)
"""HTTP statuses after which another attempt may succeed."""

_WAITS = (408, 429, 503, 504)
"""Statuses whose reasons contain numbers that are not codes, such as `Try again in 60003 ms`."""

_MAX_BODY_BYTES = 64 * 1024
"""The bytes of a refusal's body that are searched for its reason."""

_CODES = ("code", "error", "errorcode", "error_code")
_REASONS = (
    "authenticationerrordetail",  # the cause; the message next to it only describes the header's format
    *("error_description", "description", "message", "errormessage", "value", "detail", "title", "reason"),
    *("errorname", "faultstring", "error"),
)
_NESTED = ("innererror", "odata.error", "error", "errors", "fault", "message")
_XML = re.compile(r"<(?:\w+:)?(\w+)\b[^>]*>([^<]+)</")
_HTML = re.compile(r"<(!doctype html|html|head|body|h1|center)\b", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_MARKUP = re.compile(r"<(style|script)\b.*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_PARAMETER = re.compile(r"""(\w+)\s*=\s*(?:"((?:\\.|[^"\\])*)"|'([^']*)'|([^\s,"']+))""")
_DATA = re.compile(r'^(?:["\[]|null$|[\d.,-]+$)|[{<]')
_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_IDS_IN_TEXT = re.compile(r"\s*\b(?:Trace ID|RequestId|Request ID)\s*:.*", re.DOTALL | re.IGNORECASE)
_CODE = re.compile(r"[\w.-]{1,80}")


@dataclass(frozen=True)
class Refusal:
    """A refusal: the service's innermost code and its reason on one masked line. Each is empty if not given."""

    status: int
    code: str = ""
    reason: str = ""
    ids: Ids = NO_IDS
    retry_after: str | None = None
    is_html_page: bool = False
    """Only a proxy or a gateway sends an HTML page; none of these services does."""

    def has_code(self, code: str) -> bool:
        """Return whether this is the code. A numeric code may also be in the reason, unless the status is in _WAITS."""
        if self.code.lower() == code.lower():
            return True
        lasting = code.isdecimal() and self.status not in _WAITS
        return lasting and re.search(rf"(?<![\da-f-]){code}(?![\da-f-])", self.reason.lower()) is not None

    def __str__(self) -> str:
        """Return the refusal as a predicate, for a sentence that begins with the service."""
        details = ": ".join(part for part in (self.code and f"code {self.code}", self.reason) if part)
        return f"answered {self.status}, {details or 'without a reason'}"


class RefusedError(CallError):
    """A service refused a call."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal
        self.retry_after = refusal.retry_after


def read_refusal(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    authorization: str = "",
    sanitize: Callable[[Any], str] = one_line,
) -> Refusal:
    """Read a refusal from any form of JSON, XML, HTML, plain text or headers.

    `authorization` is the request's header: its token names the tenant, which may explain a 401. For an error sent with
    a success status, only the known members are read, because the rest may be a balance.
    """
    text = body[:_MAX_BODY_BYTES].decode("utf-8-sig", "replace").strip()
    named = _PARAMETER.findall(headers.get("WWW-Authenticate") or "")
    challenge = {name.lower(): "".join(value).replace("\\", "") for name, *value in named}
    is_html_page = text.startswith("<") and _HTML.search(text) is not None
    members = _json(text) or {name.lower(): html.unescape(value) for name, value in reversed(_XML.findall(text))}
    code, reason = ("", _page(text)) if is_html_page else _from_members(members)
    code = code or headers.get("x-ms-error-code") or challenge.get("error", "")
    reason = reason or challenge.get("error_description", "")
    if not (reason or code or 200 <= status < 300):  # noqa: PLR2004 - a success
        reason = _shape(text, members)
    ids = members if isinstance(members, dict) else {}
    trace = ids.get("trace_id") or headers.get("x-ms-request-id")
    return Refusal(
        status=status,
        code=sanitize(code) if _CODE.fullmatch(code) else "",
        reason=sanitize(_other_tenant(challenge, authorization) + _IDS_IN_TEXT.sub("", reason)),
        ids=Ids(sanitize(trace)[:80] or None, sanitize(ids.get("correlation_id"))[:80] or None),
        retry_after=headers.get("Retry-After"),
        is_html_page=is_html_page,
    )


def _json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=lambda pairs: {name.lower(): value for name, value in pairs})
    except (ValueError, RecursionError):
        return None


def _from_members(members: Any) -> tuple[str, str]:
    """Return the code and the reason. A nested error's code wins, because the outer one is often generic."""
    if isinstance(members, list) and members:
        members = members[0]
    if not isinstance(members, dict):
        return "", members.strip() if isinstance(members, str) else ""
    nested = [_from_members(members[name]) for name in _NESTED if isinstance(members.get(name), dict | list)]
    named = (members.get(name) for name in _CODES)
    codes = [code for code, _ in nested] + [str(value).strip() for value in named if type(value) in (str, int)]
    texts = [value for value in map(members.get, _REASONS) if isinstance(value, str)]  # a number may be an amount
    reasons = [text.strip() for text in texts] + [reason for _, reason in nested]
    code = next((code for code in codes if _CODE.fullmatch(code)), "")
    return code, next((reason for reason in reasons if reason not in ("", code)), "")


def _shape(text: str, members: Any) -> str:
    """Return plain text unchanged, but only the names in data: a gateway's error may repeat a balance or a secret."""
    if isinstance(members, dict) and members:
        return f"no reason, only the members {', '.join(members)}"
    return "no readable reason" if _DATA.search(text) else text


def _page(text: str) -> str:
    """Return a description of an HTML page: its title, or else its text."""
    title = _TITLE.search(text)
    words = html.unescape(title[1] if title else _MARKUP.sub(" ", text)).split()
    return f"an HTML page {'titled' if title else 'that says'} {' '.join(words)!r}"


def _other_tenant(challenge: Mapping[str, str], authorization: str) -> str:
    """Return a sentence if a challenge names a different tenant than the request's token."""
    expected = _GUID.search(challenge.get("authorization_uri") or challenge.get("authorization") or "")
    found = token_tenant(authorization)
    if expected is None or found is None or found == expected[0].lower():
        return ""
    return f"it expects a token from the tenant {expected[0]} but received one from {found}. "


def token_tenant(authorization: str) -> str | None:
    """Return the tenant of a token, bare or in an Authorization header; None if it is not a readable JWT."""
    try:
        _, payload, _ = authorization.split(".")
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, RecursionError):
        return None
    tenant = claims.get("tid") if isinstance(claims, dict) else None
    return tenant.lower() if isinstance(tenant, str) and _GUID.fullmatch(tenant) else None
