"""What all simulated services share: a listener on the loopback interface, the journal and the faults."""

import asyncio
import ssl
import threading
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar
from weakref import WeakSet

from aiohttp import web
from aiohttp.typedefs import Handler

from standin.azurite_process import StandInError
from standin.clock import Clock
from standin.faults import NoAnswerError
from standin.journal import Call, Journal
from standin.rules import Faults
from standin.tokens import TokenSigner

T = TypeVar("T")
HOST = "127.0.0.1"
MAX_REQUEST_BYTES = 8 * 1024 * 1024
"""A table transaction can have 4 MiB."""
CALL = web.RequestKey("call", Call)


class EventLoopThread:
    """The thread and event loop in which all services run."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="stand-in", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` in the loop, and return its result in the calling thread."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    def close(self) -> None:
        """Stop the loop and end the thread."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


@dataclass(frozen=True, slots=True)
class ServiceContext:
    """The objects that the services share."""

    loop_thread: EventLoopThread
    journal: Journal
    faults: Faults
    tokens: TokenSigner
    clock: Clock
    tls: ssl.SSLContext


class Service(ABC):
    """One simulated service with its own listener."""

    name: str
    secure: bool = True

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._tokens, self._clock = context.tokens, context.clock
        self._runner: web.AppRunner
        self._connections: WeakSet[asyncio.BaseTransport] = WeakSet()
        self.port = 0

    @property
    def url(self) -> str:
        """The service's address, without a trailing slash."""
        return f"{'https' if self.secure else 'http'}://{HOST}:{self.port}"

    @abstractmethod
    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the service's routes."""

    async def tenant_of(self, request: web.Request) -> str | None:  # noqa: ARG002 - for services that can tell
        """Return the tenant that a request is about, or None if the service cannot tell."""
        return None

    def start(self) -> None:
        """Listen on a port chosen by the system."""
        try:
            self._context.loop_thread.run(self._listen())
        except OSError as error:
            raise StandInError(
                f"Cannot listen on {HOST}: {error.strerror}.",
                "Allow this program to listen on the loopback interface.",
            ) from error

    def stop(self) -> None:
        """Close the listener and every connection."""
        self._context.loop_thread.run(self._close())

    async def _listen(self) -> None:
        app = web.Application(middlewares=[self._middleware], client_max_size=MAX_REQUEST_BYTES)
        app.add_routes(self.routes())
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.05)
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, 0, ssl_context=self._context.tls if self.secure else None).start()
        self.port = self._runner.addresses[0][1]

    async def _close(self) -> None:
        await self._runner.cleanup()
        for connection in tuple(self._connections):
            # A graceful TLS shutdown would wait half a minute for a client that keeps the connection in its pool.
            if isinstance(connection, asyncio.WriteTransport):
                connection.abort()
        await asyncio.sleep(0)

    @web.middleware
    async def _middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.transport is not None:
            self._connections.add(request.transport)
        tenant = await self.tenant_of(request)
        request_id = request.headers.get("MS-RequestId") or request.headers.get("x-ms-client-request-id")
        call = Call(self.name, request.method, request.path, request_id, tenant)
        request[CALL] = call
        self._context.journal.add(call)
        try:
            answer = await self._context.faults.dispatch(call, request, handler)
        except NoAnswerError:
            if request.transport is not None:
                request.transport.close()
            return web.Response()
        self._context.journal.answered(call, answer.status)
        return answer


def note(request: web.Request, detail: str) -> None:
    """Record in the journal what a request asks for."""
    request[CALL].detail = detail
