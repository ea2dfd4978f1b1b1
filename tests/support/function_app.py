"""A function app as `check --deployed` sees it: the admin endpoint over TLS, and what it starts."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standin import StandIn

KEY = "the-master-key"


class FunctionApp(ThreadingHTTPServer):
    """Answers POST /admin/functions/BalanceSnapshot, or everything with the bytes of `answer`; a request with the key starts `run`."""

    def __init__(self, world: StandIn, run: Callable[[], object], answer: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.socket = world._authority.server_context().wrap_socket(self.socket, server_side=True)
        self.run, self.answer = run, answer
        self.bodies: list[bytes] = []

    @property
    def url(self) -> str:
        """The app's URL."""
        return f"https://127.0.0.1:{self.server_port}"


@contextmanager
def function_app(world: StandIn, run: Callable[[], object], answer: bytes = b"") -> Iterator[FunctionApp]:
    """Serve until the context ends."""
    with FunctionApp(world, run, answer) as app:
        thread = threading.Thread(target=app.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield app
        finally:
            app.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: FunctionApp

    def do_POST(self) -> None:
        """Accept, then run, as the host does."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.answer:
            self.wfile.write(self.server.answer)
        elif self.path != "/admin/functions/BalanceSnapshot":
            self._answer(404)
        elif self.headers["x-functions-key"] != KEY:
            self._answer(401)
        else:
            self.server.bodies.append(body)
            self._answer(202)
            self.server.run()

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""
