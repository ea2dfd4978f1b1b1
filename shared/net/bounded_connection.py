"""Connections that limit the size of each response and the time it takes, however slowly it trickles in."""

import http.client
import io
import socket
import ssl
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ProxyError
from urllib3.util.connection import allowed_gai_family, create_connection
from urllib3.util.response import assert_header_parsing

from shared.net.attempt import CallError, UnreadableAnswerError, current_attempt

MAX_ANSWER_BYTES = 16 * 1024 * 1024
"""The maximum size of a response, headers included. A page of 1,000 history rows takes about 1,000,000 bytes."""

_STOP_CHECK_SECONDS = 0.5
"""A waiting reader checks this often, in seconds, whether the run was stopped."""

_INTERIM = range(100, 200)


class _SocketReader(io.RawIOBase):
    """Reads one response from a socket. Before each read, it sets the timeout to the attempt's remaining time."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._hold = sock.makefile("rb", 0)  # keeps the socket open until the response is read
        self._bytes = 0
        self.in_head = True

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = None
        while count is None:
            left = current_attempt().seconds_left()
            self._sock.settimeout(min(left, _STOP_CHECK_SECONDS))
            try:
                count = self._sock.recv_into(buffer)
            except TimeoutError:
                continue
        self._sock.settimeout(left)
        if count == 0 and self.in_head:
            # http.client would take the end of the stream for the end of the headers.
            raise ConnectionResetError
        self._bytes += count
        if self._bytes > MAX_ANSWER_BYTES:
            raise UnreadableAnswerError(f"the response is larger than {MAX_ANSWER_BYTES:,} bytes")
        return count

    def close(self) -> None:
        if not self.closed:
            self._hold.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self._reader = _SocketReader(sock)
        self.fp = io.BufferedReader(self._reader)

    def begin(self) -> None:
        super().begin()
        self._reader.in_head = False
        assert_header_parsing(self.msg)  # urllib3 only logs a header that it cannot parse, which may contain a secret

    def _read_status(self) -> tuple[str, int, str]:
        # http.client skips only 100. After other interim responses, the connection's next call would get the final one.
        version, status, reason = super()._read_status()  # type: ignore[misc] # missing in typeshed
        return version, http.client.CONTINUE if status in _INTERIM else status, reason


class _BoundedHTTPConnection(HTTPConnection):
    response_class = _Response

    def _new_conn(self) -> socket.socket:
        """Try the host's addresses in turn within the attempt: a firewall that drops packets makes each time out."""
        failure: OSError = ConnectionRefusedError()
        found = socket.getaddrinfo(self.host, self.port, allowed_gai_family(), socket.SOCK_STREAM)
        for waiting, (*_, address) in zip(range(len(found), 0, -1), found, strict=True):
            share = current_attempt().seconds_left() / waiting
            limit = min(share, self.timeout) if isinstance(self.timeout, int | float) else share
            try:
                return create_connection((str(address[0]), int(address[1])), limit, None, self.socket_options)
            except OSError as error:
                failure = error
        raise failure


class _BoundedHTTPSConnection(_BoundedHTTPConnection, HTTPSConnection):
    @property
    def is_connected(self) -> bool:
        """Whether the connection can be reused: leftover bytes would be read as the next response."""
        return super().is_connected and not (isinstance(self.sock, ssl.SSLSocket) and self.sock.pending())

    def connect(self) -> None:
        try:
            super().connect()
        except ssl.SSLCertVerificationError:
            raise
        except (OSError, http.client.HTTPException, CallError) as error:
            if self._tunnel_host is None:
                raise
            raise ProxyError("no tunnel, or no server behind it", error) from error


class _HTTPPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _BoundedHTTPConnection


class _HTTPSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _BoundedHTTPSConnection


def bound(manager: urllib3.PoolManager) -> None:
    """Make a pool manager, or a proxy's, create only bounded connections."""
    manager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}
