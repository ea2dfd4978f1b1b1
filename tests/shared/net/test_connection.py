"""What stopped a connection, told from the real errors of the real libraries."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress

import pytest
import requests
import trustme
from azure.core.exceptions import AzureError
from azure.core.pipeline.transport import RequestsTransport
from azure.core.rest import HttpRequest

from shared.net.connection import is_untrusted, reason

Failing = Callable[[str], BaseException]


def by_requests(url: str) -> BaseException:
    """Return the error that requests meets."""
    with requests.Session() as session:
        session.trust_env = False
        with pytest.raises(requests.RequestException) as raised:
            session.get(url, timeout=0.2)
    return raised.value


def by_azure(url: str) -> BaseException:
    """Return the error that azure-core meets."""
    with RequestsTransport(use_env_settings=False) as transport, pytest.raises(AzureError) as raised:
        transport.send(HttpRequest("GET", url), connection_timeout=0.2, read_timeout=0.2)
    return raised.value


LIBRARIES = pytest.mark.parametrize("failing", [by_requests, by_azure])


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Listen on loopback without ever answering."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def port(server: socket.socket) -> int:
    """Return the port that is listened on."""
    return int(server.getsockname()[1])


def serve_once(server: socket.socket, serve: Callable[[socket.socket], None]) -> threading.Thread:
    """Take one connection in a thread and hand it to `serve`."""

    def work() -> None:
        connection, _ = server.accept()
        with closing(connection), suppress(OSError):
            serve(connection)

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def take_in(connection: socket.socket) -> None:
    """Read a request and answer nothing."""
    connection.recv(4096)


@LIBRARIES
def test_a_refused_connection(failing: Failing) -> None:
    """Nobody listens on the port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        closed = port(server)
    error = failing(f"http://127.0.0.1:{closed}/")
    assert reason(error) == "it refused the connection"
    assert not is_untrusted(error)


@LIBRARIES
def test_a_name_that_is_none(failing: Failing) -> None:
    """The reserved top-level domain `invalid` never resolves."""
    assert reason(failing("https://nobody.invalid/")) == "its name cannot be resolved"


@LIBRARIES
def test_no_answer(failing: Failing, listener: socket.socket) -> None:
    """It takes the connection and says nothing."""
    assert reason(failing(f"http://127.0.0.1:{port(listener)}/")) == "it did not answer in time"


@LIBRARIES
def test_a_cut_connection(failing: Failing, listener: socket.socket) -> None:
    """It hangs up without an answer."""
    thread = serve_once(listener, take_in)
    error = failing(f"http://127.0.0.1:{port(listener)}/")
    thread.join()
    assert reason(error) == "it cut the connection"


@LIBRARIES
def test_an_untrusted_certificate(failing: Failing, listener: socket.socket) -> None:
    """Its certificate is from an authority that nobody knows; no repetition heals that."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    thread = serve_once(listener, lambda connection: context.wrap_socket(connection, server_side=True).close())
    error = failing(f"https://127.0.0.1:{port(listener)}/")
    thread.join()
    assert reason(error).startswith("its certificate is not trusted (")
    assert is_untrusted(error)


@LIBRARIES
def test_a_service_without_tls(failing: Failing, listener: socket.socket) -> None:
    """Plain HTTP where TLS is spoken: no known cause, but not silence either."""
    thread = serve_once(listener, lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    error = failing(f"https://127.0.0.1:{port(listener)}/")
    thread.join()
    assert reason(error)
    assert not is_untrusted(error)


def test_an_unknown_cause_is_named_by_its_type() -> None:
    """Its text is not shown: it may hold anything."""
    assert reason(RuntimeError("hush")) == "the connection failed (RuntimeError)"


def test_causes_that_go_in_a_circle_end() -> None:
    """Libraries put errors into each other's args and reason."""
    one, two = OSError(), OSError()
    one.args, two.args = (two,), (one,)
    assert reason(one) == "the connection failed (OSError)"
