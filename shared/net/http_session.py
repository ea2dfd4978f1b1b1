"""The one HTTP session of a run: every call to every service goes through it.

It follows no redirect, reads no .netrc and no cookie, sends nothing to this machine through a proxy, reads each answer whole
and within its bounds, and turns whatever is not a usable answer into a `CallError` of our own.
"""

import http.client
import ipaddress
import json
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined] # missing in typeshed

import requests
import urllib3
from requests.adapters import HTTPAdapter

from shared.net.attempt import (
    Answer,
    CallError,
    NoAnswerError,
    UnreadableAnswerError,
    current_attempt,
)
from shared.net.bounded_connection import LARGEST_ANSWER, bound
from shared.net.foreign_text import Secrets
from shared.net.proxy import Proxy
from shared.net.refusal import BETWEEN, RefusedError, read_refusal

CONNECT_SECONDS = 5.0
"""Seconds per address of a host; a name may have several."""

_CERTIFICATE_REMEDY = (
    "If a proxy or firewall inspects TLS, name its CA file in REQUESTS_CA_BUNDLE (SSL_CERT_FILE is not read; Python 3.13 "
    "refuses a CA without an authority key identifier). If the certificate is expired or not valid yet, check this "
    "machine's clock."
)
_CHECKED_BYTES = 64 * 1024
_PART = re.compile(rb"^HTTP/1\.1 (\d{3})[^\n]*\n.*?\r?\n\r?\n(.*?)\r?\n--", re.MULTILINE | re.DOTALL)
_CHUNK = 16 * 1024
_ECHO = "a text that repeats the request"
_ECHOED = 44
"""Characters in a row: more than the ids that a service may name, as in `'<36 characters>'`."""

_SECRET_MEMBERS = ("access_token", "refresh_token", "id_token", "value")
_SECRET_FIELDS = ("client_secret", "refresh_token", "client_assertion", "code", "code_verifier")


class HttpSession(requests.Session):
    """A session for all services; `skews` holds how far each host's clock was ahead of `now` in its first answer."""

    def __init__(
        self,
        *,
        tls: ssl.SSLContext,
        now: Callable[[], datetime],
        connections: int = 10,
        proxy: Proxy | None = None,
        no_proxy: str = "",
    ) -> None:
        super().__init__()
        self.trust_env = False
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        self.headers["Accept-Encoding"] = "identity"  # a small answer could unpack to gigabytes
        self.secrets = Secrets()
        self.skews: dict[str, timedelta] = {}
        if proxy is not None:
            self.secrets.add(urlsplit(proxy.url).password)
        adapter = _Adapter(self, tls, now, connections, proxy, no_proxy)
        self.mount("https://", adapter)
        self.mount("http://", adapter)


