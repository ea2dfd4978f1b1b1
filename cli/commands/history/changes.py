"""What each row says beside the row before it in the same currency: the change, and what happened in between."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from cli.commands.history.gaps import day_of
from cli.support.money import Money, balance_of
from cli.support.words import count
from shared.history.row import Entity, RowSource

COLUMNS_READ = (
    "PartitionKey",
    "RowKey",
    "AccountName",
    "BalanceText",
    "BalanceAmount",
    "AccountingDate",
    "LatestInvoiceDate",
    "LastPaymentDate",
    "LastPaymentAmount",
    "CreditLimit",
    "Source",
)
"""What a person is shown: reading no more is much quicker."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Reading:
    """One row as it is shown; `change` is absent on the first of its currency, `as_of` is the accounting date."""

    day: date
    currency: str
    balance: Decimal
    change: Decimal | None
    as_of: date | None
    limit: float | None
    notes: tuple[str, ...]

    @property
    def limit_used(self) -> float | None:
        """Return the balance as a fraction of the credit limit; None without a limit."""
        return float(self.balance) / self.limit if self.limit else None


@dataclass
class ChangeTracker:
    """Turns one account's rows, in order of days, into readings.

    `stale_after` is in days: an accounting date older than that on the day of the reading is noted.
    """

    money: Money
    stale_after: int
    _before: dict[str, tuple[date, Decimal, Entity]] = field(default_factory=dict)

    def reading(self, row: Entity) -> Reading:
        """Return the next row's reading."""
        day, currency, balance = day_of(row), str(row["RowKey"])[11:], balance_of(row)
        before = self._before.get(currency)
        self._before[currency] = (day, balance, row)
        notes, change, as_of = [], None, None
        if before is not None:
            change = balance - before[1]
            if (apart := (day - before[0]).days) > 1:
                notes.append(f"change in {apart} days")
            notes += self._events(row, before[2], currency, day.year)
        accounting = row.get("AccountingDate")
        if isinstance(accounting, datetime):
            as_of = accounting.date()
            if (age := (day - as_of).days) > self.stale_after:
                notes.append(f"stale: not updated for {count(age, 'day')}")
        if row.get("Source") == RowSource.IMPORTED.value:
            notes.append("imported")
        limit = row.get("CreditLimit")
        return Reading(day, currency, balance, change, as_of, limit if isinstance(limit, float) else None, tuple(notes))

    def _events(self, row: Entity, before: Entity, currency: str, year: int) -> list[str]:
        """Say that the service's date of the last payment or of the latest invoice moved."""
        events = []
        if paid := _moved("LastPaymentDate", row, before):
            amount = row.get("LastPaymentAmount")
            what = f" {self.money.plain(Decimal(str(amount)), currency)}" if amount else ""
            events.append(f"paid{what} on {_short(paid, year)}")
        if invoiced := _moved("LatestInvoiceDate", row, before):
            events.append(f"invoiced on {_short(invoiced, year)}")
        return events


def _moved(column: str, row: Entity, before: Entity) -> date | None:
    """Return the new date; an imported row without one says nothing of what came after it."""
    now, then = row.get(column), before.get(column)
    if not isinstance(now, datetime) or now == then:
        return None
    if then is None and before.get("Source") == RowSource.IMPORTED.value:
        return None
    return now.date()


def _short(day: date, year: int) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]}" + (f" {day.year}" if day.year != year else "")
