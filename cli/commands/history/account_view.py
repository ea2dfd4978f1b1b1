"""One account's history as it is shown: its readings and gaps, month-end closes, and a series per currency."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

from cli.commands.history.gaps import Gap
from cli.commands.history.readings import Reading
from cli.commands.history.series import Series

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class MonthClose:
    """One account's month in one currency; `closed_on` is the day of its last row.

    `change` is since the close of the month `since`; both are absent for the first. `missed` counts the month's days without a row.
    """

    month: str
    currency: str
    close: Decimal
    change: Decimal | None
    since: str | None
    closed_on: date
    missed: int

    @property
    def complete(self) -> bool:
        """Whether the month's last day has its row."""
        return (self.closed_on + _DAY).day == 1

    @property
    def skips(self) -> bool:
        """Whether the month before has no row in this currency, and an earlier one has."""
        return self.since is not None and self.since != str(self.closed_on.replace(day=1) - _DAY)[:7]


@dataclass(frozen=True)
class AccountView:
    """One account, by its name (`label` tells two of one name apart) and tenant; `configured` when the settings have it."""

    name: str
    label: str
    tenant_id: str
    configured: bool
    items: list[Reading | Gap]

    @cached_property
    def gaps(self) -> list[Gap]:
        """The gaps, by day."""
        return [item for item in self.items if isinstance(item, Gap)]

    @property
    def missed_days(self) -> int:
        """How many days are missing."""
        return sum(gap.days for gap in self.gaps)

    @cached_property
    def series(self) -> list[Series]:
        """What is drawn, by currency."""
        found: dict[str, list[Reading]] = {}
        for item in self.items:
            if isinstance(item, Reading):
                found.setdefault(item.currency, []).append(item)
        return [Series(currency, own, self.gaps) for currency, own in sorted(found.items())]

    def closes(self) -> Iterator[MonthClose]:
        """Yield the closes by month and currency."""
        missed = self._missed_by_month()
        last = {(str(one.day)[:7], one.currency): one for series in self.series for one in series.readings}
        before: dict[str, tuple[str, Decimal]] = {}
        for (month, currency), one in sorted(last.items()):
            since, balance = before.get(currency, (None, None))
            change = None if balance is None else one.balance - balance
            before[currency] = month, one.balance
            yield MonthClose(month, currency, one.balance, change, since, one.day, missed[month])

    def _missed_by_month(self) -> Counter[str]:
        missed: Counter[str] = Counter()
        for gap in self.gaps:
            day = gap.first
            while day <= gap.last:
                end = min((day.replace(day=1) + timedelta(days=32)).replace(day=1) - _DAY, gap.last)
                missed[str(day)[:7]] += (end - day).days + 1
                day = end + _DAY
        return missed
