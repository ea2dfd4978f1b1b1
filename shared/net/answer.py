"""Checks a response before a library sees it: complete, from the requested host, and JSON or a transaction's parts."""

import re
from collections.abc import Mapping
from html import unescape
from typing import Any
from urllib.parse import unquote, urlsplit

import requests

from shared.net.attempt import NoAnswerError, UnreadableAnswerError
from shared.net.exact_json import plain_object
from shared.net.masking import MASK, Secrets
from shared.net.refusal import Refusal, RefusedError, read_refusal
from shared.net.service import INTERMEDIARY_REMEDY

_PART = re.compile(rb"^HTTP/1\.1 (\d{3})[^\n]*\n(?:.*?\n)??\r?\n(.*?)\r?\n--", re.MULTILINE | re.DOTALL)
_NUMBER = re.compile(r"(?<!\w)\d[\d.,']*(?:[eE][+-]?\d+)?(?![\w-])")
_MIN_NUMBER_LENGTH = 3
"""Shorter numbers are versions and counts rather than amounts."""
_LENGTH = re.compile(r"\d+(?:\s*,\s*\d+)*")
_ECHO = "text that repeats the request"
_ECHOED = 40
"""Consecutive letters and digits that count as an echo: more than an id has, which a service may quote."""


def check_answer(answer: requests.Response, secrets: Secrets) -> dict[str, Any] | None:
    """Return a response's JSON object, or None for the responses that need not have one. Its secrets are remembered.

    Raises:
        NoAnswerError: the response does not state its length and was cut off.
        RefusedError: its status, or the status of a transaction's part, is 400 or above.
        UnreadableAnswerError: it is a redirect, or a success without a JSON object.

    """
    status, headers, body = answer.status_code, answer.headers, answer.content
    kind = headers.get("Content-Type", "")
    if status == requests.codes.no_content:
        return None
    if status in range(300, 400):
        where = _target(headers.get("Location", ""), secrets)
        reason = f"it answered {status}, a redirect to {where}; redirects are never followed"
        raise UnreadableAnswerError(reason, remedy=INTERMEDIARY_REMEDY)
    members = plain_object(body)
    secrets.add_from_answer(members)
    if members is None and _broke_off(headers, body):
        raise NoAnswerError("the response was cut off")
    if status >= requests.codes.bad_request:
        if not _is_challenge(answer):
            raise RefusedError(refusal_in(answer, secrets))
    elif kind.startswith("multipart/mixed") and urlsplit(answer.request.url or "").path.endswith("/$batch"):
        for part, inner in _PART.findall(body):  # a transaction reports a refusal inside a successful response
            if int(part) >= requests.codes.bad_request:
                raise RefusedError(refusal_in(answer, secrets, (int(part), {}, inner)))
    elif members is None:
        refusal, shown = refusal_in(answer, secrets), secrets.sanitize(kind or "no content type", 60)
        page, remedy = (f" but {refusal.reason}", INTERMEDIARY_REMEDY) if refusal.is_html_page else ("", None)
        reason = f"the response ({status}, {len(body)} bytes, {shown}) is not a JSON object{page}"
        raise UnreadableAnswerError(reason, remedy=remedy)
    return members


def refusal_in(
    answer: requests.Response, secrets: Secrets, part: tuple[int, Mapping[str, str], bytes] | None = None
) -> Refusal:
    """Read the refusal in a response, or in one part (status, headers, body). Echoes of the request are removed."""
    status, headers, body = part or (answer.status_code, answer.headers, answer.content)
    return read_refusal(
        status,
        headers,
        body,
        authorization=answer.request.headers.get("Authorization", ""),
        sanitize=lambda text: _without_echo(secrets.sanitize(text), answer.request),
    )


def _target(location: str, secrets: Secrets) -> str:
    try:
        host = urlsplit(location).hostname
    except ValueError:
        return "an unreadable address"
    return secrets.sanitize(host, 100) or ("the same host" if location else "nowhere")


def _broke_off(headers: Mapping[str, str], body: bytes) -> bool:
    """Return whether a response that is not JSON was cut off: its length is not given, and its format lacks the end."""
    chunked = "chunked" in headers.get("Transfer-Encoding", "").lower()
    if chunked or _LENGTH.fullmatch(headers.get("Content-Length", "")):
        return False
    kind = headers.get("Content-Type", "").lower()
    multipart = kind.startswith("multipart/") and not body.rstrip().endswith(b"--")
    return multipart or "json" in kind or body.lstrip().startswith(b"{")


def _is_challenge(answer: requests.Response) -> bool:
    """Return whether this is a challenge from the vault or the Arc agent. Their clients answer it with a token."""
    request = answer.request
    return (
        answer.status_code == requests.codes.unauthorized
        and "WWW-Authenticate" in answer.headers
        and request.method in ("GET", "PUT")
        and not {"Authorization", "X-IDENTITY-HEADER"} & set(request.headers)
    )


def _without_echo(reason: str, request: requests.PreparedRequest) -> str:
    """Remove what a reason repeats of the rows that were sent, as proxies and gateways do: it may be an amount."""
    sent = request.body.decode("utf-8", "replace") if isinstance(request.body, bytes) else request.body
    if not isinstance(sent, str) or request.headers.get("Content-Type") == "application/x-www-form-urlencoded":
        return reason
    shown, known = _letters(reason), _letters(sent)
    if any(shown[start : start + _ECHOED] in known for start in range(len(shown) - _ECHOED + 1)):
        return _ECHO
    numbers = {_digits(number) for number in _NUMBER.findall(sent) if len(number) >= _MIN_NUMBER_LENGTH}
    return _NUMBER.sub(
        lambda found: MASK if len(found[0]) >= _MIN_NUMBER_LENGTH and _digits(found[0]) in numbers else found[0], reason
    )


def _digits(number: str) -> str:
    """Return a number's digits, the same in every notation: no separators, exponent, or leading and trailing zeros."""
    return re.sub(r"\D", "", re.split("[eE]", number)[0]).strip("0")


def _letters(text: str) -> str:
    """Return only the letters and digits, which no escaping changes."""
    return "".join(filter(str.isalnum, unescape(unquote(text)))).lower()
