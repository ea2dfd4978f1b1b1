"""One account's history as it is shown: its readings and gaps, month-end closes, and a series per currency."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

from cli.commands.history.gaps import Gap
from cli.commands.history.reader import HistoryAccount, HistoryReader
from cli.commands.history.readings import COLUMNS_READ, Reading, readings
from cli.commands.history.series import Series
from cli.support.money import Money

_DAY = timedelta(days=1)


def month_of(day: date) -> str:
    """Return a day's month, such as 2026-11."""
    return str(day)[:7]


@dataclass(frozen=True)
class MonthClose:
    """The last reading of a month in one currency, that of the last month before it, and how many days of the month are missed."""

    last: Reading
    before: Reading | None
    missed: int

    @property
    def change(self) -> Decimal | None:
        """The difference from the close before; absent for the first."""
        return None if self.before is None else self.last.balance - self.before.balance

    @property
    def complete(self) -> bool:
        """Whether the month's last day has its row."""
        return (self.last.day + _DAY).day == 1

    @property
    def skips(self) -> bool:
        """Whether the close before is not that of the month before."""
        return self.before is not None and month_of(self.before.day) != month_of(self.last.day.replace(day=1) - _DAY)


@dataclass(frozen=True)
class AccountView:
    """One account with its readings and gaps by day."""

    account: HistoryAccount
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
        missed = Counter(month_of(day) for gap in self.gaps for day in gap.each_day())
        last = {(month_of(one.day), one.currency): one for series in self.series for one in series.readings}
        before: dict[str, Reading] = {}
        for (month, currency), one in sorted(last.items()):
            yield MonthClose(one, before.get(currency), missed[month])
            before[currency] = one


def read_views(reader: HistoryReader, money: Money) -> Iterator[AccountView]:
    """Yield each account, read to its end; raises SnapshotError."""
    for account, items in reader.accounts(COLUMNS_READ):
        yield AccountView(account, list(readings(items, money)))
