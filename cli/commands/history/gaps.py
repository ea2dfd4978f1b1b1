"""The days of one account's history: its rows in order and, in their place, the gaps between them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from cli.support.console import count
from shared.history.row import Entity

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Reason:
    """Why days are missing: the last failure's code, how many runs tried, the first and the last time.

    Without a code, `runs` left a record and none about this account, with 0 no run did; None: nothing is known.
    """

    code: str | None = None
    runs: int | None = None
    first: datetime | None = None
    last: datetime | None = None

    def __str__(self) -> str:
        if self.runs is None:
            return ""
        if self.first is None or self.last is None:
            return "runs left a record, but none about this account" if self.runs else "no run left a record"
        if self.runs == 1:
            return f"{self.code}: 1 run tried, at {self.first:%H:%M}"
        form = "%H:%M" if self.first.date() == self.last.date() else "%Y-%m-%d %H:%M"
        return f"{self.code}: {count(self.runs, 'run')} tried, from {self.first:{form}} to {self.last:{form}}"


@dataclass(frozen=True)
class Gap:
    """A stretch of days, first and last included, on which an account has no row in any currency, and why."""

    first: date
    last: date
    reason: Reason = Reason()

    @property
    def days(self) -> int:
        """Return how many days."""
        return (self.last - self.first).days + 1

    def each_day(self) -> Iterator[date]:
        """Yield the days."""
        return map(date.fromordinal, range(self.first.toordinal(), self.last.toordinal() + 1))

    def __str__(self) -> str:
        days = f"{self.first} to {self.last} ({count(self.days, 'day')})" if self.days > 1 else str(self.first)
        return f"{days}: {self.reason}" if str(self.reason) else days


def insert_gaps(
    rows: Iterable[Entity], *, first: date | None, last: date | None, began_before: Callable[[date], bool]
) -> Iterator[Entity | Gap]:
    """Yield one account's rows, sorted by day, and each gap in its place.

    A gap is between two days that have rows, after the last row up to `last`, and from `first` on when `began_before` says
    that the account has an earlier row. Nothing is missing before a history begins, nor, without `last`, after it ends.
    """
    due: date | None = None
    for row in rows:
        day = day_of(row)
        if due is None and first is not None and day > first and began_before(first):
            due = first
        if due is not None and day > due:
            yield Gap(due, day - _DAY)
        due = day + _DAY
        yield row
    if due is None and first is not None and last is not None and first <= last and began_before(first):
        due = first
    if due is not None and last is not None and due <= last:
        yield Gap(due, last)


def day_of(row: Entity) -> date:
    """Return the day of a row."""
    return date.fromisoformat(str(row["RowKey"])[:10])
