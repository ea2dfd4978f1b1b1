"""The job in this process, on the stand-in's clock, and its log."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from aiohttp import web

from shared.history.runs import RunResult
from shared.job import take_snapshots
from shared.net.retry import Retry
from standin import StandIn
from standin.faults import Fault, FaultContext, NoAnswerError


def run_now(world: StandIn, environ: Mapping[str, str]) -> RunResult:
    """Run the job once, at the stand-in's time; the waits between attempts take no time."""
    with patch("shared.services.Retry", partial(Retry, sleep=lambda _: None)):
        return take_snapshots(environ, run_id=str(uuid4()), now=world.clock.now)


def lines(caplog: pytest.LogCaptureFixture, marker: str, account: str | None = None) -> list[dict[str, Any]]:
    """Return the JSON of the lines that begin with a marker, for one account if it is named."""
    found = [json.loads(text.partition(" ")[2]) for text in caplog.messages if text.split(" ")[0] == marker]
    return [line for line in found if account in (None, line.get("account"))]


@dataclass(frozen=True)
class Edited(Fault):
    """Changes the members of the service's own JSON response; `edit` gets them and the request's body."""

    edit: Callable[[dict[str, Any], bytes], object]

    async def play(self, context: FaultContext) -> web.Response:
        """Send the changed answer."""
        answer = await context.proceed()
        members = json.loads(answer.body if isinstance(answer.body, bytes) else b"")
        self.edit(members, await context.request.read())
        return web.json_response(members, status=answer.status)


@dataclass(frozen=True)
class Meanwhile(Fault):
    """Calls an action with the request before the service sees the call."""

    act: Callable[[web.Request], object]

    async def play(self, context: FaultContext) -> web.Response:
        """Act, then let the call pass."""
        self.act(context.request)
        return await context.proceed()


class Stopped(Fault):
    """Holds a call forever, before the service sees it or after it took effect, and then sets `reached`."""

    def __init__(self, *, after: bool) -> None:
        self.after = after
        self.reached = threading.Event()

    async def play(self, context: FaultContext) -> web.Response:
        """Wait to be released."""
        await (context.proceed() if self.after else context.request.read())
        self.reached.set()
        await context.wait(None)
        raise NoAnswerError
