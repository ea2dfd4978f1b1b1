"""Doing the next thing early."""

import threading
from collections.abc import Iterator

import pytest

from cli.support.prefetch import ahead, each_in_turn


def test_the_next_item_is_fetched_while_one_is_used() -> None:
    """One item ahead and no more, in order."""
    asked = [threading.Event() for _ in range(4)]

    def items() -> Iterator[int]:
        for number, event in enumerate(asked):
            event.set()
            yield number

    stream = ahead(items())
    assert next(stream) == 0
    assert asked[1].wait(10)
    assert not asked[2].is_set()
    assert list(stream) == [1, 2, 3]


def test_an_error_comes_in_its_place() -> None:
    """After the items before it."""

    def items() -> Iterator[int]:
        yield 1
        raise LookupError

    stream = ahead(items())
    assert next(stream) == 1
    with pytest.raises(LookupError):
        next(stream)


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
