"""Every call that reached the stand-in, without query strings, headers or bodies: nothing secret is kept."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypedDict, Unpack


class Conditions(TypedDict, total=False):
    """Conditions that select calls, beside the service; None is none."""

    method: str | None
    path_contains: str
    status: int
    tenant: str | None


@dataclass(slots=True)
class Call:
    """One request: `status` is None until it is answered, and stays None when the answer never came.

    `detail` is the service's own word for what was asked: the grant and credential at Entra, the resource at the
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
        """Return whether it is a call of this service (None: of any) that meets the conditions."""
        wanted = {"service": service, **conditions}
        part = str(wanted.pop("path_contains", ""))
        return part in self.path and all(value in (None, getattr(self, name)) for name, value in wanted.items())


class Journal:
    """The calls in the order in which they arrived; written by the servers' thread, read by any."""

    def __init__(self) -> None:
        self._calls: list[Call] = []
        self._changed = threading.Condition()
        self.on_answer: Callable[[Call], None] = lambda _: None
        """Called with each call that is answered, before the answer is sent."""

    def add(self, call: Call) -> None:
        """Keep a call that has just arrived."""
        with self._changed:
            self._calls.append(call)
            self._changed.notify_all()

    def answered(self, call: Call, status: int | None) -> None:
        """Set what `call` was answered with."""
        with self._changed:
            call.status = status
            self._changed.notify_all()
        self.on_answer(call)

    def calls(self, service: str | None = None, **conditions: Unpack[Conditions]) -> tuple[Call, ...]:
        """Return the calls that match everything given."""
        with self._changed:
            return tuple(call for call in self._calls if call.matches(service, conditions))

    def count(self, service: str | None = None, **conditions: Unpack[Conditions]) -> int:
        """Return how many calls match everything given."""
        return len(self.calls(service, **conditions))

    def wait_for(
        self, number: int, service: str | None = None, *, timeout: float = 10, **conditions: Unpack[Conditions]
    ) -> None:
        """Return once `number` matching calls have arrived, answered or not; TimeoutError after `timeout` seconds."""
        with self._changed:  # its lock is reentrant
            if not self._changed.wait_for(lambda: self.count(service, **conditions) >= number, timeout):
                raise TimeoutError(f"fewer than {number} calls of {service or 'any service'} within {timeout} s")

    def clear(self) -> None:
        """Forget all calls."""
        with self._changed:
            self._calls.clear()
