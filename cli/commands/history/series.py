"""The balance of one account in one currency over time, as a chart draws it: broken where a day was missed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import groupby

from cli.commands.history.gaps import Missed


@dataclass
class Series:
    """The points of one account and currency in order; days as proleptic ordinals, amounts as floats for drawing."""

    account: str
    currency: str
    days: list[int] = field(default_factory=list)
    amounts: list[float] = field(default_factory=list)

    def add(self, day: date, amount: Decimal) -> None:
        """Add the next point."""
        self.days.append(day.toordinal())
        self.amounts.append(float(amount))

    def unbroken(self) -> Iterator[tuple[list[int], list[float]]]:
        """Yield the stretches of days without a gap."""
        points = zip(self.days, self.amounts, strict=True)
        # Along days that follow one another, the day less its place in the list stays the same.
        for _, run in groupby(enumerate(points), key=lambda item: item[1][0] - item[0]):
            days, amounts = zip(*(point for _, point in run), strict=True)
            yield list(days), list(amounts)


@dataclass
class AccountSeries:
    """What an account's charts show: a series for each currency, and the days missed in all of them."""

    account: str
    of_currency: dict[str, Series] = field(default_factory=dict)
    missed: list[Missed] = field(default_factory=list)

    def add(self, currency: str, day: date, amount: Decimal) -> None:
        """Add the next point of a currency."""
        series = self.of_currency.get(currency)
        if series is None:
            series = self.of_currency[currency] = Series(self.account, currency)
        series.add(day, amount)

    def missed_within(self, series: Series) -> list[int]:
        """Return the missed days from a series' first day on, as ordinals."""
        return [
            day
            for gap in self.missed
            for day in range(gap.first.toordinal(), gap.last.toordinal() + 1)
            if day >= series.days[0]
        ]
