"""Rows and gaps in the order of days."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cli.commands.history.gaps import Gap, insert_gaps
from shared.history.row import Entity
from tests.support.rows import row

START = date(2026, 1, 1)


def day(number: int) -> date:
    """Return a day by its number."""
    return START + timedelta(days=number)


def gaps(rows: list[Entity], *, first: date | None = None, last: date | None, began: bool = False) -> list[Gap]:
    """Return only the gaps."""
    items = insert_gaps(rows, first=first, last=last, began_before=lambda _: began)
    return [item for item in items if isinstance(item, Gap)]


@given(st.sets(st.integers(0, 60), min_size=1), st.integers(0, 70))
def test_every_day_is_a_row_or_missed(numbers: set[int], last: int) -> None:
    """From the first row to the last day, each day appears once and in order; nothing is missed after `last`."""
    rows = [row(day(number)) for number in sorted(numbers)]
    covered: list[date] = []
    for item in insert_gaps(rows, first=None, last=day(last), began_before=lambda _: True):
        if isinstance(item, Gap):
            covered += [item.first + timedelta(days=number) for number in range(item.days)]
        else:
            covered.append(date.fromisoformat(str(item["SnapshotDate"])))
    assert covered == [day(number) for number in range(min(numbers), max(last, *numbers) + 1)]


def test_currencies_of_one_day_are_one_day() -> None:
    """A complete day is not missed because the service did not send one of the currencies."""
    rows = [row(day(0), currency="EUR"), row(day(0)), row(day(1)), row(day(2), currency="EUR")]
    assert gaps(rows, last=day(2)) == []


def test_nothing_is_missed_before_a_history_begins_or_after_it_ends() -> None:
    """Unless it began before the requested period. An account without any rows then misses the whole period."""
    rows = [row(day(3))]
    assert gaps(rows, first=day(0), last=day(3)) == []
    assert gaps(rows, first=day(0), last=day(3), began=True) == [Gap(day(0), day(2))]
    assert gaps([], first=day(0), last=day(3), began=True) == [Gap(day(0), day(3))]
    assert gaps(rows, last=None) == []
