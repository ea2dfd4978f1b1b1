"""One account's history as lines of text, written as they come."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from cli.commands.history.gaps import Missed
from cli.commands.history.series import AccountSeries
from cli.support.money import Money, balance_of
from cli.support.words import count
from shared.history.row import Entity, Source

COLUMNS_READ = (
    "PartitionKey",
    "RowKey",
    "AccountName",
    "CurrencyCode",
    "BalanceText",
    "BalanceAmount",
    "AccountingDate",
    "Source",
)
"""What the lines show: reading no more is much quicker."""

HEADER = f"{'Date':10}  {'':3}  {'Balance':>20}  {'Change':>18}  {'As of':10}  Notes"


@dataclass
class _Latest:
    """A currency's latest day and balance so far."""

    day: date
    balance: Decimal


@dataclass
class AccountTable:
    """Writes an account's rows and gaps and keeps what the charts and the summary need.

    `write` takes a line, `warn` one that tells of a gap. `stale_after` is in days: an accounting date older than that on the
    day of the reading is marked.
    """

    series: AccountSeries
    money: Money
    stale_after: int
    write: Callable[[str], None]
    warn: Callable[[str], None]
    _latest: dict[str, _Latest] = field(default_factory=dict)

    def write_all(self, items: Iterable[Entity | Missed]) -> None:
        """Write the account's rows and gaps, in the order in which they come."""
        self.write(HEADER)
        for item in items:
            if isinstance(item, Missed):
                self.series.missed.append(item)
                self.warn(f"{item.first.isoformat()}  missed: {_missed(item)}")
            else:
                self.write(self._line(item))

    def summary(self) -> list[str]:
        """Return one line a currency, and one for what was missed."""
        lines = [
            f"{currency}: {count(len(series.days), 'day')} from {date.fromordinal(series.days[0])} to {latest.day}, "
            f"latest {self.money.text(latest.balance, currency)}"
            for currency, latest in sorted(self._latest.items())
            for series in [self.series.of_currency[currency]]
        ]
        if self.series.missed:
            days = sum(gap.days for gap in self.series.missed)
            lines.append(f"missed: {count(days, 'day')}: {', '.join(map(str, self.series.missed))}")
        return lines

    def _line(self, row: Entity) -> str:
        key = str(row["RowKey"])
        day = date.fromisoformat(key[:10])
        currency = key[11:]
        balance = balance_of(row)
        before = self._latest.get(currency)
        self._latest[currency] = _Latest(day, balance)
        self.series.add(currency, day, balance)
        change, notes = "", []
        if before is not None:
            change = self.money.change(balance - before.balance, currency)
            apart = day.toordinal() - before.day.toordinal()
            if apart > 1:
                notes.append(f"change in {apart} days")
        accounting = row.get("AccountingDate")
        as_of = "-"
        if isinstance(accounting, datetime):
            as_of = accounting.date().isoformat()
            age = day.toordinal() - accounting.toordinal()
            if age > self.stale_after:
                notes.append(f"stale: not updated for {count(age, 'day')}")
        if row.get("Source") == Source.IMPORTED.value:
            notes.append("imported")
        line = f"{key[:10]}  {currency:3}  {self.money.text(balance, currency):>20}  {change:>18}  {as_of:10}  {', '.join(notes)}"
        return line.rstrip()


def _missed(gap: Missed) -> str:
    if gap.days == 1:
        return "no reading, and none can be had later"
    return f"no reading up to {gap.last.isoformat()} ({gap.days} days), and none can be had later"
