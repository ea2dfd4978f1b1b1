"""The gaps in one account's history. The reasons come from ledger.py."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from cli.support.console import count
from shared.history.row import Entity

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Gap:
    """A range of days (inclusive) on which an account has no row in any currency, and the reason.

    `code` is the last failure's code, and `runs` is how many runs tried, between two times. Without a code, `runs` left records
    but none for this account; 0: no run left a record; None: nothing is known.
    """

    first: date
    last: date
    code: str | None = None
    runs: int | None = None
    first_tried: datetime | None = None
    last_tried: datetime | None = None

    @property
    def days(self) -> int:
        """The number of days."""
        return (self.last - self.first).days + 1

    def each_day(self) -> Iterator[date]:
        """Yield the days."""
        return map(date.fromordinal, range(self.first.toordinal(), self.last.toordinal() + 1))

    @property
    def reason(self) -> str:
        """The reason in words; empty if nothing is known."""
        if self.runs is None:
            return ""
        if self.first_tried is None or self.last_tried is None:
            return "runs left records, but none for this account" if self.runs else "no run left a record"
        if self.runs == 1:
            return f"{self.code}: 1 run tried, at {self.first_tried:%H:%M}"
        at = "%H:%M" if self.first_tried.date() == self.last_tried.date() else "%Y-%m-%d %H:%M"
        return f"{self.code}: {count(self.runs, 'run')} tried, from {self.first_tried:{at}} to {self.last_tried:{at}}"

    def __str__(self) -> str:
        days = f"{self.first} to {self.last} ({count(self.days, 'day')})" if self.days > 1 else str(self.first)
        return f"{days}: {self.reason}" if self.reason else days


def insert_gaps(
    rows: Sequence[Entity], *, first: date | None, last: date | None, began_before: Callable[[date], bool]
) -> Iterator[Entity | Gap]:
    """Yield one account's rows, sorted by day, with the gaps in sequence.

    A gap lies between two days with rows, between the last row and `last`, or after `first` if `began_before` says that the
    account has an earlier row. No day is missed before the history begins or, without `last`, after it ends.
    """
    due = first if first and (not rows or day_of(rows[0]) > first) and began_before(first) else None
    for row in rows:
        day = day_of(row)
        if due and day > due:
            yield Gap(due, day - _DAY)
        due = day + _DAY
        yield row
    if due and last and due <= last:
        yield Gap(due, last)


def day_of(row: Entity) -> date:
    """Return a row's day."""
    return date.fromisoformat(str(row["RowKey"])[:10])


def currency_of(row: Entity) -> str:
    """Return a row's currency."""
    return str(row["RowKey"])[11:]
