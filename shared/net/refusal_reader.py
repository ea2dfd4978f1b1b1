"""Reading why a service refused, in whatever shape it says it."""

import base64
import html
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from shared.errors import Ids
from shared.net.foreign_text import one_line
from shared.net.refusal import Refusal

LONGEST_REASON = 300
_LONGEST_PAGE = 200
LONGEST_READ = 64 * 1024
"""Bytes of a refusal's body that are read for its reason."""

_CODES = ("code", "error", "errorcode", "error_code")
_REASONS = (
    "authenticationerrordetail",  # the cause; the message beside it only says how a header is formed
    "error_description",
    "description",
    "message",
    "errormessage",
    "value",
    "detail",
    "title",
    "reason",
    "errorname",
    "faultstring",
    "error",
)
_NESTED = ("innererror", "odata.error", "error", "errors", "fault", "message")
_XML = re.compile(r"<(?:\w+:)?(\w+)\b[^>]*>([^<]+)</")
_HTML = re.compile(r"<(!doctype html|html|head|body|h1|center)\b", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_MARKUP = re.compile(r"<(style|script)\b.*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_PARAMETER = re.compile(r"""(\w+)\s*=\s*(?:"((?:\\.|[^"\\])*)"|'([^']*)'|([^\s,"']+))""")
_SUCCESS = range(200, 300)
"""An error that comes with a success: what it says outside the known members may be a balance."""
_DATA = re.compile(r'^(?:["\[]|null$|[\d.,-]+$)|[{<]')
_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_IDS_IN_TEXT = re.compile(r"\s*\b(?:Trace ID|RequestId|Request ID)\s*:.*", re.DOTALL | re.IGNORECASE)
_CODE = re.compile(r"[\w.-]{1,80}")


def read_refusal(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    authorization: str = "",
    sanitize: Callable[[Any, int], str] = one_line,
) -> Refusal:
    """Read why a service refused: from JSON in any of its shapes, XML, HTML, plain text or headers.

    `authorization` is the request's header, whose token names the tenant that a 401 may be about.
    """
    text = body[:LONGEST_READ].decode("utf-8-sig", "replace").strip()
    named = _PARAMETER.findall(headers.get("WWW-Authenticate") or "")
    challenge = {name.lower(): "".join(value).replace("\\", "") for name, *value in named}
    page = text.startswith("<") and _HTML.search(text) is not None
    members = _json(text)
    members = members or _from_xml(text)
    code, reason = ("", _page(text)) if page else _from_members(members)
    code = code or headers.get("x-ms-error-code") or challenge.get("error", "")
    reason = (
        reason
        or challenge.get("error_description", "")
        or ("" if code or status in _SUCCESS else _shape(text, members))
    )
    ids = members if isinstance(members, dict) else {}
    return Refusal(
        status=status,
        code=sanitize(code, 80) if _CODE.fullmatch(code) else "",
        reason=sanitize(_other_tenant(challenge, authorization) + _IDS_IN_TEXT.sub("", reason), LONGEST_REASON),
        ids=Ids(
            sanitize(ids.get("trace_id") or headers.get("x-ms-request-id"), 80) or None,
            sanitize(ids.get("correlation_id"), 80) or None,
        ),
        retry_after=headers.get("Retry-After"),
        page=page,
    )


def _json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=lambda pairs: {name.lower(): value for name, value in pairs})
    except (ValueError, RecursionError):
        return None


def _from_members(members: Any) -> tuple[str, str]:
    """Return code and reason; a nested error's code is preferred, because the outer one is often general."""
    if isinstance(members, list) and members:
        members = members[0]
    if not isinstance(members, dict):
        return "", members.strip() if isinstance(members, str) else ""
    nested = [_from_members(members[name]) for name in _NESTED if isinstance(members.get(name), dict | list)]
    codes = [code for code, _ in nested] + [_text(members.get(name)) for name in _CODES]
    said = [value for value in map(members.get, _REASONS) if isinstance(value, str)]  # a number may be an amount
    reasons = [value.strip() for value in said] + [reason for _, reason in nested]
    code = next((code for code in codes if _CODE.fullmatch(code)), "")
    return code, next((reason for reason in reasons if reason not in ("", code)), "")


def _text(value: Any) -> str:
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _from_xml(text: str) -> dict[str, str]:
    return {name.lower(): html.unescape(value) for name, value in reversed(_XML.findall(text))}


def _shape(text: str, members: Any) -> str:
    """Return plain text as it is, and of data the names alone: a gateway may repeat a balance or a secret with an error."""
    if isinstance(members, dict) and members:
        return f"no reason, only the members {', '.join(members)}"
    return "" if _DATA.search(text) else text


def _page(text: str) -> str:
    """Return the title of an HTML page, or how its text begins."""
    title = _TITLE.search(text)
    said = html.unescape(title[1] if title else _MARKUP.sub(" ", text)).split()
    return f"an HTML page {'titled' if title else 'that says'} {' '.join(said)[:_LONGEST_PAGE]!r}"


def _other_tenant(challenge: Mapping[str, str], authorization: str) -> str:
    """Say so when a challenge names another tenant than the one that the request's token is of."""
    expected = _GUID.search(challenge.get("authorization_uri") or challenge.get("authorization") or "")
    found = token_tenant(authorization)
    if expected is None or found is None or found == expected[0].lower():
        return ""
    return f"it expects a token of the tenant {expected[0]} and got one of {found}. "


def token_tenant(authorization: str) -> str | None:
    """Return the tenant that a token, bare or in an Authorization header, is of; None when it is not a readable JWT."""
    parts = authorization.rpartition(" ")[2].split(".")
    if len(parts) != 3:  # noqa: PLR2004 - the parts of a JWT
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return None
    tenant = claims.get("tid") if isinstance(claims, dict) else None
    return tenant.lower() if isinstance(tenant, str) and _GUID.fullmatch(tenant) else None
