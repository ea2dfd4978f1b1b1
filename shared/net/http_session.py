"""The HTTP session that all calls of a run share.

It follows no redirects, reads no .netrc and no cookies, and uses no proxy for this machine's own addresses. It reads
each response completely, within its limits, and raises a `CallError` for any response that is not usable.
"""

import ssl
from codecs import BOM_UTF8
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from shared.net.answer import check_answer
from shared.net.attempt import UnreadableAnswerError, current_attempt
from shared.net.bounded_connection import MAX_ANSWER_BYTES, bound
from shared.net.foreign_text import http_date
from shared.net.masking import Secrets
from shared.net.proxy import Proxy, is_direct
from shared.net.refusal import TRANSIENT_STATUSES
from shared.net.transport_errors import TRANSPORT_ERRORS, describe_transport_error

CONNECT_SECONDS = 5.0
"""The time limit for connecting to one address of a host, which may have several."""

_CHUNK = 16 * 1024


class HttpSession(requests.Session):
    """A session for all services. `skews`: how far each host's clock was ahead of `now` in its first response."""

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
        self.headers["Accept-Encoding"] = "identity"  # a small response could decompress to gigabytes
        self.secrets = Secrets()
        self.skews: dict[str, timedelta] = {}
        self.now = now
        self._proxy = proxy
        self._no_proxy = no_proxy
        adapter = _Adapter(tls, connections)
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    def send(self, request: requests.PreparedRequest, timeout: Any = None, **_: Any) -> requests.Response:
        """Send a request within the current attempt's time limit. Callers can only shorten the connect timeout.

        Raises:
            CallError: there was no usable response.

        """
        attempt, failure, url = current_attempt(), None, request.url or ""
        self.secrets.add_from_request(request)
        proxy = None if is_direct(url, self._no_proxy) else self._proxy
        asked = timeout[0] if isinstance(timeout, tuple) and timeout[0] else CONNECT_SECONDS
        adapter = self.get_adapter(url)
        try:
            left = attempt.seconds_left()
            limits = (min(CONNECT_SECONDS, asked, left), left)
            proxies = {"https": proxy.url} if proxy else {}
            answer = adapter.send(request, stream=True, timeout=limits, proxies=proxies)
            body = _read(answer)
        except TRANSPORT_ERRORS as error:
            failure = describe_transport_error(error, proxy)
        if failure is not None:  # outside the block, so that the library's error does not become its context
            raise failure
        # As if `requests` had read it. The encoding is set here because the libraries log what they cannot decode.
        answer._content, answer._content_consumed = body.removeprefix(BOM_UTF8), True  # type: ignore[attr-defined] # noqa: SLF001 - see above
        answer.encoding = "utf-8"
        for name in [name for name, value in answer.headers.items() if self.secrets.is_in(value)]:
            del answer.headers[name]  # azure-core logs some headers
        attempt.answer = answer
        self._note_clock(answer)
        attempt.members = check_answer(answer, self.secrets)
        return answer

    def _note_clock(self, answer: requests.Response) -> None:
        """Record the service's clock, unless a gateway (HTML, a transient refusal) or a cache (an Age) may have answered."""
        headers = answer.headers
        date = http_date(headers.get("Date", ""))
        if date is None:
            headers.pop("Date", None)  # the table client fails on an unreadable one
            return
        from_gateway = answer.status_code in TRANSIENT_STATUSES or "html" in headers.get("Content-Type", "").lower()
        if headers.get("Age", "0") == "0" and not from_gateway:
            self.skews.setdefault(urlsplit(answer.url).netloc, date - self.now())


class _Adapter(HTTPAdapter):
    """Makes bounded connections with the shared TLS context."""

    def __init__(self, tls: ssl.SSLContext, connections: int) -> None:
        self._tls = tls
        super().__init__(pool_connections=connections + 10, pool_maxsize=connections)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._tls, **kwargs)
        bound(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, ssl_context=self._tls, proxy_ssl_context=self._tls, **kwargs)
        bound(manager)
        return manager

    def cert_verify(self, *_: Any, **__: Any) -> None:
        """Do nothing: the shared TLS context verifies certificates."""


def _read(answer: requests.Response) -> bytes:
    body = bytearray()
    for chunk in answer.raw.stream(_CHUNK, decode_content=True):
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise UnreadableAnswerError(f"the response is larger than {MAX_ANSWER_BYTES:,} bytes")
    answer.raw.release_conn()
    return bytes(body)


def tls_context(ca_file: str | None = None) -> ssl.SSLContext:
    """Load the certificate authorities, once per run.

    Raises:
        OSError, ssl.SSLError: the file does not exist or is not a list of certificates.

    """
    return ssl.create_default_context(cafile=ca_file or requests.utils.DEFAULT_CA_BUNDLE_PATH)
