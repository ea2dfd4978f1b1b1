"""The browser's way back from a sign-in: one request to this machine's loopback interface.

MSAL brings a listener too, which writes the authorization code into the log and listens on every interface in a container.
Source: https://datatracker.ietf.org/doc/html/rfc8252#section-7.3
"""

import time
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer
from urllib.parse import parse_qs, urlsplit

from cli.support.failure import CommandFailed

_PAGE = "<!doctype html><meta charset=utf-8><title>Sign-in</title><p>{}</p>"
_DONE = "You are signed in: close this page and go back to the command line."
_NOT_THIS = "This page waits for a sign-in that was started on the command line."


class Loopback(TCPServer):
    """Listens on http://localhost for the answer of one sign-in; close it by leaving its context."""

    state = ""
    timeout = 1  # on Windows nothing interrupts a wait for a connection: Ctrl+C is noticed after it

    def __init__(self, port: int) -> None:
        """Listen on the port, 0 for one of the system's choice; raises CommandFailed when it is taken."""
        self.answer: dict[str, str] = {}
        try:
            super().__init__(("127.0.0.1", port), _Handler)
        except OSError as error:
            raise CommandFailed(
                f"Port {port} of this machine cannot be used: {error.strerror}.",
                "Choose another with --port, or use --no-browser.",
            ) from error

    @property
    def address(self) -> str:
        """Return the redirect URI."""
        return f"http://localhost:{self.server_address[1]}"

    def wait(self, state: str, seconds: float) -> dict[str, str]:
        """Return the answer's parameters, or raise CommandFailed in the end; requests without our `state` are turned away."""
        self.state = state
        end = time.monotonic() + seconds
        while not self.answer:
            if time.monotonic() > end:
                raise CommandFailed(
                    f"Nobody signed in within {seconds:.0f} s.", "Run the command again, or with --no-browser."
                )
            self.handle_request()
        return self.answer


def parameters(address: str) -> dict[str, str]:
    """Return the query of an address, each parameter once."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


class _Handler(BaseHTTPRequestHandler):
    server: Loopback
    timeout = 10

    def do_GET(self) -> None:
        """Take the answer if it is ours."""
        answer = parameters(self.path)
        ours = bool(self.server.state) and answer.get("state") == self.server.state
        if ours:
            self.server.answer = answer
        page = _PAGE.format(_DONE if ours else _NOT_THIS).encode()
        self.send_response(200 if ours else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: object) -> None:
        """Say nothing: the request's line holds the code."""
