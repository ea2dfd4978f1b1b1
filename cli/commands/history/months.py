"""Month-end closes: the last balance of each month, and the change since the month before."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from cli.commands.history.changes import Reading
from cli.commands.history.gaps import Gap

NAMES = ("account", "tenantId", "month", "currency", "close", "change", "closedOn", "missedDays", "complete")


@dataclass(frozen=True)
class MonthClose:
    """One account's month in one currency; `closed_on` is the day of its last row.

    `change` is since the close of the row before it, absent for the first. `complete` says that the last day has a row.
    """

    month: str
    currency: str
    close: Decimal
    change: Decimal | None
    closed_on: date
    missed: int

    @property
    def complete(self) -> bool:
        """Whether the month's last day has its row."""
        return (self.closed_on + timedelta(days=1)).day == 1

    def record(self, account: str, tenant_id: str) -> dict[str, Any]:
        """Return what programs get; amounts are exact decimals as text."""
        change = None if self.change is None else f"{self.change:f}"
        closed_on = self.closed_on.isoformat()
        values = (
            account,
            tenant_id,
            self.month,
            self.currency,
            f"{self.close:f}",
            change,
            closed_on,
            self.missed,
            self.complete,
        )
        return dict(zip(NAMES, values, strict=True))


@dataclass
class Months:
    """Collects one account's closes from its readings and gaps."""

    _last: dict[tuple[str, str], Reading] = field(default_factory=dict)
    _missed: dict[str, int] = field(default_factory=dict)

    def add(self, item: Reading | Gap) -> None:
        """Take the next reading or gap."""
        if isinstance(item, Reading):
            self._last[f"{item.day:%Y-%m}", item.currency] = item
            return
        day = item.first
        while day <= item.last:
            following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
            month = f"{day:%Y-%m}"
            self._missed[month] = (
                self._missed.get(month, 0) + (min(following, item.last + timedelta(days=1)) - day).days
            )
            day = following

    def closes(self) -> Iterator[MonthClose]:
        """Yield the closes by month and currency."""
        before: dict[str, Decimal] = {}
        for (month, currency), reading in sorted(self._last.items()):
            change = reading.balance - before[currency] if currency in before else None
            before[currency] = reading.balance
            yield MonthClose(month, currency, reading.balance, change, reading.day, self._missed.get(month, 0))
