"""Concurrent work for several accounts: each has its result or its error, and results are used in order."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import pytest

from cli.support.concurrency import BUFFER_SIZE, for_each, read_concurrently
from shared.errors import PartnerThrottled, Unexpected
from shared.settings.accounts import Account
from shared.settings.clouds import CLOUDS

ACCOUNT = Account("tenant", "client", "One", cloud=CLOUDS["global"])


def test_a_failure_does_not_affect_the_others() -> None:
    """A known error is kept; an unknown one is reduced to its type, without its text."""

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


def test_keys_are_read_concurrently_and_used_in_order() -> None:
    """The second finishes before the first continues, and still comes after it."""
    second_done = threading.Event()

    def read(key: str) -> Iterator[str]:
        yield f"{key}a"
        if key == "1":
            assert second_done.wait(10)
            yield "1b"
        second_done.set()

    found = [(key, list(items)) for key, items in read_concurrently("12", read, 2)]
    assert found == [("1", ["1a", "1b"]), ("2", ["2a"])]


def test_an_error_is_raised_in_its_turn() -> None:
    """After the results before it were used."""

    def read(number: int) -> Iterator[int]:
        yield number
        if number == 2:
            raise LookupError

    found = read_concurrently([1, 2], read, 2)
    assert list(next(found)[1]) == [1]
    _, items = next(found)
    assert next(items) == 2
    with pytest.raises(LookupError):
        next(items)


def test_no_more_is_held_than_requested() -> None:
    """Nothing beyond the next key is read before that key is used."""
    asked: list[int] = []

    def read(number: int) -> Iterator[int]:
        asked.append(number)
        return iter([number])

    for number, items in read_concurrently(range(4), read, 2):
        assert list(items) == [number]
        assert asked == list(range(len(asked)))
        assert len(asked) <= number + 2


def test_the_first_key_is_used_while_the_next_is_searched_for() -> None:
    """Keys are found by a search of the service; its error comes after the keys before it."""
    used = threading.Event()

    def keys() -> Iterator[str]:
        yield "1"
        assert used.wait(10)
        raise LookupError

    found = read_concurrently(keys(), iter, 2)
    assert [(key, list(items)) for key, items in islice(found, 1)] == [("1", ["1"])]
    used.set()
    with pytest.raises(LookupError):
        next(found)


def test_little_of_a_key_is_read_ahead() -> None:
    """A key with many items does not fill the memory, and its thread ends when nobody wants the rest."""
    made, waits = 0, threading.Event()

    def read(_: int) -> Iterator[int]:
        nonlocal made
        while made < 100_000:
            made += 1
            if made == 1000 + BUFFER_SIZE + 1:
                waits.set()
            yield made

    before = set(threading.enumerate())
    found = read_concurrently([0], read, 2)
    for number in islice(next(found)[1], 1000):
        assert made <= number + BUFFER_SIZE + 1
    assert waits.wait(10)
    del found
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
        assert not thread.is_alive()
