"""The days of one account's history: its rows in order and, in their place, the gaps between them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from cli.commands.history.missed_reasons import Reason
from cli.support.console import count
from shared.history.row import Entity

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Gap:
    """A stretch of days, first and last included, on which an account has no row in any currency, and why, where known."""

    first: date
    last: date
    reason: Reason | None = None

    @property
    def days(self) -> int:
        """Return how many days."""
        return (self.last - self.first).days + 1

    def __str__(self) -> str:
        days = f"{self.first}" if self.days == 1 else f"{self.first} to {self.last} ({count(self.days, 'day')})"
        return days if self.reason is None else f"{days}: {self.reason}"


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


def explain(gap: Gap, reason_of: Callable[[date], Reason | None], since: date | None) -> Iterator[Gap]:
    """Split a gap where its reason changes; days before `since`, when the ledger began, have none."""
    if since is None or gap.last < since:
        yield gap
        return
    if gap.first < since:
        yield Gap(gap.first, since - _DAY)
    current: Gap | None = None
    for ordinal in range(max(gap.first, since).toordinal(), gap.last.toordinal() + 1):
        day = date.fromordinal(ordinal)
        reason = reason_of(day)
        merged = current.reason.merged(reason) if current and current.reason and reason else None
        if current is not None and merged is not None:
            current = replace(current, last=day, reason=merged)
        else:
            if current is not None:
                yield current
            current = Gap(day, day, reason)
    if current is not None:
        yield current


def day_of(row: Entity) -> date:
    """Return the day of a row."""
    return date.fromisoformat(str(row["RowKey"])[:10])
