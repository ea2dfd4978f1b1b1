"""Faults: what can go wrong with one call to a service. standin/rules.py decides when they occur.

world.faults.add("partner", Status(503), times=2)
world.faults.add("table", AnswerLost(), method="POST")          # the row is inserted, the response lost
world.faults.add("entra", redirect(world.vault.url, 307))
world.faults.add("table", CutAnswer(40), method="POST", skip=1)  # cut off in the headers of a 200 or an error
"""

import asyncio
import gzip
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import NoReturn

from aiohttp import web

Proceed = Callable[[], Awaitable[web.Response]]


class NoAnswerError(Exception):
    """Raised by a fault to end the connection without a (complete) response."""


@dataclass(frozen=True, slots=True)
class FaultContext:
    """A fault's arguments: the request, the rest of its handling, and the event that releases the fault."""

    request: web.Request
    proceed: Proceed
    released: asyncio.Event

    async def wait(self, seconds: float | None) -> None:
        """Wait until released, for at most `seconds` (None: forever)."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.released.wait(), seconds)

    async def send(self, raw: bytes) -> None:
        """Read the request, then send the bytes unchanged."""
        await self.request.read()
        if self.request.transport is not None:
            self.request.transport.write(raw)


class Fault(ABC):
    """Something that can go wrong with one call."""

    needs_effect = False
    """Whether only calls that the service fulfills (status below 400) use up the fault."""

    @abstractmethod
    async def play(self, context: FaultContext) -> web.Response:
        """Return the response to send; raise NoAnswerError to send none."""


@dataclass(frozen=True, slots=True)
class Status(Fault):
    """Responds in place of the service, which never sees the request."""

    status: int
    body: bytes | str = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"

    async def play(self, context: FaultContext) -> web.Response:
        await context.request.read()
        body = self.body.encode() if isinstance(self.body, str) else self.body
        headers = {"Content-Type": self.content_type} if body else {}
        return web.Response(status=self.status, body=body, headers=headers | dict(self.headers))


def html(status: int = 502) -> Status:
    """Return a gateway's HTML response."""
    return Status(status, "<html><head><title>Error</title></head><body>Bad gateway</body></html>", {}, "text/html")


def throttled(seconds: int = 57) -> Status:
    """Return the gateway's 429 with its `Retry-After`."""
    body = f'{{"statusCode":429,"message":"Rate limit is exceeded. Try again in {seconds} seconds."}}'
    return Status(429, body, {"Retry-After": str(seconds)})


def unavailable(retry_after: int | None = None) -> Status:
    """Return a 503 with an empty body, and `Retry-After` in seconds if given."""
    return Status(503, headers={} if retry_after is None else {"Retry-After": str(retry_after)})


def redirect(to: str, status: int = 302) -> Status:
    """Return a redirect to the address `to`; 307 and 308 keep the method and body."""
    return Status(status, headers={"Location": to})


def gzip_bomb(mib: int) -> Status:
    """Return a small body that decompresses to this many MiB."""
    return Status(200, gzip.compress(bytes(mib * 1024 * 1024)), {"Content-Encoding": "gzip"})


@dataclass(frozen=True, slots=True)
class Raw(Fault):
    """Sends these bytes, which need not be HTTP, instead of a response, and ends the connection."""

    sent: bytes = field(repr=False)

    async def play(self, context: FaultContext) -> NoReturn:
        await context.send(self.sent)
        raise NoAnswerError


class Cut(Raw):
    """Ends the connection before the service sees the request."""

    def __init__(self) -> None:
        super().__init__(b"")


class AnswerLost(Fault):
    """Lets the service fulfill the request, then ends the connection without a response. Refusals are not lost."""

    needs_effect = True

    async def play(self, context: FaultContext) -> web.Response:
        answer = await context.proceed()
        if answer.status < web.HTTPBadRequest.status_code:
            raise NoAnswerError
        return answer


