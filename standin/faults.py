"""Faults to be played in place of a service's answer, or on its way.

    world.faults.add("partner", Status(503), times=2)
    world.faults.add("table", AnswerLost(), method="POST")          # the row is there, its answer is not
    rule = world.faults.add("vault", Hang(), times=None); ...; rule.remove()

A rule plays `times` times (None: always), after letting the first `skip` matching calls pass. Rules nest in the order
in which they were added, so that a `Delay` on everything goes together with any other fault.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, NoReturn

from aiohttp import web

Proceed = Callable[[], Awaitable[web.StreamResponse]]


class NoAnswerError(Exception):
    """Raised by a fault when the connection is to end without a (whole) answer."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What a fault gets to play with: the request, the rest of the way, and the event that releases it."""

    request: web.Request
    proceed: Proceed
    released: asyncio.Event

    async def wait(self, seconds: float | None) -> None:
        """Wait until released, `seconds` at most (None: for ever)."""
        try:
            await asyncio.wait_for(self.released.wait(), seconds)
        except TimeoutError:
            return

    async def answer(self) -> web.Response:
        """Return the service's own answer, whole."""
        response = await self.proceed()
        if not isinstance(response, web.Response):
            raise TypeError(f"{type(response).__name__} cannot be changed by a fault: it is sent already")
        return response


class Fault(ABC):
    """Something that can go wrong with one call."""

    needs_effect = False
    """Whether the fault is used up only by a call that the service fulfilled (status below 400)."""

    @abstractmethod
    async def play(self, moment: Moment) -> web.StreamResponse:
        """Return the answer to give; raise NoAnswerError to give none."""


@dataclass(frozen=True, slots=True)
class Status(Fault):
    """Answers in the service's place, which never sees the request."""

    status: int
    body: bytes | str = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"

    async def play(self, moment: Moment) -> web.StreamResponse:
        """Return the status, the body and the headers as they were given."""
        await moment.request.read()
        body = self.body.encode() if isinstance(self.body, str) else self.body
        headers = dict(self.headers)
        if body:
            headers.setdefault("Content-Type", self.content_type)
        return web.Response(status=self.status, body=body, headers=headers)


def html(status: int = 502) -> Status:
    """Return the answer of a gateway that speaks HTML."""
    return Status(status, "<html><head><title>Error</title></head><body>Bad gateway</body></html>", {}, "text/html")


def throttled(seconds: int = 57, *, as_date: bool = False) -> Status:
    """Return the gateway's 429, `Retry-After` in seconds or as an HTTP date."""
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)
    return Status(
        429,
        f'{{"statusCode":429,"message":"Rate limit is exceeded. Try again in {seconds} seconds."}}',
        {"Retry-After": moment if as_date else str(seconds)},
    )


def unavailable(retry_after: int | None = None) -> Status:
    """Return a 503 with an empty body, and `Retry-After` in seconds if given."""
    return Status(503, headers={} if retry_after is None else {"Retry-After": str(retry_after)})


def redirect(to: str, status: int = 302) -> Status:
    """Return a redirect to the address `to`."""
    return Status(status, headers={"Location": to})


class Cut(Fault):
    """Ends the connection before the service sees the request."""

    async def play(self, moment: Moment) -> NoReturn:
        """Read the request, then end the connection."""
        await moment.request.read()
        raise NoAnswerError


class AnswerLost(Fault):
    """Lets the service fulfil the request, then ends the connection instead of answering."""

    needs_effect = True

    async def play(self, moment: Moment) -> web.StreamResponse:
        """Lose the answer if it tells of success."""
        answer = await moment.proceed()
        if answer.status < web.HTTPBadRequest.status_code:
            raise NoAnswerError
        return answer


class Hang(Fault):
    """Never answers; the connection ends when the rule is removed or the stand-in stops."""

    async def play(self, moment: Moment) -> NoReturn:
        """Wait to be released."""
        await moment.request.read()
        await moment.wait(None)
        raise NoAnswerError


@dataclass(frozen=True, slots=True)
class CutBody(Fault):
    """Announces the whole body, sends `after` bytes of it and ends the connection."""

    after: int = 10

    async def play(self, moment: Moment) -> NoReturn:
        """Send the beginning of the service's answer."""
        answer = await moment.answer()
        stream = await _begin(moment, answer)
        await stream.write(_body(answer)[: self.after])
        raise NoAnswerError


