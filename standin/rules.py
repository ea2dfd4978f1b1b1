"""Decides when a fault occurs: on which calls, after how many, and how often.

    rule = world.faults.add("vault", Hang(), times=None); ...; rule.remove()

A rule applies `times` times (None: always), after skipping the first `skip` matching calls. Rules nest in the order in
which they were added, so that a `Delay` on everything can be combined with any other fault.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Unpack

from aiohttp import web

from standin.faults import Fault, FaultContext, Proceed
from standin.journal import Call, Conditions


@dataclass(slots=True, eq=False)
class Rule:
    """An active fault, until it has occurred `times` times or is removed."""

    fault: Fault
    service: str | None
    conditions: Conditions
    times: int | None
    skip: int
    released: asyncio.Event
    remove: Callable[[], None] = lambda: None

    def takes(self, call: Call) -> bool:
        """Return whether the rule applies to this call."""
        if self.times == 0 or not call.matches(self.service, self.conditions):
            return False
        self.skip -= 1
        return self.skip < 0

    async def play(self, request: web.Request, proceed: Proceed) -> web.Response:
        """Play the fault and count down `times`."""
        if self.times is not None:
            self.times -= 1
        answer = await self.fault.play(FaultContext(request, proceed, self.released))
        if self.times is not None and self.fault.needs_effect:
            self.times += 1
        return answer


class Faults:
    """The active rules for all services."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._rules: list[Rule] = []

    def add(
        self,
        service: str | None,
        fault: Fault,
        *,
        times: int | None = 1,
        skip: int = 0,
        **conditions: Unpack[Conditions],
    ) -> Rule:
        """Play `fault` on the matching calls. If `service` is None, it applies to every service."""
        rule = Rule(fault, service, conditions, times, skip, asyncio.Event())
        rule.remove = lambda: self._remove(rule)
        self._rules.append(rule)
        return rule

    def clear(self) -> None:
        """Remove all rules and release hanging requests."""
        for rule in tuple(self._rules):
            self._remove(rule)

    async def dispatch(self, call: Call, request: web.Request, handler: Any) -> web.Response:
        """Pass a request through the matching rules to the service's `handler`."""
        rules = iter(tuple(self._rules))

        async def proceed() -> web.Response:
            for rule in rules:
                if rule.takes(call):
                    return await rule.play(request, proceed)
            try:
                answer: web.Response = await handler(request)
            except web.HTTPException as refusal:
                return web.Response(status=refusal.status, body=refusal.body, headers=refusal.headers)
            return answer

        return await proceed()

    def _remove(self, rule: Rule) -> None:
        if rule in self._rules:
            self._rules.remove(rule)
        self._loop.call_soon_threadsafe(rule.released.set)
