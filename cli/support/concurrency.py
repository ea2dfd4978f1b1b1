"""Concurrent work for several accounts, with results in order."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from queue import Queue
from threading import Event, Semaphore, Thread
from typing import TypeVar

from shared.errors import SnapshotError, as_snapshot_error
from shared.services import MAX_CONCURRENT_ACCOUNTS
from shared.settings.accounts import Account

K = TypeVar("K")
T = TypeVar("T")

BUFFER_SIZE = 3
"""The most items of one key that wait to be used."""


@dataclass(frozen=True)
class _End:
    """Follows the last item; `error` is the error that ended the reading, if any."""

    error: Exception | None = None


def for_each(
    accounts: Iterable[Account], work: Callable[[Account], T]
) -> tuple[list[tuple[Account, T]], list[tuple[Account, SnapshotError]]]:
    """Do the work for the accounts concurrently; return the results and the failures. A failure does not affect other accounts."""
    done, failed = list[tuple[Account, T]](), list[tuple[Account, SnapshotError]]()
    for account, results in read_concurrently(accounts, lambda account: map(work, [account]), MAX_CONCURRENT_ACCOUNTS):
        try:
            done += [(account, result) for result in results]
        except Exception as error:  # noqa: BLE001 - returned for the caller to report
            failed.append((account, as_snapshot_error(error)))
    return done, failed


def read_concurrently(
    keys: Iterable[K], read: Callable[[K], Iterable[T]], limit: int
) -> Iterator[tuple[K, Iterator[T]]]:
    """Yield each key with its items, in the keys' order. Up to `limit` keys are read concurrently.

    Use all items of a key before you request the next key. An error is raised where its item would be. At most BUFFER_SIZE
    items of each key wait in memory. The threads are daemons, so a read that hangs does not keep the program from exiting.
    """
    buffers: list[Queue[T | _End]] = []
    started = Queue[tuple[K, Queue[T | _End]] | _End]()
    free, stopped = Semaphore(limit), Event()

    def start() -> Iterator[tuple[K, Queue[T | _End]]]:
        for key in keys:
            free.acquire()
            buffers.append(Queue(BUFFER_SIZE))
            Thread(target=_read, args=(read(key), buffers[-1], stopped), daemon=True).start()
            yield key, buffers[-1]

    # Finding the next key can take a while too, so it must not hold up the keys before it.
    Thread(target=_read, args=(start(), started, stopped), daemon=True).start()
    try:
        for key, items in _items(started):
            yield key, _items(items)
            free.release()
    finally:
        stopped.set()
        free.release()
        for items in buffers:
            while not items.empty():  # lets a thread that waits for space continue and end
                items.get()


def _read(values: Iterable[T], items: Queue[T | _End], stopped: Event) -> None:
    try:
        for item in values:
            items.put(item)
            if stopped.is_set():
                return
        items.put(_End())
    except Exception as error:  # noqa: BLE001 - raised again in the consumer
        items.put(_End(error))


def _items(items: Queue[T | _End]) -> Iterator[T]:
    while not isinstance(item := items.get(), _End):
        yield item
    if item.error:
        raise item.error
