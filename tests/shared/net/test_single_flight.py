"""One computation per key, shared by all who ask."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier

import pytest

from shared.net.single_flight import SingleFlightCache


class Asked(SingleFlightCache[str, int | None]):
    """A cache that counts: `ask` returns how many computations there were; nothing for `nothing`; `down` fails."""

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
    """The second asker gets the first one's value, also when it is None, and the first one's error."""
    cache = Asked()
    assert [cache.ask(key) for key in ("a", "a", "b", "nothing", "nothing")] == [1, 1, 2, None, None]
    for _ in range(3):
        with pytest.raises(LookupError, match="down"):
            cache.ask("down")
    assert cache.computed == ["a", "b", "nothing", "down"]


def test_threads_that_ask_at_once_share_one_computation() -> None:
    """Ten accounts that share a secret read it once, and each of them gets it."""
    cache, together = Asked(), Barrier(10)

    def ask(_: int) -> int | None:
        together.wait(10)
        return cache.ask("a")

    with ThreadPoolExecutor(10) as pool:
        assert list(pool.map(ask, range(10))) == [1] * 10
    assert cache.computed == ["a"]


def test_a_forgotten_value_is_computed_anew() -> None:
    """A token near its end is asked for again; forgetting what nobody asked for does no harm."""
    cache = Asked()
    for key in ("a", "down"):
        for _ in range(2):
            with suppress(LookupError):
                cache.ask(key)
            cache.forget(key)
    cache.forget("never asked for")
    assert cache.computed == ["a", "a", "down", "down"]
