"""The HTTP session: what it refuses, what it limits, and what it reports about a call without a usable response."""

import socket
import socketserver
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from math import ceil
from pathlib import Path

import pytest

from shared.errors import PartnerUnavailable
from shared.net.attempt import CallError, NoAnswerError, UnreadableAnswerError, attempt
from shared.net.bounded_connection import MAX_ANSWER_BYTES
from shared.net.http_session import HttpSession, tls_context
from shared.net.proxy import Proxy
from shared.net.retry import Retry
from shared.net.service import Call
from shared.partner_center.refusals import PARTNER_CENTER
from standin import StandIn
from standin.faults import CutAnswer, CutBody, Drip, Fault, Hang, Status, gzip_bomb
from tests.shared.net.conftest import AUTHORIZED, Answered


@pytest.mark.parametrize(
    "fault",
    [*map(CutAnswer, (0, 12, 60)), *map(CutBody, (0, 5)), Hang(), Drip(40), Drip(40, head=True)],
    ids=lambda fault: type(fault).__name__,
)
def test_an_incomplete_response_is_no_response(world: StandIn, answered: Answered, fault: Fault) -> None:
    """Cut in the header or the body, trickling or silent: when the attempt ends, there is no response."""
    world.add_partner()
    with attempt(0.4), pytest.raises(NoAnswerError, match=r"cut off|in time"):
        answered(fault, path="invoices/summary", headers=AUTHORIZED)


def test_a_stop_ends_the_attempt_and_the_call(world: StandIn, session: HttpSession) -> None:
    """Ctrl+C works long before the time limit."""
    world.faults.add("partner", Hang())
    stop, end = threading.Event(), time.monotonic() + 60

    def interrupt() -> None:
        world.journal.wait_for(1, "partner")
        stop.set()

    watcher = threading.Thread(target=interrupt)
    watcher.start()
    with pytest.raises(PartnerUnavailable, match="not called"):
        Retry(deadline=end, now=world.clock.now, stop=stop).call(
            lambda: session.get(world.partner_center.url), Call(PARTNER_CENTER, "GET x")
        )
    watcher.join()
    assert time.monotonic() < end


@pytest.mark.parametrize("fault", [Status(200, b" " * (MAX_ANSWER_BYTES + 1)), gzip_bomb(17)], ids=["plain", "packed"])
def test_a_response_has_a_maximum_size(answered: Answered, fault: Fault) -> None:
    """16 MiB, both on the wire and unpacked."""
    with pytest.raises(UnreadableAnswerError, match="larger than 16,777,216 bytes"):
        answered(fault)


