"""Work side by side, its results in order."""

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.support.prefetch import each_in_turn, in_order

TREES = st.recursive(st.just(()), lambda children: st.lists(children, max_size=4).map(tuple), max_leaves=30)


@given(st.lists(TREES, max_size=5), st.integers(1, 4), st.integers(1, 6))
def test_results_come_in_order_and_within_bounds(trees: list[tuple], side_by_side: int, most: int) -> None:  # type: ignore[type-arg] # a tree of tuples
    """Depth first, each part once, with never more fetched and unused than the bound."""
    lock, counts = threading.Lock(), {"fetched": 0, "used": 0, "most": 0}

    def fetch(part: tuple) -> tuple[tuple, tuple]:  # type: ignore[type-arg] # a tree of tuples
        with lock:
            counts["fetched"] += 1
            counts["most"] = max(counts["most"], counts["fetched"] - counts["used"])
        return part, part

    def depth_first(parts: tuple) -> Iterator[tuple]:  # type: ignore[type-arg] # a tree of tuples
        for part in parts:
            yield part
            yield from depth_first(part)

    found = []
    for part in in_order(trees, fetch, side_by_side=side_by_side, most=most):
        found.append(part)
        with lock:
            counts["used"] += 1
    assert found == list(depth_first(tuple(trees)))
    assert counts["most"] <= most + 1


def test_parts_are_fetched_side_by_side_and_an_error_comes_in_its_place() -> None:
    """The first part waits for the second one; the third one's error is raised after both."""
    second = threading.Event()

    def fetch(part: int) -> tuple[int, tuple[int, ...]]:
        if part == 1:
            assert second.wait(10)
        elif part == 2:
            second.set()
        else:
            raise LookupError
        return part, ()

    found = in_order([1, 2, 3], fetch, side_by_side=2, most=2)
    assert [next(found), next(found)] == [1, 2]
    with pytest.raises(LookupError):
        next(found)


def test_streams_work_side_by_side_and_are_read_in_turn() -> None:
    """The second one is done before the first goes on, and still comes after it."""
    second_done = threading.Event()

    def first() -> Iterator[str]:
        yield "1a"
        assert second_done.wait(10)
        yield "1b"

    def second() -> Iterator[str]:
        yield "2a"
        second_done.set()

    assert list(each_in_turn([first(), second()], 2)) == ["1a", "1b", "2a"]


def test_an_error_of_a_stream_is_raised_in_its_turn() -> None:
    """Once what came before it was read."""

    def broken() -> Iterator[int]:
        yield 2
        raise LookupError

    stream = each_in_turn([iter([1]), broken()], 2)
    assert [next(stream), next(stream)] == [1, 2]
    with pytest.raises(LookupError):
        next(stream)
