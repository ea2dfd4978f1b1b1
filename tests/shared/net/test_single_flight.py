"""One computation per key, shared by all who ask."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from shared.net.single_flight import SingleFlightCache


class Counter:
    """Counts its calls and returns the count, or raises it."""

    def __init__(self, error: Exception | None = None) -> None:
        self.calls = 0
        self._error = error

    def __call__(self) -> int:
        """Count."""
        self.calls += 1
        if self._error is not None:
            raise self._error
        return self.calls


def test_a_value_is_computed_once_per_key() -> None:
    """The second asker gets the first one's value; another key has a value of its own."""
    once: SingleFlightCache[str, int] = SingleFlightCache()
    compute = Counter()
    assert [once.get("a", compute), once.get("a", compute), once.get("b", compute)] == [1, 1, 2]


def test_threads_that_ask_at_once_share_one_computation() -> None:
    """Ten accounts that share a secret read it once, and each of them gets it."""
    once: SingleFlightCache[str, int] = SingleFlightCache()
    compute = Counter()
    together = Barrier(10)

    def ask(_: int) -> int:
        together.wait(10)
        return once.get("a", compute)

    with ThreadPoolExecutor(10) as pool:
        assert list(pool.map(ask, range(10))) == [1] * 10
    assert compute.calls == 1


def test_an_error_is_shared_like_a_value() -> None:
    """A service that is down is waited for once, not once per account."""
    once: SingleFlightCache[str, int] = SingleFlightCache()
    compute = Counter(LookupError("down"))
    for _ in range(3):
        with pytest.raises(LookupError, match="down"):
            once.get("a", compute)
    assert compute.calls == 1


def test_a_forgotten_value_is_computed_anew() -> None:
    """A token near its end is asked for again; forgetting what nobody asked for does no harm."""
    once: SingleFlightCache[str, int] = SingleFlightCache()
    compute = Counter()
    once.get("a", compute)
    once.forget("a")
    once.forget("never asked for")
    assert once.get("a", compute) == 2


def test_none_is_a_value_too() -> None:
    """A computation that returns nothing is not made again."""
    once: SingleFlightCache[str, None] = SingleFlightCache()
    calls = []
    for _ in range(2):
        assert once.get("a", lambda: calls.append(1)) is None
    assert calls == [1]
