"""The days of a history: its rows in order and, at their place, the days that were missed."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from cli.support.failure import CommandFailed
from cli.support.words import count
from shared.history.row import Entity


@dataclass(frozen=True)
class Missed:
    """A stretch of days, first and last included, on which an account has no row in any currency."""

    tenant_id: str
    first: date
    last: date

    @property
    def days(self) -> int:
        """Return how many days."""
        return (self.last - self.first).days + 1

    def __str__(self) -> str:
        if self.first == self.last:
            return self.first.isoformat()
        return f"{self.first} to {self.last} ({count(self.days, 'day')})"


def with_gaps(
    rows: Iterable[Entity], *, first: date | None, last: date, began_before: Callable[[str, date], bool]
) -> Iterator[Entity | Missed]:
    """Yield the rows, sorted by tenant and day, and each gap where it is.

    A day is missed between two days that were read, after the last one up to `last`, and from `first` on when the history
    began before it, which `began_before` tells for a tenant and day. Nothing is missed before a history begins.

    Raises:
        CommandFailed: a row is no snapshot.

    """
    tenant, day = "", date.min
    for row in rows:
        today = _day(row)
        if row["PartitionKey"] != tenant:
            if tenant and day < last:
                yield Missed(tenant, _after(day), last)
            tenant = str(row["PartitionKey"])
            if first is not None and today > first and began_before(tenant, first):
                yield Missed(tenant, first, _before(today))
        elif (today - day).days > 1:
            yield Missed(tenant, _after(day), _before(today))
        day = today
        yield row
    if tenant and day < last:
        yield Missed(tenant, _after(day), last)


def tenant_of(item: Entity | Missed) -> str:
    """Return whose row or gap it is."""
    return item.tenant_id if isinstance(item, Missed) else str(item["PartitionKey"])


def _day(row: Entity) -> date:
    try:
        return date.fromisoformat(str(row["RowKey"])[:10])
    except ValueError:
        raise CommandFailed(
            f"The table holds a row that is no snapshot: {row['PartitionKey']} / {row['RowKey']}.",
            "Take it out of the table, which is for the history alone.",
        ) from None


def _after(day: date) -> date:
    return day + timedelta(days=1)


def _before(day: date) -> date:
    return day - timedelta(days=1)
