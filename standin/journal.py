"""Records every call to the stand-in, without query strings, headers or bodies, so that it stores no secrets."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypedDict, Unpack


class Conditions(TypedDict, total=False):
    """Conditions that select calls, in addition to the service. None means no condition."""

    method: str | None
    path_contains: str
    status: int
    tenant: str | None


@dataclass(slots=True)
class Call:
    """One request. `status` is None until the response, and stays None if there never is one.

    `detail` is the service's description of the request: the grant and credential at Entra, the resource at the
    managed identity, the operation at the vault and the table, the token's audience at Partner Center.
    """

    service: str
    method: str
    path: str
    request_id: str | None
    tenant: str | None
    detail: str | None = None
    status: int | None = None

    def matches(self, service: str | None, conditions: Conditions) -> bool:
        """Return whether this is a call to the service (None: any service) that meets the conditions."""
        wanted = {"service": service, **conditions}
        part = str(wanted.pop("path_contains", ""))
        return part in self.path and all(value in (None, getattr(self, name)) for name, value in wanted.items())


class Journal:
    """The calls in order of arrival. The servers' thread writes them; any thread can read them."""

    def __init__(self) -> None:
        self._calls: list[Call] = []
        self._changed = threading.Condition()
        self.on_answer: Callable[[Call], None] = lambda _: None
        """Called with each call before its response is sent."""

    def add(self, call: Call) -> None:
        """Record a call that has just arrived."""
        with self._changed:
            self._calls.append(call)
            self._changed.notify_all()

    def answered(self, call: Call, status: int | None) -> None:
        """Record the response status of `call`."""
        with self._changed:
            call.status = status
            self._changed.notify_all()
        self.on_answer(call)

    def calls(self, service: str | None = None, **conditions: Unpack[Conditions]) -> tuple[Call, ...]:
        """Return the calls that match all given conditions."""
        with self._changed:
            return tuple(call for call in self._calls if call.matches(service, conditions))

    def count(self, service: str | None = None, **conditions: Unpack[Conditions]) -> int:
        """Return how many calls match all given conditions."""
        return len(self.calls(service, **conditions))

    def wait_for(
        self, number: int, service: str | None = None, *, timeout: float = 10, **conditions: Unpack[Conditions]
    ) -> None:
        """Return once `number` matching calls have arrived; raises TimeoutError after `timeout` seconds."""
        with self._changed:  # its lock is reentrant
            if not self._changed.wait_for(lambda: self.count(service, **conditions) >= number, timeout):
                raise TimeoutError(f"fewer than {number} calls of {service or 'any service'} within {timeout} s")

    def clear(self) -> None:
        """Forget all calls."""
        with self._changed:
            self._calls.clear()
