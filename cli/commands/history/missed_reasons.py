"""The ledger of runs as `history` reads it: why a day is missing, and what the last runs did."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from functools import cached_property
from itertools import chain
from typing import Self

from cli.support.console import count
from cli.support.operator_table import OperatorTable
from shared.history.query import Span
from shared.history.row import Entity
from shared.history.runs import RUN_PARTITION
from shared.net.foreign_text import one_line

RUN_COUNTS = ("Accounts", "Recorded", "Kept", "Failed")
RUN_COLUMNS = ("StartedAt", "SnapshotDate", "Trigger", "Seconds", *RUN_COUNTS, "PastDue", "Version")

_NO_RUN = "no run left a record"
_NOT_THIS = "runs left a record, but none about this account"


@dataclass(frozen=True)
class Reason:
    """Why days are missing: the last failure's code, how many runs tried, the first and the last time.

    Without a code nothing is known of the account: either `runs` left a record without it, or (0) there was no run.
    """

    code: str | None = None
    runs: int = 0
    first: datetime | None = None
    last: datetime | None = None

    def __str__(self) -> str:
        if self.code is None or self.first is None or self.last is None:
            return _NOT_THIS if self.runs else _NO_RUN
        if self.runs == 1:
            return f"{self.code}: 1 run tried, at {self.first:%H:%M}"
        same_day = self.first.date() == self.last.date()
        form = "%H:%M" if same_day else "%Y-%m-%d %H:%M"
        return f"{self.code}: {count(self.runs, 'run')} tried, from {self.first:{form}} to {self.last:{form}}"

    def merged(self, later: Self) -> Self | None:
        """Return both as one when a later day has the same reason, else None."""
        if self.code != later.code or bool(self.runs) != bool(later.runs):
            return None
        return replace(self, runs=self.runs + later.runs, last=later.last)


@dataclass(frozen=True)
class LedgerEntry:
    """A row of the ledger, the day that it is about and when its run started."""

    day: date
    started: datetime
    row: Entity


class Ledger:
    """Reads the ledger, each stretch of days once, up to `last`; times are in `zone`. What is not a row of it is left out."""

    def __init__(self, table: OperatorTable, zone: tzinfo, last: date) -> None:
        self._table = table
        self._zone = zone
        self._last = last
        self._read: dict[str, tuple[date, dict[date, Reason]]] = {}

    @cached_property
    def began(self) -> date | None:
        """The day of the first run; None when there was none yet."""
        return next((entry.day for entry in self._entries(RUN_PARTITION, None, ["RowKey", "SnapshotDate"])), None)

    def reason(self, tenant_id: str, day: date) -> Reason:
        """Return why an account has no row of a day since the ledger began."""
        return self._days(tenant_id, day).get(day) or self._days(RUN_PARTITION, day).get(day) or Reason()

    def runs(self, first: date | None = None) -> Iterator[LedgerEntry]:
        """Yield the runs for these days, oldest first."""
        for entry in self._entries(RUN_PARTITION, first, ["RowKey", *RUN_COLUMNS]):
            if all(isinstance(entry.row.get(name), int) for name in RUN_COUNTS):
                yield entry

    def _entries(self, partition: str, first: date | None, columns: Sequence[str]) -> Iterator[LedgerEntry]:
        span = Span(partition, None if first is None else _near(first, -2), _near(self._last, 1))
        for row in chain.from_iterable(self._table.pages(span, columns)):
            try:
                day = date.fromisoformat(str(row.get("SnapshotDate")))
                started = datetime.fromisoformat(str(row["RowKey"]).partition("_")[0]).astimezone(self._zone)
            except (ValueError, OverflowError):
                continue
            if (first is None or first <= day) and day <= self._last:
                yield LedgerEntry(day, started, row)

    def _days(self, partition: str, first: date) -> dict[date, Reason]:
        """Return the last code and the number of rows per day, from `first` on."""
        since, days = self._read.get(partition, (date.max, {}))
        if since > first:
            days = {}
            columns = ["RowKey", "SnapshotDate", *([] if partition == RUN_PARTITION else ["Code"])]
            for entry in self._entries(partition, first, columns):
                before = days.get(entry.day, Reason(first=entry.started))
                code = one_line(entry.row.get("Code")) or None
                days[entry.day] = replace(before, code=code, runs=before.runs + 1, last=entry.started)
            self._read[partition] = (first, days)
        return days


def _near(day: date, days: int) -> date:
    """Return a day so many days away: a RowKey begins with a time in UTC, and the day of a row is that of SNAPSHOT_TIME_ZONE."""
    return date.fromordinal(max(1, min(day.toordinal() + days, date.max.toordinal())))
