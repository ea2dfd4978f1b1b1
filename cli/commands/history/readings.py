"""What each row says beside the row before it in the same currency: the change, and what happened in between."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from math import isfinite

from cli.commands.history.gaps import Gap, day_of
from cli.support.console import count
from cli.support.money import Money, balance_of
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

STALE_AFTER = 35
"""Days, more than a billing month, after which an accounting date is noted."""


@dataclass(frozen=True, slots=True)
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
    def limit_percent(self) -> float | None:
        """Return the percentage of the credit limit that is used, to one decimal; None without a limit."""
        return round(float(self.balance) / self.limit * 100, 1) if self.limit else None


def readings(items: Iterable[Entity | Gap], money: Money) -> Iterator[Reading | Gap]:
    """Yield one account's rows as readings, and its gaps as they are."""
    before: dict[str, tuple[date, Decimal, Entity]] = {}
    for item in items:
        if isinstance(item, Gap):
            yield item
            continue
        day, currency, balance = day_of(item), str(item["RowKey"])[11:], balance_of(item)
        notes: list[str] = []
        change = None
        if currency in before:
            day_before, balance_before, row_before = before[currency]
            change = balance - balance_before
            if (apart := (day - day_before).days) > 1:
                notes.append(f"change in {apart} days")
            notes += _events(item, row_before, currency, day.year, money)
        as_of = _day(item, "AccountingDate")
        if as_of is not None and (age := (day - as_of).days) > STALE_AFTER:
            notes.append(f"stale: not updated for {count(age, 'day')}")
        if item.get("Source") == RowSource.IMPORTED.value:
            notes.append("imported")
        before[currency] = day, balance, item
        yield Reading(day, currency, balance, change, as_of, _number(item, "CreditLimit"), tuple(notes))


def _events(row: Entity, before: Entity, currency: str, year: int, money: Money) -> Iterator[str]:
    """Say that the service's date of the last payment or of the latest invoice moved."""
    if paid := _moved("LastPaymentDate", row, before):
        amount = _number(row, "LastPaymentAmount")
        what = f" {money.plain(Decimal(str(amount)), currency)}" if amount else ""
        yield f"paid{what} on {_short(paid, year)}"
    if invoiced := _moved("LatestInvoiceDate", row, before):
        yield f"invoiced on {_short(invoiced, year)}"


def _moved(column: str, row: Entity, before: Entity) -> date | None:
    """Return the new date; an imported row without one says nothing of what came after it."""
    now, then = _day(row, column), _day(before, column)
    unknown = then is None and before.get("Source") == RowSource.IMPORTED.value
    return None if unknown or now == then else now


def _day(row: Entity, column: str) -> date | None:
    value = row.get(column)
    return value.date() if isinstance(value, datetime) else None


def _number(row: Entity, column: str) -> float | None:
    value = row.get(column)
    return value if isinstance(value, float) and isfinite(value) else None


def _short(day: date, year: int) -> str:
    return f"{day.day} {day:%b}" + (f" {day.year}" if day.year != year else "")