@dataclass(frozen=True, slots=True)
class Drip(Fault):
    """Sends the body one byte every `every_ms` milliseconds."""

    every_ms: int = 100

    async def play(self, moment: Moment) -> web.StreamResponse:
        """Send the service's answer slowly."""
        answer = await moment.answer()
        stream = await _begin(moment, answer)
        for byte in _body(answer):
            await stream.write(bytes((byte,)))
            await moment.wait(self.every_ms / 1000)
            if moment.released.is_set():
                raise NoAnswerError
        await stream.write_eof()
        return stream


@dataclass(frozen=True, slots=True)
class Delay(Fault):
    """Lets the request pass after `ms` milliseconds."""

    ms: int

    async def play(self, moment: Moment) -> web.StreamResponse:
        """Wait, then go on."""
        await moment.wait(self.ms / 1000)
        return await moment.proceed()


@dataclass(frozen=True, slots=True)
class ContentType(Fault):
    """Sends the service's own answer under another content type."""

    content_type: str = "text/html"

    async def play(self, moment: Moment) -> web.StreamResponse:
        """Change the header only."""
        answer = await moment.answer()
        answer.headers["Content-Type"] = self.content_type
        return answer


@dataclass(slots=True, eq=False)
class Rule:
    """A fault in force, until it was played `times` times or is removed."""

    fault: Fault
    service: str | None
    path_contains: str
    method: str | None
    tenant: str | None
    times: int | None
    skip: int
    released: asyncio.Event
    remove: Callable[[], None] = lambda: None

    def takes(self, service: str, request: web.Request, tenant: str | None) -> bool:
        """Tell whether this call is to be played on."""
        if (
            self.times == 0
            or self.service not in (None, service)
            or self.path_contains not in request.path
            or self.method not in (None, request.method)
            or self.tenant not in (None, tenant)
        ):
            return False
        if self.skip:
            self.skip -= 1
            return False
        return True

    async def play(self, request: web.Request, proceed: Proceed) -> web.StreamResponse:
        """Play the fault and use up one of the `times`."""
        if self.times is not None:
            self.times -= 1
        answer = await self.fault.play(Moment(request, proceed, self.released))
        if self.times is not None and self.fault.needs_effect:
            self.times += 1
        return answer


class Faults:
    """The rules in force, of all services."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._rules: list[Rule] = []

    def add(
        self,
        service: str | None,
        fault: Fault,
        *,
        path_contains: str = "",
        method: str | None = None,
        tenant: str | None = None,
        times: int | None = 1,
        skip: int = 0,
    ) -> Rule:
        """Play `fault` on the calls that match; `service` None means every service."""
        rule = Rule(fault, service, path_contains, method, tenant, times, skip, asyncio.Event())
        rule.remove = lambda: self._remove(rule)
        self._rules.append(rule)
        return rule

    def clear(self) -> None:
        """Remove every rule and release what hangs."""
        for rule in tuple(self._rules):
            self._remove(rule)

    async def lead(self, service: str, request: web.Request, tenant: str | None, handler: Any) -> web.StreamResponse:
        """Take a request past the rules that match it to the service's `handler`."""
        rules = iter(tuple(self._rules))

        async def proceed() -> web.StreamResponse:
            for rule in rules:
                if rule.takes(service, request, tenant):
                    return await rule.play(request, proceed)
            try:
                answer: web.StreamResponse = await handler(request)
            except web.HTTPException as refusal:
                return web.Response(status=refusal.status, body=refusal.body, headers=refusal.headers)
            return answer

        return await proceed()

    def _remove(self, rule: Rule) -> None:
        if rule in self._rules:
            self._rules.remove(rule)
        self._loop.call_soon_threadsafe(rule.released.set)


async def _begin(moment: Moment, answer: web.Response) -> web.StreamResponse:
    stream = web.StreamResponse(status=answer.status, headers=answer.headers)
    stream.content_length = len(_body(answer))
    await stream.prepare(moment.request)
    return stream


def _body(answer: web.Response) -> bytes:
    return answer.body if isinstance(answer.body, bytes) else b""
