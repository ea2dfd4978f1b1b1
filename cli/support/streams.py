"""Several streams of pages, read side by side and used one after another, within bounded memory."""

from collections.abc import Iterable, Iterator
from queue import Full, Queue, SimpleQueue
from threading import Event, Lock, Thread
from typing import TypeAlias, TypeVar

T = TypeVar("T")

_Pages: TypeAlias = Queue[list[T] | Exception | None]

_LOOK_UP_SECONDS = 0.1


def read_side_by_side(
    streams: Iterable[Iterable[list[T]]], side_by_side: int, pages_ahead: int = 3
) -> Iterator[Iterator[T]]:
    """Yield each stream's items, in the streams' order, while the next streams' pages are fetched.

    Use each to its end before the next. An error comes in its place. Up to `pages_ahead` pages of each wait, with 0 any
    number; a stream is asked for when there is a thread for it. The threads are daemons: a page that never comes keeps
    nobody from ending the program.
    """
    taken: SimpleQueue[_Pages[T] | None] = SimpleQueue()
    source, lock, stopped = iter(streams), Lock(), Event()

    def work() -> None:
        while not stopped.is_set():
            queue: _Pages[T] = Queue(pages_ahead)
            with lock:  # in order, so the stream that is used is always among those at work
                try:
                    stream = next(source, None)
                except Exception as error:  # noqa: BLE001 - raised again where the next stream would be used
                    stream = None
                    queue.put(error)
                    taken.put(queue)
                taken.put(None if stream is None else queue)
            if stream is None:
                return
            _fetch(stream, queue, stopped)

    for number in range(side_by_side):
        Thread(target=work, name=f"stream-{number}", daemon=True).start()
    try:
        while (queue := taken.get()) is not None:
            yield _items(queue)
    finally:
        stopped.set()


def _fetch(stream: Iterable[list[T]], queue: _Pages[T], stopped: Event) -> None:
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
