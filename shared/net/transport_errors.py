"""Describes what stopped a call before a complete response arrived."""

import http.client
import re
import socket
import ssl
from collections.abc import Iterator

from urllib3 import exceptions as urllib3_errors

from shared.net.attempt import CallError, NoAnswerError, UnreadableAnswerError
from shared.net.proxy import Proxy

TRANSPORT_ERRORS = (urllib3_errors.HTTPError, http.client.HTTPException, OSError, ValueError)
"""What urllib3, http.client, sockets and `requests` (whose errors are OSErrors) raise without a usable response."""

_CERTIFICATE_REMEDY = (
    "If a proxy or firewall inspects TLS, set REQUESTS_CA_BUNDLE to its CA file (SSL_CERT_FILE is not read; Python 3.13 "
    "rejects a CA without an authority key identifier). If the certificate has expired or is not valid yet, check this "
    "machine's clock. If it was issued for another name, check the address in the settings."
)
_TLS_REMEDY = (
    "The server, which may be a proxy or a firewall, does not support TLS or this version of it, or requires a client certificate. "
    "Check the address and port in the settings, and HTTPS_PROXY and NO_PROXY."
)
_ENDS_OF_TLS = (ssl.SSLEOFError, ssl.SSLZeroReturnError)
_CUT_OFF = "the response was cut off"
_REASONS: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((socket.gaierror,), "the host name cannot be resolved"),
    ((ConnectionRefusedError,), "the connection was refused"),
    ((ConnectionError, http.client.IncompleteRead, *_ENDS_OF_TLS), _CUT_OFF),
    ((TimeoutError,), "no response arrived in time"),
    (
        (http.client.HTTPException, urllib3_errors.HeaderParsingError, urllib3_errors.InvalidHeader),
        "the response is not HTTP",
    ),
)
_NO_TUNNEL = re.compile(r"Tunnel connection failed: (\d+)")


def describe_transport_error(error: BaseException, proxy: Proxy | None = None) -> CallError:
    """Describe why no response arrived, by the innermost known cause. A failing proxy is named as such."""
    causes = list(_causes(error))
    known = next(filter(None, map(_known, causes)), None)
    if known is None:  # for a missing chunk, urllib3 raises only ProtocolError
        broken = any(isinstance(cause, urllib3_errors.ProtocolError) for cause in causes)
        known = NoAnswerError(_CUT_OFF if broken else f"the connection failed ({type(error).__name__})")
    if proxy is None or not any(isinstance(cause, urllib3_errors.ProxyError) for cause in causes):
        return known
    tunnel = next(filter(None, (_NO_TUNNEL.search(str(cause)) for cause in causes)), None)
    return NoAnswerError(
        f"{proxy!r} " + (f"answered {tunnel[1]}" if tunnel else f"did not connect: {known}"),
        may_pass=tunnel is None or tunnel[1] != "407",
        remedy=f"Check {proxy.variable} (address, user and password) and NO_PROXY. The service itself was not reached.",
    )


def _known(cause: BaseException) -> CallError | None:
    if isinstance(cause, CallError):
        return cause
    if isinstance(cause, ssl.SSLCertVerificationError):
        reason = f"the certificate is not trusted ({cause.verify_message})"
        return NoAnswerError(reason, may_pass=False, remedy=_CERTIFICATE_REMEDY)
    if isinstance(cause, ssl.SSLError) and not isinstance(cause, _ENDS_OF_TLS):
        return NoAnswerError(f"TLS failed ({cause.reason or 'without a reason'})", remedy=_TLS_REMEDY)
    if isinstance(cause, urllib3_errors.DecodeError):
        return UnreadableAnswerError("the response cannot be decompressed")
    return next((NoAnswerError(reason) for kinds, reason in _REASONS if isinstance(cause, kinds)), None)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Walk the causes, which requests keeps in `args`. The context is skipped: it may come from an earlier call."""
    waiting: list[object] = [error]
    while waiting:
        cause = waiting.pop(0)
        if isinstance(cause, BaseException):
            yield cause
            waiting += [cause.__cause__, *cause.args]
