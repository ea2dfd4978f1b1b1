"""When a fault is played: on which calls, after how many, how often.

    rule = world.faults.add("vault", Hang(), times=None); ...; rule.remove()

A rule plays `times` times (None: always), after it let the first `skip` matching calls pass. Rules nest in the order in
which they were added, so that a `Delay` on everything combines with any other fault.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from standin.faults import Fault, FaultContext, Proceed


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
        """Return whether the rule applies to this call."""
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
        answer = await self.fault.play(FaultContext(request, proceed, self.released))
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

    async def dispatch(
        self, service: str, request: web.Request, tenant: str | None, handler: Any
    ) -> web.StreamResponse:
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
