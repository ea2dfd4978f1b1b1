"""Work for several accounts at once, its results one after another."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from queue import SimpleQueue
from threading import Event, Thread
from typing import TypeVar

from shared.errors import SnapshotError, as_snapshot_error
from shared.services import SIDE_BY_SIDE
from shared.settings.accounts import Account

T = TypeVar("T")


@dataclass(frozen=True)
class _End:
    """What follows the last item of a stream: the error that ended it, if any."""

    error: Exception | None = None


def for_each(
    accounts: Sequence[Account], work: Callable[[Account], T]
) -> tuple[list[tuple[Account, T]], list[tuple[Account, SnapshotError]]]:
    """Do the work for the accounts side by side; return the results and, apart, the failures, which cost the others nothing."""

    def one(account: Account) -> T | SnapshotError:
        try:
            return work(account)
        except Exception as error:  # noqa: BLE001 - reported as what it is by whoever asked
            return as_snapshot_error(error)

    with ThreadPoolExecutor(min(SIDE_BY_SIDE, len(accounts))) as pool:
        both = list(zip(accounts, pool.map(one, accounts), strict=True))
    failed = [(account, result) for account, result in both if isinstance(result, SnapshotError)]
    return [(account, result) for account, result in both if not isinstance(result, SnapshotError)], failed


def read_side_by_side(streams: Iterable[Iterable[T]], at_once: int) -> Iterator[Iterator[T]]:
    """Yield each stream's items, in the streams' order, while the next ones are read, so many at once.

    Use each to its end before the next; an error comes in its place. What is read and not used yet waits in memory. The
    threads are daemons: an item that never comes keeps nobody from ending the program.
    """
    source, started, stopped = iter(streams), deque[SimpleQueue[T | _End]](), Event()
    try:
        while True:
            for stream in islice(source, at_once - len(started)):
                started.append(SimpleQueue())
                Thread(target=_read, args=(stream, started[-1], stopped), daemon=True).start()
            if not started:
                return
            yield _items(started.popleft())
    finally:
        stopped.set()


def _read(stream: Iterable[T], items: SimpleQueue[T | _End], stopped: Event) -> None:
    try:
        for item in stream:
            items.put(item)
            if stopped.is_set():
                return
        items.put(_End())
    except Exception as error:  # noqa: BLE001 - raised again where the stream is used
        items.put(_End(error))


def _items(items: SimpleQueue[T | _End]) -> Iterator[T]:
    while not isinstance(item := items.get(), _End):
        yield item
    if item.error:
        raise item.error
