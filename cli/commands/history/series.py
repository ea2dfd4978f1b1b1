"""The balance of one account in one currency over time, as a chart draws it: broken where a day was missed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from cli.commands.history.gaps import Gap
from cli.commands.history.readings import Reading


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

    def limits(self) -> Iterator[tuple[int, int, float]]:
        """Yield the first day, the last day and the amount of each stretch with the same credit limit."""
        for limit, run in groupby(self.readings, key=lambda one: one.limit):
            days = [one.day.toordinal() for one in run]
            if limit is not None:
                yield days[0], days[-1], limit

    def missed(self) -> list[tuple[int, int]]:
        """Return the first and the last day of each gap from the first reading on."""
        return [
            (max(gap.first.toordinal(), self.first), gap.last.toordinal())
            for gap in self.gaps
            if gap.last.toordinal() >= self.first
        ]

    def extent(self) -> tuple[float, float]:
        """Return the lowest and the highest amount or limit."""
        amounts = [float(one.balance) for one in self.readings] + [one.limit for one in self.readings if one.limit]
        return min(amounts), max(amounts)
