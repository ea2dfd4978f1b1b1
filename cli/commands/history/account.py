"""One account's history for display: each row with the previous one, gaps, and month-end closes."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import chain
from typing import Any

from cli.commands.history.gaps import Gap, currency_of, day_of
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
"""The columns for display: reading only these is much faster."""

STALE_AFTER_DAYS = 35
"""An older accounting date gets a note: this is more than a billing month."""


@dataclass(frozen=True, eq=False)
class Reading:
    """One row for display: `as_of` is the accounting date, `before` the previous reading in the same currency."""

    day: date
    currency: str
    balance: Decimal
    as_of: date | None
    limit: float | None
    row: Entity = field(repr=False)
    before: "Reading | None" = field(default=None, repr=False)

    @classmethod
    def from_row(cls, row: Entity, before: "Reading | None" = None) -> "Reading":
        """Return the reading of a row."""
        limit: Any = row.get("CreditLimit")
        return cls(day_of(row), currency_of(row), balance_of(row), _date(row, "AccountingDate"), limit, row, before)

    @property
    def change(self) -> Decimal | None:
        """The difference from the previous reading; None for the first."""
        return None if self.before is None else self.balance - self.before.balance

    @property
    def limit_percent(self) -> float | None:
        """The percentage of the credit limit in use, to one decimal; None without a limit."""
        return round(float(self.balance) / self.limit * 100, 1) if self.limit else None

    @property
    def ends_month(self) -> bool:
        """Whether it is for the month's last day."""
        return (self.day + timedelta(days=1)).day == 1

    def notes(self, money: Money) -> Iterator[str]:
        """Yield what happened since the previous row, and what is special about this one."""
        if self.before:
            if (elapsed := (self.day - self.before.day).days) > 1:
                yield f"change over {elapsed} days"
            if paid := _new_date("LastPaymentDate", self.row, self.before.row):
                amount = self.row.get("LastPaymentAmount")
                what = f" {money.plain(Decimal(str(amount)), self.currency)}" if amount else ""
                yield f"paid{what} on {_short(paid, self.day.year)}"
            if invoiced := _new_date("LatestInvoiceDate", self.row, self.before.row):
                yield f"invoiced on {_short(invoiced, self.day.year)}"
        if self.as_of and (age := (self.day - self.as_of).days) > STALE_AFTER_DAYS:
            yield f"stale: not updated for {count(age, 'day')}"
        if self.row.get("Source") == RowSource.IMPORTED.value:
            yield "imported"


@dataclass(frozen=True)
class AccountHistory:
    """An account's rows and gaps by day. `label` is its name, with the tenant ID if an earlier account has the same name.

    `configured`: whether the settings still contain it.
    """

    tenant_id: str
    name: str
    label: str
    configured: bool
    items: Sequence[Entity | Gap]

    @cached_property
    def gaps(self) -> list[Gap]:
        """The gaps, by day."""
        return [item for item in self.items if isinstance(item, Gap)]

    @property
    def missed_days(self) -> int:
        """How many days are missing."""
        return sum(gap.days for gap in self.gaps)

    @cached_property
    def readings(self) -> dict[str, list[Reading]]:
        """The readings of each currency, by day."""
        found: dict[str, list[Reading]] = defaultdict(list)
        for item in self.items:
            if not isinstance(item, Gap):
                own = found[currency_of(item)]
                own.append(Reading.from_row(item, own[-1] if own else None))
        return dict(sorted(found.items()))

    def lines(self) -> list[Reading | Gap]:
        """Return the readings and gaps, by day and currency."""
        lines: list[Reading | Gap] = [*self.gaps, *chain.from_iterable(self.readings.values())]
        return sorted(lines, key=lambda line: line.first if isinstance(line, Gap) else line.day)

    def closes(self) -> Iterator[tuple[Reading, int]]:
        """Yield the last reading of each month and currency, linked to the previous close, and the month's number of missed days."""
        missed = Counter(f"{day:%Y-%m}" for gap in self.gaps for day in gap.each_day())
        readings = chain.from_iterable(self.readings.values())
        last = {(f"{reading.day:%Y-%m}", reading.currency): reading for reading in readings}
        before: dict[str, Reading] = {}
        for (month, currency), reading in sorted(last.items()):
            before[currency] = close = replace(reading, before=before.get(currency))
            yield close, missed[month]


def _new_date(column: str, row: Entity, before: Entity) -> date | None:
    """Return the date if it changed; None if the previous row is an imported one without a date, which proves no change."""
    now, then = _date(row, column), _date(before, column)
    unknown = then is None and before.get("Source") == RowSource.IMPORTED.value
    return None if unknown or now == then else now


def _date(row: Entity, column: str) -> date | None:
    value = row.get(column)
    return value.date() if isinstance(value, datetime) else None


def _short(day: date, year: int) -> str:
    return f"{day.day} {day:%b}" + (f" {day.year}" if day.year != year else "")