class _Adapter(HTTPAdapter):
    def __init__(
        self,
        session: HttpSession,
        tls: ssl.SSLContext,
        now: Callable[[], datetime],
        connections: int,
        proxy: Proxy | None,
        no_proxy: str,
    ) -> None:
        self._session = session
        self._tls = tls
        self._now = now
        self._proxy = proxy
        self._no_proxy = no_proxy
        super().__init__(pool_connections=connections + 10, pool_maxsize=connections)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        bound(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, proxy_ssl_context=self._tls, **kwargs)
        bound(manager)
        return manager

    def cert_verify(self, *_: Any, **__: Any) -> None:
        """Leave it to the one TLS context."""

    def build_connection_pool_key_attributes(  # type: ignore[override] # the certificates are the one context's
        self, request: requests.PreparedRequest, *_: Any, **__: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        parts = urlsplit(request.url or "")
        host = {"scheme": parts.scheme, "host": parts.hostname, "port": parts.port}
        return host, {"ssl_context": self._tls} if parts.scheme == "https" else {}

    def send(  # type: ignore[override] # the caller's timeout, certificate and proxies are the session's to decide
        self, request: requests.PreparedRequest, timeout: Any = None, **_: Any
    ) -> requests.Response:
        _remember_request(request, self._session.secrets)
        proxy = None if self._direct(request.url or "") else self._proxy
        attempt, failure = current_attempt(), None
        asked = timeout[0] if isinstance(timeout, tuple) and timeout[0] else CONNECT_SECONDS
        try:
            left = attempt.seconds_left()
            limits = (min(CONNECT_SECONDS, asked, left), left)
            proxies = {"https": proxy.url} if proxy else {}
            response = super().send(request, stream=True, timeout=limits, proxies=proxies)
            body = _read(response)
        except (
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            http.client.HTTPException,
            OSError,
            ValueError,
        ) as error:
            failure = describe(error, proxy)
        if failure is not None:  # outside the block, so that no foreign error is its context
            raise failure
        response._content, response._content_consumed = body, True  # type: ignore[attr-defined] # noqa: SLF001 - what reading it does
        attempt.answer = Answer(response.status_code, response.headers, body)
        self._note_clock(request, response)
        _check(request, response, body, self._session.secrets)
        return response

    def _direct(self, url: str) -> bool:
        """Tell whether a URL is reached without a proxy: plain http, this machine, or named in NO_PROXY."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme != "https" or host == "localhost" or host.endswith(".localhost"):
            return True
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            pass
        else:
            if address.is_loopback or address.is_link_local:
                return True
        return bool(proxy_bypass_environment(parts.netloc, {"no": self._no_proxy}))

    def _note_clock(self, request: requests.PreparedRequest, response: requests.Response) -> None:
        """Note the service's own clock: a page is from something in between, and an answer with an Age is from a cache."""
        headers = response.headers
        try:
            ahead = parsedate_to_datetime(headers.get("Date", "")) - self._now()
        except (ValueError, TypeError, OverflowError):
            headers.pop("Date", None)  # the table's client fails at an unreadable one
            return
        if headers.get("Age", "0") == "0" and not headers.get("Content-Type", "").startswith("text/html"):
            self._session.skews.setdefault(urlsplit(request.url or "").netloc, ahead)


def _read(response: requests.Response) -> bytes:
    body = bytearray()
    for chunk in response.raw.stream(_CHUNK, decode_content=True):
        body += chunk
        if len(body) > LARGEST_ANSWER:
            raise UnreadableAnswerError(f"its answer is larger than {LARGEST_ANSWER:,} bytes")
    response.raw.release_conn()
    return bytes(body)


def _check(request: requests.PreparedRequest, response: requests.Response, body: bytes, secrets: Secrets) -> None:
    """Raise for a redirect, a refusal, and a success that holds neither a JSON object nor nothing nor a transaction's parts."""
    status, headers = response.status_code, response.headers
    authorization = request.headers.get("Authorization", "")
    if status in range(300, 400):
        target = urlsplit(headers.get("Location", ""))
        raise UnreadableAnswerError(
            f"it answered {status}, a redirect to {secrets.sanitize(target.hostname or 'nowhere', 100)}, and redirects are never followed"
        )
    if status >= requests.codes.bad_request:
        if status == requests.codes.unauthorized and not authorization and "WWW-Authenticate" in headers:
            return  # the vault's challenge, which its client answers with a token
        refusal = read_refusal(status, headers, body, authorization=authorization, sanitize=secrets.sanitize)
        raise RefusedError(replace(refusal, reason=_ECHO) if _is_echo(refusal.reason, request.body) else refusal)
    if status == requests.codes.no_content:
        return
    if headers.get("Content-Type", "").startswith("multipart/mixed"):
        for part in _PART.finditer(body):  # a transaction's refusal comes inside a success
            if int(part[1]) >= requests.codes.bad_request:
                raise RefusedError(read_refusal(int(part[1]), {}, part[2], sanitize=secrets.sanitize))
        return
    _remember_answer(body, secrets)
    if not _is_object(body):
        framed = "Content-Length" in headers or "Transfer-Encoding" in headers
        if not framed:
            raise NoAnswerError("its answer broke off")
        kind = secrets.sanitize(headers.get("Content-Type", "no content type"), 60)
        said = read_refusal(status, headers, body, sanitize=secrets.sanitize)
        page, remedy = (f" but {said.reason}", BETWEEN) if said.page else ("", None)
        raise UnreadableAnswerError(
            f"its answer ({status}, {len(body)} bytes, {kind}) is not a JSON object{page}", remedy=remedy
        )


def _is_echo(reason: str, sent: object) -> bool:
    """Tell whether a reason repeats a part of what was sent, which may hold an amount: proxies and gateways do."""
    text = sent.decode("utf-8", "replace") if isinstance(sent, bytes) else sent
    if not isinstance(text, str):
        return False
    flat = " ".join(text.split())
    return any(reason[start : start + _ECHOED] in flat for start in range(len(reason) - _ECHOED + 1))


def _is_object(body: bytes) -> bool:
    text = body.removeprefix(b"\xef\xbb\xbf").strip()
    if len(text) > _CHECKED_BYTES:
        return text[:1] == b"{" and text[-1:] == b"}"
    return isinstance(_json(text), dict)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body.decode())
    except (ValueError, RecursionError):
        return None


