"""The balance of one account in one currency over time, as a chart draws it: broken where a day was missed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby

from cli.commands.history.gaps import Gap


@dataclass
class Series:
    """One account and currency in order of days (proleptic ordinals); amounts and credit limits as floats for drawing."""

    account: str
    currency: str
    days: list[int] = field(default_factory=list)
    amounts: list[float] = field(default_factory=list)
    limits: list[float | None] = field(default_factory=list)

    def unbroken(self) -> Iterator[tuple[list[int], list[float]]]:
        """Yield the stretches of days without a gap."""
        points = zip(self.days, self.amounts, strict=True)
        # Along days that follow one another, the day less its place in the list stays the same.
        for _, run in groupby(enumerate(points), key=lambda item: item[1][0] - item[0]):
            days, amounts = zip(*(point for _, point in run), strict=True)
            yield list(days), list(amounts)

    def limit_steps(self) -> Iterator[tuple[int, int, float]]:
        """Yield the first day, the last day and the amount of each stretch with the same credit limit."""
        for limit, run in groupby(zip(self.limits, self.days, strict=True), key=lambda item: item[0]):
            days = [day for _, day in run]
            if limit is not None:
                yield days[0], days[-1], limit

    def extent(self) -> tuple[float, float]:
        """Return the lowest and the highest amount or limit."""
        amounts = [*self.amounts, *(limit for limit in self.limits if limit is not None)]
        return min(amounts), max(amounts)


@dataclass
class AccountSeries:
    """What an account's charts show: a series for each currency, and the days missed in all of them."""

    account: str
    of_currency: dict[str, Series] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)

    def add(self, currency: str, day: date, amount: float, limit: float | None = None) -> None:
        """Add the next point of a currency."""
        series = self.of_currency.get(currency)
        if series is None:
            series = self.of_currency[currency] = Series(self.account, currency)
        series.days.append(day.toordinal())
        series.amounts.append(amount)
        series.limits.append(limit)

    def missed_within(self, series: Series) -> list[tuple[int, int]]:
        """Return the first and the last day of each gap from a series' first day on, as ordinals."""
        start = series.days[0]
        return [
            (max(gap.first.toordinal(), start), gap.last.toordinal())
            for gap in self.gaps
            if gap.last.toordinal() >= start
        ]
