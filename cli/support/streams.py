"""Several streams of pages, read side by side and used one after another, within bounded memory."""

from collections.abc import Iterable, Iterator, Sequence
from queue import Empty, Full, Queue, SimpleQueue
from threading import Event, Thread
from typing import TypeAlias, TypeVar

T = TypeVar("T")

_Pages: TypeAlias = Queue[list[T] | Exception | None]

_LOOK_UP_SECONDS = 0.1


def read_side_by_side(
    streams: Sequence[Iterable[list[T]]], side_by_side: int, pages_ahead: int = 2
) -> Iterator[Iterator[T]]:
    """Yield each stream's items, in the streams' order, while the next streams' pages are fetched.

    Use each to its end before the next. An error comes in its place. Up to `pages_ahead` pages of each wait, with 0 any
    number. The threads are daemons: a page that never comes keeps nobody from ending the program.
    """
    queues: list[_Pages[T]] = [Queue(pages_ahead) for _ in streams]
    jobs: SimpleQueue[tuple[Iterable[list[T]], _Pages[T]]] = SimpleQueue()
    for job in zip(streams, queues, strict=True):
        jobs.put(job)  # taken in order, so the stream that is used is always among those at work
    stopped = Event()
    for number in range(min(side_by_side, len(streams))):
        Thread(target=_work, args=(jobs, stopped), name=f"stream-{number}", daemon=True).start()
    try:
        for queue in queues:
            yield _items(queue)
    finally:
        stopped.set()


def _work(jobs: "SimpleQueue[tuple[Iterable[list[T]], _Pages[T]]]", stopped: Event) -> None:
    while not stopped.is_set():
        try:
            stream, queue = jobs.get_nowait()
        except Empty:
            return
        try:
            for page in stream:
                _put(queue, page, stopped)
                if stopped.is_set():
                    return
            _put(queue, None, stopped)
        except Exception as error:  # noqa: BLE001 - raised again where the stream is used
            _put(queue, error, stopped)


def _put(queue: _Pages[T], page: list[T] | Exception | None, stopped: Event) -> None:
    while not stopped.is_set():
        try:
            queue.put(page, timeout=_LOOK_UP_SECONDS)
        except Full:
            continue
        return


def _items(queue: _Pages[T]) -> Iterator[T]:
    while (page := queue.get()) is not None:
        if isinstance(page, Exception):
            raise page
        yield from page
