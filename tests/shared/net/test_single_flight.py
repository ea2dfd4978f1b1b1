"""One computation per key, shared by all callers."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from shared.net.single_flight import SingleFlightCache


class Asked(SingleFlightCache[str, int | None]):
    """A cache that counts: `ask` returns the number of computations; None for `nothing`; `down` fails."""

    def __init__(self) -> None:
        super().__init__()
        self.computed: list[str] = []

    def ask(self, key: str) -> int | None:
        """Ask for a key's value."""

        def compute() -> int | None:
            self.computed.append(key)
            if key == "down":
                raise LookupError(key)
            return None if key == "nothing" else len(self.computed)

        return self.get(key, compute)


def test_a_value_is_computed_once_per_key() -> None:
    """Later callers get the same value, even if it is None, or the same error, until it is forgotten."""
    cache = Asked()
    assert [cache.ask(key) for key in ("a", "a", "b", "nothing", "nothing")] == [1, 1, 2, None, None]
    for times in (3, 1):
        for _ in range(times):
            with pytest.raises(LookupError, match="down"):
                cache.ask("down")
        for key in ("a", "down", "never asked for"):
            cache.forget(key)
    assert cache.ask("a") == 6
    assert cache.computed == ["a", "b", "nothing", "down", "down", "a"]


def test_threads_that_ask_at_once_share_one_computation() -> None:
    """Ten accounts that share a secret read it once, and each of them gets it."""
    cache, together = Asked(), Barrier(10)

    def ask(_: int) -> int | None:
        together.wait(10)
        return cache.ask("a")

    with ThreadPoolExecutor(10) as pool:
        assert list(pool.map(ask, range(10))) == [1] * 10
    assert cache.computed == ["a"]