class Hang(Fault):
    """Never responds. The connection ends when the rule is removed or the stand-in stops."""

    async def play(self, context: FaultContext) -> NoReturn:
        await context.request.read()
        await context.wait(None)
        raise NoAnswerError


@dataclass(frozen=True, slots=True)
class CutBody(Fault):
    """Announces the full body, sends `after` bytes of it and ends the connection."""

    after: int = 10

    async def play(self, context: FaultContext) -> NoReturn:
        head, body = _parts(await context.proceed())
        await context.send(head + body[: self.after])
        raise NoAnswerError


@dataclass(frozen=True, slots=True)
class CutAnswer(Fault):
    """Sends the first `after` bytes of the response, starting with the status line, and ends the connection."""

    after: int

    async def play(self, context: FaultContext) -> NoReturn:
        head, body = _parts(await context.proceed())
        await context.send((head + body)[: self.after])
        raise NoAnswerError


@dataclass(frozen=True, slots=True)
class Drip(Fault):
    """Sends the body one byte every `every_ms` milliseconds; with `head`, also the status line and headers."""

    every_ms: int = 100
    head: bool = False

    async def play(self, context: FaultContext) -> NoReturn:
        head, body = _parts(await context.proceed())
        at_once, slowly = (b"", head + body) if self.head else (head, body)
        await context.send(at_once)
        for byte in slowly:
            await context.send(bytes((byte,)))
            await context.wait(self.every_ms / 1000)
            if context.released.is_set():
                break
        raise NoAnswerError


@dataclass(frozen=True, slots=True)
class Delay(Fault):
    """Lets the request through after `ms` milliseconds."""

    ms: int

    async def play(self, context: FaultContext) -> web.Response:
        await context.wait(self.ms / 1000)
        return await context.proceed()


@dataclass(frozen=True, slots=True)
class ContentType(Fault):
    """Sends the service's own response with another content type."""

    content_type: str = "text/html"

    async def play(self, context: FaultContext) -> web.Response:
        answer = await context.proceed()
        answer.headers["Content-Type"] = self.content_type
        return answer


@dataclass(frozen=True, slots=True)
class WrongDate(Fault):
    """Sends the service's own response with a `Date` header that differs from the machine's clock by `off`."""

    off: timedelta

    async def play(self, context: FaultContext) -> web.Response:
        answer = await context.proceed()
        answer.headers["Date"] = format_datetime(datetime.now(UTC) + self.off, usegmt=True)
        return answer


@dataclass(frozen=True, slots=True)
class Echo(Fault):
    """Refuses with the whole request in the body, including its headers and secrets."""

    status: int = 400

    async def play(self, context: FaultContext) -> web.Response:
        request = context.request
        body = (await request.read()).decode(errors="replace")
        members = {"url": str(request.url), "headers": dict(request.headers), "body": body}
        return web.json_response({"error": "invalid_request", "error_description": members}, status=self.status)


FOREIGN_BODIES = {
    "entra": '{"token_type":"Bearer","expires_in":3599,"access_token":"not-a-token"}',
    "identity": '{"access_token":"not-a-token","expires_on":"4102444800","token_type":"Bearer"}',
    "vault": '{"value":"not-a-secret","id":"https://elsewhere.vault.azure.net/secrets/other/1","attributes":{"enabled":true}}',
    "partner": '{"balanceAmount":1.00,"currencyCode":"XTS"}',
    "table": '{"value":[{"PartitionKey":"elsewhere","RowKey":"2020-01-01_XTS"}]}',
}
"""A successful response from each service, for `answer_of`."""


def answer_of(service: str) -> Status:
    """Return a successful response from `service`, for another service to send."""
    return Status(200, FOREIGN_BODIES[service])


def _parts(answer: web.Response) -> tuple[bytes, bytes]:
    """Return the status line with the headers, as sent over the wire, and the body."""
    body = answer.body if isinstance(answer.body, bytes) else b""
    headers = {"Content-Type": "application/json", **answer.headers, "Content-Length": str(len(body))}
    lines = [f"HTTP/1.1 {answer.status} {answer.reason}", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode(), body
