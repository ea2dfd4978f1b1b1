"""Computes each value once, however many threads request it at the same time."""

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class SingleFlightCache(Generic[K, V]):
    """Values by key. The first thread to request a value computes it, and the others wait for it.

    Errors are cached too, so an outage costs one wait, not one per caller.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: dict[K, Future[V]] = {}

    def get(self, key: K, compute: Callable[[], V]) -> V:
        """Return the key's value, calling `compute` on the first request only; raises whatever `compute` raised."""
        future: Future[V] = Future()
        with self._lock:
            found = self._values.setdefault(key, future)
        if found is future:
            try:
                future.set_result(compute())
            except BaseException as error:  # noqa: BLE001 - every waiting thread gets it; `result` below raises it here too
                future.set_exception(error)
        return found.result()

    def forget(self, key: K) -> None:
        """Make the next request compute the key's value again."""
        with self._lock:
            self._values.pop(key, None)
