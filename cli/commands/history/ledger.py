"""The ledger of runs as `history` reads it: why a day is missing, and what the last runs did."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from functools import cached_property
from typing import Any, Self

from cli.support.words import count

RUN = "run"
"""The partition of the runs' own rows; a failed account's rows are in its tenant id's."""

RUN_COLUMNS = (
    "StartedAt",
    "SnapshotDate",
    "Trigger",
    "Seconds",
    "Accounts",
    "Recorded",
    "Kept",
    "Failed",
    "PastDue",
    "Version",
)

LedgerRow = Mapping[str, Any]
Fetch = Callable[[str, str, str, Sequence[str]], Iterable[LedgerRow]]
"""Returns the rows of a partition whose RowKey is at least the first text and below the second, with these columns."""

_NO_RUN = "no run left a record"
_NOT_THIS = "runs left a record, but none about this account"
_MARGIN = timedelta(days=1)
"""A RowKey begins with a time in UTC, and the day of a row is that of SNAPSHOT_TIME_ZONE."""


@dataclass(frozen=True)
class LedgerSpan:
    """The rows of a partition whose RowKey is at least `low` and below `high`."""

    partition: str
    low: str
    high: str

    def query(self) -> tuple[str, dict[str, str]]:
        """Return an OData filter and its parameters."""
        parameters = {"partition": self.partition, "low": self.low, "high": self.high}
        return "PartitionKey eq @partition and RowKey ge @low and RowKey lt @high", parameters


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


class Ledger:
    """Reads the ledger's rows through `fetch`, each stretch of days once; times are shown in `zone`.

    `last` is the last day anybody will ask about.
    """

    def __init__(self, fetch: Fetch, zone: tzinfo, last: date) -> None:
        self._fetch = fetch
        self._zone = zone
        self._last = last
        self._read: dict[str, tuple[date, dict[date, Reason]]] = {}

    @cached_property
    def began(self) -> date | None:
        """The day of the first run; None when there was none yet."""
        first = next(iter(self._fetch(RUN, "", "~", ["SnapshotDate"])), None)
        return None if first is None else date.fromisoformat(str(first["SnapshotDate"]))

    def reason(self, tenant_id: str, day: date) -> Reason:
        """Return why an account has no row of a day since the ledger began."""
        return self._days(tenant_id, day).get(day) or self._days(RUN, day).get(day) or Reason()

    def runs(self, first: date | None, last: date | None) -> Iterator[LedgerRow]:
        """Yield the runs for these days, oldest first."""
        low = "" if first is None else (first - _MARGIN).isoformat()
        for row in self._fetch(RUN, low, "~", RUN_COLUMNS):
            day = date.fromisoformat(str(row["SnapshotDate"]))
            if (first is None or first <= day) and (last is None or day <= last):
                yield row

    def _days(self, partition: str, first: date) -> dict[date, Reason]:
        """Return the last code and the number of rows per day, from `first` on."""
        since, days = self._read.get(partition, (date.max, {}))
        if since > first:
            columns = ["RowKey", "SnapshotDate"] + ([] if partition == RUN else ["Code"])
            bounds = (first - _MARGIN).isoformat(), (self._last + 2 * _MARGIN).isoformat()
            days = {}
            for row in self._fetch(partition, *bounds, columns):
                day = date.fromisoformat(str(row["SnapshotDate"]))
                started = datetime.fromisoformat(str(row["RowKey"]).partition("_")[0]).astimezone(self._zone)
                before = days.get(day, Reason(first=started))
                days[day] = replace(before, code=row.get("Code"), runs=before.runs + 1, last=started)
            self._read[partition] = (first, days)
        return days
