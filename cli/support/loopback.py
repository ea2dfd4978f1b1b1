"""The redirect after a sign-in in the browser: one request to this machine's loopback interface.

MSAL brings a listener too, which writes the authorization code into the log and listens on every interface in a container.
Source: https://datatracker.ietf.org/doc/html/rfc8252#section-7.3
"""

import time
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from cli.support.failure import CommandFailed

_PAGE = "<!doctype html><meta charset=utf-8><title>Sign-in</title><p>{}</p>"
_DONE = "The sign-in has ended: close this page and return to the command line."


class _Handler(WSGIRequestHandler):
    timeout = 1  # a browser opens connections that it does not use

    def log_message(self, *_: object) -> None:
        """Log nothing: the request line contains the code."""


class Loopback(WSGIServer):
    """A context that listens on a free port of http://localhost for the response of one sign-in."""

    timeout = 1  # Windows cannot interrupt a wait for a connection: Ctrl+C is noticed after it

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.address = f"http://localhost:{self.server_port}"
        self._answer: dict[str, str] = {}

    def handle_error(self, *_: object) -> None:
        """Log nothing about a connection without a request."""

    def wait(self, state: str, seconds: float) -> dict[str, str]:
        """Return the parameters of the response that has our `state`, or raise CommandFailed. Other requests are ignored."""

        def handle(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
            answer = dict(parse_qsl(environ["QUERY_STRING"]))
            ours = answer.get("state") == state
            if ours:
                self._answer = answer
            start("200 OK" if ours else "404 Not Found", [("Content-Type", "text/html; charset=utf-8")])
            return [_PAGE.format(_DONE).encode()] if ours else []

        self.set_app(handle)
        end = time.monotonic() + seconds
        while not self._answer:
            if time.monotonic() > end:
                again = "Run the command again, or add --no-browser."
                raise CommandFailed(f"Nobody signed in within {seconds:.0f} s.", again)
            self.handle_request()
        return self._answer
