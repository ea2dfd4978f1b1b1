"""Compute each value once, however many threads ask for it at the same time."""

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class SingleFlightCache(Generic[K, V]):
    """Values by key, each computed by the first thread that asks; the others wait for it.

    Errors are cached too, so an outage costs one wait, not one per caller.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: dict[K, Future[V]] = {}

    def get(self, key: K, compute: Callable[[], V]) -> V:
        """Return the key's value, from `compute` if nobody asked before; raises what `compute` raised."""
        future: Future[V] = Future()
        with self._lock:
            found = self._values.setdefault(key, future)
        if found is future:
            try:
                future.set_result(compute())
            except BaseException as error:  # noqa: BLE001 - whoever waits gets it; `result` below raises it here too
                future.set_exception(error)
        return found.result()

    def forget(self, key: K) -> None:
        """Have the key's value computed anew for whoever asks next."""
        with self._lock:
            self._values.pop(key, None)
