"""A function app as `check --deployed` meets it: the admin endpoint over TLS, and a run of the real job behind it."""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from shared.job import take_snapshots
from shared.services import new_id
from standin import StandIn

KEY = "the-master-key"


class FunctionApp(ThreadingHTTPServer):
    """Answers POST /admin/functions/BalanceSnapshot; `settings` are the function's own, None for one that does nothing."""

    def __init__(self, world: StandIn, settings: Mapping[str, str] | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.socket = world._authority.server_context().wrap_socket(self.socket, server_side=True)
        self.settings = settings
        self.bodies: list[bytes] = []

    @property
    def url(self) -> str:
        """The address."""
        return f"https://127.0.0.1:{self.server_port}"


@contextmanager
def function_app(world: StandIn, settings: Mapping[str, str] | None) -> Iterator[FunctionApp]:
    """Serve for as long as the context lasts."""
    with FunctionApp(world, settings) as app:
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
        if self.path != "/admin/functions/BalanceSnapshot":
            self._answer(404)
        elif self.headers["x-functions-key"] != KEY:
            self._answer(401)
        else:
            self.server.bodies.append(body)
            self._answer(202)
            if self.server.settings is not None:
                take_snapshots(dict(os.environ) | dict(self.server.settings), run_id=new_id())

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""
