"""The ledger of runs as `history` reads it: why days were missed, and what the latest runs did."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo
from functools import cached_property
from itertools import groupby

from cli.commands.history.gaps import Gap
from cli.support.tables import OperatorTable
from shared.history.query import Span
from shared.history.row import Entity
from shared.history.runs import RUN_PARTITION
from shared.net.foreign_text import one_line

RUN_COUNTS = ("Accounts", "Recorded", "Kept", "Failed")
RUN_COLUMNS = ("StartedAt", "SnapshotDate", "Trigger", "Seconds", *RUN_COUNTS, "PastDue", "Version")


@dataclass(frozen=True)
class LedgerEntry:
    """A row of the ledger, with its day and the start of its run."""

    day: date
    started: datetime
    row: Entity


@dataclass
class Ledger:
    """Reads the ledger up to `last`, each range of days once. Times are in `zone`. Invalid rows are skipped."""

    table: OperatorTable
    zone: tzinfo
    last: date
    _read: dict[str, tuple[date, dict[date, list[LedgerEntry]]]] = field(default_factory=dict)

    def runs(self, first: date | None) -> Iterator[LedgerEntry]:
        """Yield the runs for the days from `first` on, oldest first."""
        for entry in self._entries(RUN_PARTITION, first, ["RowKey", *RUN_COLUMNS]):
            if all(isinstance(entry.row.get(name), int) for name in RUN_COUNTS):
                yield entry

    def explain(self, tenant_id: str, gap: Gap) -> Iterator[Gap]:
        """Split a gap where its reason changes. Days before the ledger began have no known reason."""
        began = self._began or date.max
        if gap.first < began:
            yield replace(gap, last=min(gap.last, began - timedelta(days=1)))
        days = (self._missed(tenant_id, day) for day in gap.each_day() if day >= began)
        for _, same in groupby(days, lambda day: (day.code, bool(day.runs))):
            found = list(same)
            runs = sum(day.runs or 0 for day in found)
            yield replace(found[0], last=found[-1].last, runs=runs, last_tried=found[-1].last_tried)

    @cached_property
    def _began(self) -> date | None:
        """The day of the first run; None if there was no run yet."""
        return next((entry.day for entry in self._entries(RUN_PARTITION, None, ["RowKey", "SnapshotDate"])), None)

    def _missed(self, tenant_id: str, day: date) -> Gap:
        if failed := self._entries_on(tenant_id, day):
            return Gap(day, day, one_line(failed[-1].row["Code"]), len(failed), failed[0].started, failed[-1].started)
        return Gap(day, day, runs=len(self._entries_on(RUN_PARTITION, day)))

    def _entries_on(self, partition: str, day: date) -> list[LedgerEntry]:
        """Return a day's runs, or a tenant's failures on it. Later days are read at the same time."""
        since, days = self._read.get(partition, (date.max, {}))
        if day < since:
            days = defaultdict(list)
            for entry in self._entries(partition, day, ["RowKey", "SnapshotDate", "Code"]):
                if partition == RUN_PARTITION or entry.row.get("Code"):
                    days[entry.day].append(entry)
            self._read[partition] = day, days
        return days.get(day, [])

    def _entries(self, partition: str, first: date | None, columns: Sequence[str]) -> Iterator[LedgerEntry]:
        # A RowKey begins with a time in UTC, but a row's day is in SNAPSHOT_TIME_ZONE.
        since = None if first is None else date.fromordinal(max(1, first.toordinal() - 2))
        span = Span(partition, since, self.last + timedelta(days=1))
        for row in self.table.rows(span, columns):
            try:
                day = date.fromisoformat(str(row.get("SnapshotDate")))
                started = datetime.fromisoformat(str(row["RowKey"]).partition("_")[0]).astimezone(self.zone)
            except (ValueError, OverflowError):
                continue
            if (first is None or first <= day) and day <= self.last:
                yield LedgerEntry(day, started, row)
