"""Work side by side whose results are used in order. The threads are daemons: none keeps Ctrl+C waiting."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TypeVar

T = TypeVar("T")
P = TypeVar("P")

_LOOK_UP_SECONDS = 0.5
"""Ctrl+C is noticed between two waits of this length; Windows interrupts none."""


def in_order(
    parts: Iterable[P], fetch: Callable[[P], tuple[T, Sequence[P]]], *, side_by_side: int, most: int
) -> Iterator[T]:
    """Yield what `fetch` returns for each part, then, before the next part, for the parts that it says follow this one.

    So many are fetched side by side, the first ones first, and no more than `most` results are under way or wait to be used.
    An error comes in its place.
    """
    work: SimpleQueue[tuple[P, Future[tuple[T, Sequence[P]]]] | None] = SimpleQueue()
    planned: deque[P | Future[tuple[T, Sequence[P]]]] = deque(parts)
    for number in range(side_by_side):
        Thread(target=_serve, args=(work, fetch), name=f"fetch-{number}", daemon=True).start()
    try:
        while planned:
            planned = _started(planned, work, most)
            head = planned.popleft()
            if not isinstance(head, Future):
                raise TypeError("the first part was not started")
            while not head.done():
                under_way = [one for one in planned if isinstance(one, Future) and not one.done()]
                wait([head, *under_way], _LOOK_UP_SECONDS, FIRST_COMPLETED)
                planned = _started(planned, work, most - 1)
            result, following = head.result()
            planned.extendleft(reversed(following))
            planned = _started(planned, work, most)
            yield result
    finally:
        for one in planned:
            if isinstance(one, Future):
                one.cancel()
        for _ in range(side_by_side):
            work.put(None)


def _started(planned: deque, work: SimpleQueue, most: int) -> deque:  # type: ignore[type-arg] # as in in_order
    """Start parts in their order, and plan those that follow finished ones right behind them."""
    result: deque = deque()  # type: ignore[type-arg] # as planned
    started = sum(isinstance(one, Future) for one in planned)
    while planned:
        one = planned.popleft()
        if not isinstance(one, Future) and started < most:
            part, one = one, Future()
            started += 1
            work.put((part, one))
        elif isinstance(one, Future) and one.done() and not one.exception() and one.result()[1]:
            page, following = one.result()
            planned.extendleft(reversed(following))
            one = Future()
            one.set_result((page, ()))
        result.append(one)
    return result


def _serve(work: SimpleQueue, fetch: Callable) -> None:  # type: ignore[type-arg] # as in in_order
    while (job := work.get()) is not None:
        part, future = job
        if future.set_running_or_notify_cancel():
            try:
                future.set_result(fetch(part))
            except BaseException as error:  # noqa: BLE001 - carried over to where the result is used
                future.set_exception(error)


def each_in_turn(streams: Sequence[Iterable[T]], side_by_side: int) -> Iterator[T]:
    """Yield all of the first stream as it comes, then of the second, and so on, while so many of them are at work."""
    jobs: SimpleQueue[tuple[Iterable[T], SimpleQueue[Future[T] | None]] | None] = SimpleQueue()
    queues: list[SimpleQueue[Future[T] | None]] = [SimpleQueue() for _ in streams]

    def serve() -> None:
        while (job := jobs.get()) is not None:
            stream, queue = job
            try:
                for item in stream:
                    done: Future[T] = Future()
                    done.set_result(item)
                    queue.put(done)
            except BaseException as error:  # noqa: BLE001 - raised where the stream is read
                failed: Future[T] = Future()
                failed.set_exception(error)
                queue.put(failed)
            queue.put(None)

    for job in [*zip(streams, queues, strict=True), *[None] * side_by_side]:
        jobs.put(job)
    for number in range(side_by_side):
        Thread(target=serve, name=f"stream-{number}", daemon=True).start()
    for queue in queues:
        while (item := _take(queue)) is not None:
            yield item.result()


def _take(queue: SimpleQueue[T]) -> T:
    while True:
        try:
            return queue.get(timeout=_LOOK_UP_SECONDS)
        except Empty:
            continue


def ahead(items: Iterator[T]) -> Iterator[T]:
    """Yield the items, asking for each one item early in a thread of its own; an error comes in its place."""
    end = object()
    with ThreadPoolExecutor(1, "ahead") as pool:
        coming = pool.submit(next, items, end)
        while (item := coming.result()) is not end:
            coming = pool.submit(next, items, end)
            yield item  # type: ignore[misc] # what is not the end is an item