def test_no_netrc_is_read_and_no_compression_is_requested(
    answered: Answered, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A .netrc password would replace the token (https://github.com/psf/requests/issues/3929)."""
    netrc = tmp_path / "netrc"
    netrc.write_text("default login a password b\n")
    monkeypatch.setenv("NETRC", str(netrc))
    sent = answered(Status(200, "{}"), headers=AUTHORIZED).request.headers
    assert sent.items() >= (AUTHORIZED | {"Accept-Encoding": "identity"}).items()


def test_an_untrusted_certificate_needs_a_person(world: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """A retry would end the same way. No other variable adds a certificate authority."""
    monkeypatch.setenv("SSL_CERT_FILE", str(world.ca_bundle))
    with (
        HttpSession(tls=tls_context(None), now=world.clock.now) as session,
        pytest.raises(NoAnswerError, match="certificate is not trusted") as raised,
    ):
        session.get(world.partner_center.url)
    assert not raised.value.may_pass
    assert "REQUESTS_CA_BUNDLE" in str(raised.value.remedy)


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", r"failed \((WRONG_VERSION_NUMBER|RECORD_LAYER_FAILURE)\)"),
        (b"\x15\x03\x01\x00\x02\x02\x28", r"failed \(.*ALERT_HANDSHAKE_FAILURE\)"),
        (b"\x15\x03\x01\x00\x02\x02\x46", r"failed \(.*ALERT_PROTOCOL_VERSION\)"),
    ],
    ids=["http", "handshake", "version"],
)
def test_a_failing_handshake_says_why(sent: bytes, reason: str) -> None:
    """A server that requires a client certificate or an old version does speak TLS; the service's support cannot help."""
    with proxied(sent) as (session, port), pytest.raises(NoAnswerError, match=reason) as raised:
        session.get(f"https://localhost:{port}/")
    assert "NO_PROXY" in str(raised.value.remedy)


def test_a_hosts_silent_addresses_share_the_attempt(session: HttpSession, monkeypatch: pytest.MonkeyPatch) -> None:
    """Entra ID has eight, and a firewall that drops packets makes each one wait: five seconds at most, less if the caller asks for less."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"192.0.2.{last}", 443)) for last in (1, 2, 3)]
    limits: list[int] = []

    def silent(_: object, seconds: float, *__: object) -> None:
        limits.append(ceil(seconds))
        raise TimeoutError

    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: found)
    monkeypatch.setattr("shared.net.bounded_connection.create_connection", silent)
    for seconds, asked in ((6, None), (60, (300, 300)), (60, (1, 1))):
        with attempt(seconds), pytest.raises(NoAnswerError, match="in time"):
            session.get("https://contoso.invalid/", timeout=asked)
    assert limits == [2, 3, 5, 5, 5, 5, 1, 1, 1]


def test_plain_http_is_bounded_too(world: StandIn, session: HttpSession) -> None:
    """The identity endpoint uses it."""
    world.faults.add("identity", CutAnswer(12))
    with pytest.raises(NoAnswerError, match="cut off"):
        session.get(world.environ["IDENTITY_ENDPOINT"])


OLD = {"Date": "Mon, 01 Jan 2024 00:00:00 GMT"}


@pytest.mark.parametrize(
    ("fault", "hosts"),
    [
        (Status(403, "{}", OLD), 1),
        (Status(503, "upstream", OLD, "text/plain"), 0),
        (Status(429, '{"message": "slow down"}', OLD), 0),
        (Status(403, "<html>", OLD, "application/xhtml+xml"), 0),
        (Status(200, "<html>", OLD, "Text/HTML"), 0),
        (Status(200, "{}", OLD | {"Age": "9000"}), 0),
    ],
    ids=["refusal", "gateway", "throttle", "xhtml", "page", "cache"],
)
def test_only_the_services_own_clock_is_kept(
    world: StandIn, session: HttpSession, answered: Answered, fault: Fault, hosts: int
) -> None:
    """The first response decides, even a refusal. A gateway's wrong clock would make somebody change a correct one."""
    for answer in [fault, Status(200, "{}", {"Date": "Tue, 02 Jan 2024 00:00:00 GMT"})][: hosts + 1]:
        with suppress(CallError):
            answered(answer)
    assert [(world.clock.now() + skew).date() for skew in session.skews.values()] == [date(2024, 1, 1)] * hosts


class ProxyHandler(socketserver.BaseRequestHandler):
    """Answers each CONNECT as its server specifies, or opens a tunnel to a local port that is large enough for a handshake."""

    def handle(self) -> None:
        """Answer and close."""
        self.request.recv(4096)
        answer = self.server.answer  # type: ignore[attr-defined] # set below
        with suppress(ConnectionError):  # the side that has read enough closes
            if isinstance(answer, bytes):
                self.request.sendall(answer)
                return
            with socket.create_connection(("127.0.0.1", answer)) as behind:
                self.request.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                behind.sendall(self.request.recv(16_384))
                self.request.sendall(behind.recv(65_536))
                self.request.recv(1)


@contextmanager
def proxied(
    answer: bytes | int | None, no_proxy: str = "", ca_bundle: str | None = None
) -> Iterator[tuple[HttpSession, int]]:
    """Return a session and its proxy's port. The proxy sends `answer`; a port: it tunnels there; None: nothing listens."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), ProxyHandler) as server:
        server.answer = answer  # type: ignore[attr-defined] # for the handler
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        port = server.server_address[1]
        if answer is None:
            server.shutdown()
            server.server_close()
        proxy, tls = Proxy("https_proxy", f"http://user:pass-word@127.0.0.1:{port}"), tls_context(ca_bundle)
        with HttpSession(tls=tls, now=lambda: datetime.now(UTC), proxy=proxy, no_proxy=no_proxy) as built:
            yield built, port
        server.shutdown()


# Python 3.13 stops at the hundredth header, earlier versions at the response's size limit.
ENDLESS = "the response is larger than" if sys.version_info < (3, 13) else "the response is not HTTP"
PROXIES: dict[str, tuple[bytes | None, str]] = {
    "403": (b"HTTP/1.1 403 Forbidden\r\n\r\n", "answered 403"),
    "407": (b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n", "answered 407"),
    "silent": (b"", "did not connect"),
    "not a proxy": (b"no proxy at all\r\n\r\n", "did not connect"),
    "nothing behind the proxy": (b"HTTP/1.1 200 OK\r\n\r\n", "did not connect: the response was cut off"),
    "a page behind the proxy": (b"HTTP/1.1 200 OK\r\n\r\n<html>Blocked</html>", "did not connect"),
    "endless": (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * (MAX_ANSWER_BYTES // 6), f"did not connect: {ENDLESS}"),
    "dead": (None, "did not connect: the connection was refused"),
}


@pytest.mark.parametrize("name", PROXIES)
def test_a_failing_proxy_is_named_as_itself(name: str) -> None:
    """With its variable and without its password; the service was never reached."""
    answer, message = PROXIES[name]
    with proxied(answer) as (session, _), pytest.raises(NoAnswerError) as raised:
        session.get("https://contoso.table.core.windows.net/")
    assert message in str(raised.value)
    assert "the proxy 127.0.0.1:" in str(raised.value)
    assert "https_proxy" in str(raised.value.remedy)
    assert "pass-word" not in f"{raised.value} {raised.value.remedy}"
    assert raised.value.may_pass == (name != "407")


@pytest.mark.parametrize(
    "url",
    [
        "http://other.invalid/",
        "https://169.254.1.1/",
        "https://127.0.0.1:9/",
        "https://localhost:9/",
        "https://x.localhost:9/",
        "https://[::1]:9/",
        "https://contoso.invalid/",
    ],
)
def test_nothing_local_goes_through_a_proxy(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The identity endpoint's header and tokens are in plain text. Hosts in NO_PROXY are reached directly too."""

    def unreachable(*_: object, **__: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", unreachable)
    monkeypatch.setattr("shared.net.bounded_connection.create_connection", unreachable)
    refusing = proxied(b"HTTP/1.1 403 Forbidden\r\n\r\n", "contoso.invalid")
    with refusing as (session, _), attempt(1), pytest.raises(NoAnswerError) as raised:
        session.get(url)
    assert str(raised.value) in ("the connection was refused", "the host name cannot be resolved")


def test_behind_a_proxy_the_same_authorities_are_trusted(world: StandIn) -> None:
    """Also by a proxy that uses TLS. An unknown authority's certificate is refused as such, not for another host's name."""
    tunnel = proxied(world.partner_center.port, ca_bundle=str(world.ca_bundle))
    with tunnel as (session, _), pytest.raises(NoAnswerError, match=r"^the cert.*Hostname mismatch") as raised:
        session.get("https://contoso.invalid/")
    assert "REQUESTS_CA_BUNDLE" in str(raised.value.remedy)
    proxy, tls = Proxy("https_proxy", world.partner_center.url), tls_context(str(world.ca_bundle))
    with (
        HttpSession(tls=tls, now=world.clock.now, proxy=proxy) as session,
        pytest.raises(NoAnswerError, match=r"answered 4\d\d"),
    ):
        session.get("https://contoso.invalid/")
