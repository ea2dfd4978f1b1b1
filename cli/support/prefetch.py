"""Doing the next thing while the one before it is used."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeVar

T = TypeVar("T")


def ahead(items: Iterator[T]) -> Iterator[T]:
    """Yield the items, asking for each one item early in a thread of its own; an error comes in its place."""
    end = object()
    with ThreadPoolExecutor(1, "ahead") as pool:
        coming = pool.submit(next, items, end)
        while (item := coming.result()) is not end:
            coming = pool.submit(next, items, end)
            yield item  # type: ignore[misc] # what is not the end is an item


def each_in_turn(streams: Sequence[Iterable[T]], side_by_side: int) -> Iterator[T]:
    """Yield all of the first stream as it comes, then of the second, and so on, while so many of them are at work."""
    end = object()

    def drain(stream: Iterable[T], queue: SimpleQueue[object]) -> None:
        try:
            for item in stream:
                queue.put(item)
        finally:
            queue.put(end)

    with ThreadPoolExecutor(side_by_side, "stream") as pool:
        queues: list[SimpleQueue[object]] = [SimpleQueue() for _ in streams]
        working = [pool.submit(drain, stream, queue) for stream, queue in zip(streams, queues, strict=True)]
        for queue, work in zip(queues, working, strict=True):
            while (item := queue.get()) is not end:
                yield item  # type: ignore[misc] # what is not the end is an item
            work.result()