def _remember_request(request: requests.PreparedRequest, secrets: Secrets) -> None:
    for name in ("Authorization", "X-IDENTITY-HEADER"):
        secrets.add((request.headers.get(name) or "").rpartition(" ")[2])
    body = request.body.decode("utf-8", "replace") if isinstance(request.body, bytes) else request.body
    if isinstance(body, str) and len(body) < _CHECKED_BYTES:
        for name, value in parse_qsl(body):
            if name in _SECRET_FIELDS:
                secrets.add(value)
        if request.method == "PUT":
            _remember_answer(body.encode(), secrets)


def _remember_answer(body: bytes, secrets: Secrets) -> None:
    members = _json(body.removeprefix(b"\xef\xbb\xbf")) if len(body) < _CHECKED_BYTES else None
    if isinstance(members, dict):
        for name in _SECRET_MEMBERS:
            secrets.add(members.get(name))


def describe(error: BaseException, proxy: Proxy | None = None) -> CallError:
    """Say why no answer came, from the innermost known cause; a failing proxy is named as itself."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, CallError):
            return cause
    if proxy is not None and _is_proxys(causes):
        status = next(
            (
                word
                for cause in causes
                for word in str(cause).split()
                if "Tunnel connection failed" in str(cause) and word.isdecimal()
            ),
            "",
        )
        answered = f" answered {status}" if status else f" gave no connection: {_reason(causes, error)[0]}"
        return NoAnswerError(
            f"{proxy!r}{answered}",
            may_pass=status != "407",
            remedy=f"Check {proxy.variable} (address, user and password) and NO_PROXY; the service itself was not reached.",
        )
    reason, may_pass, remedy = _reason(causes, error)
    return NoAnswerError(reason, may_pass=may_pass, remedy=remedy)


def _is_proxys(causes: list[BaseException]) -> bool:
    return any(
        isinstance(
            cause, urllib3.exceptions.ProxyError | requests.exceptions.ProxyError | requests.exceptions.InvalidProxyURL
        )
        or "Tunnel connection failed" in str(cause)
        for cause in causes
    )


def _reason(causes: list[BaseException], error: BaseException) -> tuple[str, bool, str | None]:
    for cause in causes:
        match cause:
            case ssl.SSLCertVerificationError():
                return (
                    f"its certificate is not trusted ({cause.verify_message})",
                    False,
                    _CERTIFICATE_REMEDY,
                )
            case socket.gaierror():
                return "its name cannot be resolved", True, None
            case ConnectionRefusedError():
                return "it refused the connection", True, None
            case ConnectionError() | http.client.IncompleteRead() | http.client.BadStatusLine():
                return "its answer broke off", True, None
            case TimeoutError():
                return "it did not answer in time", True, None
            case _:
                continue
    return f"the connection failed ({type(error).__name__})", True, None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Walk the causes: requests keeps them in `args`, urllib3 in `reason`."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        cause = waiting.pop(0)
        if isinstance(cause, BaseException) and id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            waiting += [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]


def tls_context(ca_file: str | None = None) -> ssl.SSLContext:
    """Load the certificate authorities, once per run.

    Raises:
        OSError, ssl.SSLError: the file is not there or not a list of certificates.

    """
    return ssl.create_default_context(cafile=ca_file or requests.utils.DEFAULT_CA_BUNDLE_PATH)
