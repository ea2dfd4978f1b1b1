"""Work for several accounts at once: each has its result or its error, streams are used in order."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from cli.support.side_by_side import for_each, read_side_by_side
from shared.errors import PartnerThrottled, Unexpected
from shared.settings.accounts import Account
from shared.settings.clouds import CLOUDS

ACCOUNT = Account("tenant", "client", "One", cloud=CLOUDS["global"])


def test_a_failure_costs_the_others_nothing() -> None:
    """A known one is kept; an unknown one becomes its type, without its text."""

    def work(account: Account) -> str:
        if account.name == "One":
            raise PartnerThrottled("slow down")
        if account.name == "Two":
            raise ZeroDivisionError("a secret")
        return "done"

    accounts = [replace(ACCOUNT, name=name) for name in ("One", "Two", "Three")]
    [(done, three)], [(_, one), (_, two)] = for_each(accounts, work)
    assert (done.name, three) == ("Three", "done")
    assert isinstance(one, PartnerThrottled)
    assert isinstance(two, Unexpected)
    assert "a secret" not in two.message


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

    assert [list(items) for items in read_side_by_side([first(), second()], 2)] == [["1a", "1b"], ["2a"]]


def test_an_error_of_a_stream_is_raised_in_its_turn() -> None:
    """Once what came before it was read."""

    def broken() -> Iterator[int]:
        yield 2
        raise LookupError

    streams = read_side_by_side([iter([1]), broken()], 2)
    assert list(next(streams)) == [1]
    items = next(streams)
    assert next(items) == 2
    with pytest.raises(LookupError):
        next(items)


def test_streams_wait_for_those_before_them() -> None:
    """One more than are used is not asked for: memory holds so many streams and no more."""
    asked: list[int] = []

    def streams() -> Iterator[Iterator[int]]:
        for number in range(4):
            asked.append(number)
            yield iter([number])

    found = read_side_by_side(streams(), 2)
    for number in range(4):
        assert list(next(found)) == [number]
        assert asked == list(range(min(number + 2, 4)))
    assert list(found) == []
