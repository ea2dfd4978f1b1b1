"""The balance of one account in one currency over time, as a chart draws it: broken where a day was missed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from math import ceil, floor, log10

from cli.commands.history.gaps import Gap
from cli.commands.history.readings import Reading
from cli.support.money import Money


@dataclass(frozen=True)
class Series:
    """Readings of one currency, one at least, and the account's gaps; days are proleptic ordinals, amounts floats."""

    currency: str
    readings: Sequence[Reading]
    gaps: Sequence[Gap]

    @property
    def first(self) -> int:
        """The first day that is drawn."""
        return self.readings[0].day.toordinal()

    @property
    def last(self) -> int:
        """The last day that is drawn, missed ones included."""
        return max([self.readings[-1].day.toordinal(), *(end for _, end in self.missed())])

    def unbroken(self) -> Iterator[tuple[list[int], list[float]]]:
        """Yield the days and amounts of each stretch of days without a gap."""
        points = [(one.day.toordinal(), float(one.balance)) for one in self.readings]
        # Along days that follow one another, the day less its place in the list stays the same.
        for _, run in groupby(enumerate(points), key=lambda item: item[1][0] - item[0]):
            days, amounts = zip(*(point for _, point in run), strict=True)
            yield list(days), list(amounts)

    def limits(self) -> Iterator[tuple[list[int], list[float]]]:
        """Yield the first and last day, and twice the amount, of each stretch with the same credit limit."""
        for limit, run in groupby(self.readings, key=lambda one: one.limit):
            days = [one.day.toordinal() for one in run]
            if limit is not None:
                yield [days[0], days[-1]], [limit, limit]

    def missed(self) -> list[tuple[int, int]]:
        """Return the first and the last day of each gap from the first reading on."""
        gaps = ((gap.first.toordinal(), gap.last.toordinal()) for gap in self.gaps)
        return [(max(first, self.first), last) for first, last in gaps if last >= self.first]

    def levels(self, money: Money) -> tuple[list[float], list[str]]:
        """Return round amounts with all that is drawn between them, and how they are written: with decimals where needed."""
        amounts = [float(one.balance) for one in self.readings] + [one.limit for one in self.readings if one.limit]
        levels = nice_levels(min(amounts), max(amounts))
        decimals = 0 if all(level.is_integer() for level in levels) else 2
        return levels, [money.rounded(level, self.currency, decimals) for level in levels]

    def dates(self, most: int) -> tuple[list[int], list[str]]:
        """Return at most so many days, about evenly spaced, the first and the last among them, and how they are written."""
        length = self.last - self.first
        steps = max(1, min(most - 1, length))
        days = sorted({self.first + round(number * length / steps) for number in range(steps + 1)})
        return days, [str(date.fromordinal(day)) for day in days]


def nice_levels(lowest: float, highest: float) -> list[float]:
    """Return two to seven evenly spaced round numbers with the amounts between the first and the last."""
    spread = highest - lowest or max(abs(highest), 1.0) / 10
    magnitude = 10.0 ** floor(log10(spread / 4))
    step = next(factor * magnitude for factor in (1, 2, 2.5, 5, 10) if factor * magnitude >= spread / 4)
    first, last = floor(lowest / step), ceil(highest / step)
    return [number * step for number in range(first, max(last, first + 1) + 1)]
