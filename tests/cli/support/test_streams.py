"""Streams read side by side, used in order."""

import threading
from collections.abc import Iterator

import pytest

from cli.support.streams import read_side_by_side


def test_streams_work_side_by_side_and_are_read_in_turn() -> None:
    """The second one is done before the first goes on, and still comes after it."""
    second_done = threading.Event()

    def first() -> Iterator[list[str]]:
        yield ["1a"]
        assert second_done.wait(10)
        yield ["1b", "1c"]

    def second() -> Iterator[list[str]]:
        yield ["2a"]
        second_done.set()

    assert [list(items) for items in read_side_by_side([first(), second()], 2)] == [["1a", "1b", "1c"], ["2a"]]


def test_an_error_of_a_stream_is_raised_in_its_turn() -> None:
    """Once what came before it was read."""

    def broken() -> Iterator[list[int]]:
        yield [2]
        raise LookupError

    streams = read_side_by_side([iter([[1]]), broken()], 2)
    assert list(next(streams)) == [1]
    items = next(streams)
    assert next(items) == 2
    with pytest.raises(LookupError):
        next(items)


def test_an_error_in_naming_the_streams_is_raised_in_its_turn() -> None:
    """After the streams before it."""

    def streams() -> Iterator[Iterator[list[int]]]:
        yield iter([[1]])
        raise LookupError

    found = read_side_by_side(streams(), 2)
    assert list(next(found)) == [1]
    with pytest.raises(LookupError):
        list(next(found))


@pytest.mark.parametrize(("pages_ahead", "fetched"), [(1, {2, 3}), (0, {9})])
def test_pages_wait_within_bounds(pages_ahead: int, fetched: set[int]) -> None:
    """A stream that is not used yet holds the pages it may hold and no more; 0 sets no bound."""
    made: list[int] = []
    enough = threading.Event()

    def pages() -> Iterator[list[int]]:
        for number in range(9):
            made.append(number)
            if len(made) >= min(fetched):
                enough.set()
            yield [number]

    for items in read_side_by_side([pages()], 1, pages_ahead):
        assert enough.wait(10)
        assert len(made) in fetched
        assert list(items) == list(range(9))
