"""Charts as text and SVG: one per account and currency, because different currencies never share an axis."""

import os
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from itertools import groupby
from math import ceil, floor, log10
from typing import Any

from cli.commands.history.account import Reading
from cli.commands.history.gaps import Gap
from cli.support.console import can_show
from cli.support.money import Money

_HEIGHT = 16
_COLUMNS_PER_DATE = 15
_MISSED, _LIMIT = "x", "-"
_FRAME = "─│┌┐└┘├┤┬┴┼"
_PLAIN_FRAME = str.maketrans(_FRAME, "-|+++++++++")

_INCHES = (6.4, 3.0)
_LINE_COLOR, _GAP_COLOR, _LIMIT_COLOR = "#0b5cad", "#d1495b", "#8a5a00"
_FEW_POINTS = 100
_DATES = 4
_STYLE: Any = {"text.parse_math": False, "svg.fonttype": "none", "svg.hashsalt": "history", "font.size": 11}


@dataclass(frozen=True)
class Series:
    """The data of a chart: one or more readings in one currency, and the account's gaps. Days are proleptic ordinals, amounts floats."""

    currency: str
    readings: Sequence[Reading]
    gaps: Sequence[Gap]

    @property
    def first(self) -> int:
        """The first day in the chart."""
        return self.readings[0].day.toordinal()

    @property
    def last(self) -> int:
        """The last day in the chart, including missed days."""
        return max([self.readings[-1].day.toordinal(), *(end for _, end in self.missed())])

    def segments(self) -> Iterator[tuple[list[int], list[float]]]:
        """Yield the days and amounts of each run of consecutive days."""
        points = [(reading.day.toordinal(), float(reading.balance)) for reading in self.readings]
        # On consecutive days, the day minus its index stays the same.
        for _, run in groupby(enumerate(points), key=lambda item: item[1][0] - item[0]):
            days, amounts = zip(*(point for _, point in run), strict=True)
            yield list(days), list(amounts)

    def limits(self) -> Iterator[tuple[list[int], list[float]]]:
        """Yield the first and last day of each run with the same credit limit, and that limit twice."""
        for limit, run in groupby(self.readings, key=lambda reading: reading.limit):
            days = [reading.day.toordinal() for reading in run]
            if limit is not None:
                yield [days[0], days[-1]], [limit, limit]

    def missed(self) -> list[tuple[int, int]]:
        """Return the first and the last day of each gap from the first reading on."""
        gaps = ((gap.first.toordinal(), gap.last.toordinal()) for gap in self.gaps)
        return [(max(first, self.first), last) for first, last in gaps if last >= self.first]

    def levels(self, money: Money) -> tuple[list[float], list[str]]:
        """Return round amounts that enclose the chart's values, and their labels, with decimals where needed."""
        amounts = [float(reading.balance) for reading in self.readings]
        amounts += [reading.limit for reading in self.readings if reading.limit]
        levels = nice_levels(min(amounts), max(amounts))
        needed = max(len(f"{level:.6f}".rstrip("0").partition(".")[2]) for level in levels)
        return levels, [money.rounded(level, self.currency, needed and max(needed, 2)) for level in levels]

    def date_ticks(self, max_count: int) -> tuple[list[int], list[str]]:
        """Return at most `max_count` days, roughly evenly spaced, including the first and the last, and their labels."""
        length = self.last - self.first
        steps = max(1, min(max_count - 1, length))
        days = sorted({self.first + round(number * length / steps) for number in range(steps + 1)})
        return days, [str(date.fromordinal(day)) for day in days]


def draw(series: Series, account: str, money: Money, *, width: int) -> str:
    """Return the chart as lines of text; missed days are marked at the bottom."""
    import plotext  # type: ignore[import-untyped] # noqa: PLC0415 - has no types; only charts need it

    unicode = can_show(_FRAME + "⣿")
    levels, amounts = series.levels(money)
    missed, limits = series.missed(), list(series.limits())
    step = max(1, (series.last - series.first) // width)
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.limit_size(False, False)  # noqa: FBT003 - plotext's own signature
    plotext.plotsize(width, _HEIGHT)
    plotext.xlim(series.first, max(series.last, series.first + 1))
    plotext.ylim(levels[0], levels[-1])
    plotext.xticks(*series.date_ticks((width - max(map(len, amounts))) // _COLUMNS_PER_DATE))
    plotext.yticks(levels, amounts)
    if marks := sorted({day for begin, end in missed for day in (*range(begin, end, step), end)}):
        plotext.scatter(marks, [levels[0]] * len(marks), marker=_MISSED)
    for segment in limits:
        plotext.plot(*segment, marker=_LIMIT)
    for segment in series.segments():
        plotext.plot(*segment, marker="braille" if unicode else "*")
    text: str = plotext.uncolorize(plotext.build())
    keys = [f"{_MISSED} = missed day"] * bool(missed) + [f"{_LIMIT} = credit limit"] * bool(limits)
    caption = f"{account}, balance in {series.currency}" + (f"   ({', '.join(keys)})" if keys else "")
    lines = (line.rstrip() for line in text.splitlines())
    return "\n".join([caption, *(line if unicode else line.translate(_PLAIN_FRAME) for line in lines)])


def as_svg(series: Series, money: Money) -> bytes:
    """Return the chart as SVG with text in the viewer's fonts; missed days and the credit limit are marked."""
    os.environ.pop("MPLBACKEND", None)  # a notebook sets it to a backend that may not be installed here
    import matplotlib as mpl  # noqa: PLC0415 - it takes a second to import
    from matplotlib.collections import LineCollection  # noqa: PLC0415 - as above
    from matplotlib.figure import Figure  # noqa: PLC0415 - as above

    mpl.rcdefaults()  # ignores a matplotlibrc in the current or home folder
    mpl.rcParams.update(_STYLE)
    with warnings.catch_warnings(action="ignore"):  # about symbols that only the viewer's fonts have
        figure = Figure(figsize=_INCHES, layout="constrained")
        axes = figure.add_subplot()
        marker = "o" if len(series.readings) <= _FEW_POINTS else ""
        for days, amounts in series.segments():
            alone = "o" if len(days) == 1 else marker
            axes.plot(days, amounts, color=_LINE_COLOR, marker=alone, markersize=3, linewidth=1.6)
        if missed := [(begin - 0.5, end - begin + 1) for begin, end in series.missed()]:
            bars = axes.get_xaxis_transform()
            axes.broken_barh(
                missed, (0, 1), transform=bars, color=_GAP_COLOR, alpha=0.25, linewidth=0, label="missed day"
            )
        if limits := [list(zip(*segment, strict=True)) for segment in series.limits()]:
            lines = LineCollection(limits, colors=_LIMIT_COLOR, linestyles="--", linewidths=1.2, label="credit limit")
            axes.add_collection(lines)
        axes.set_yticks(*series.levels(money))
        axes.set_xticks(*series.date_ticks(_DATES))
        axes.grid(axis="y", color="#dddddd", linewidth=0.8)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        if missed or limits:
            axes.legend(loc="best", frameon=False, fontsize=9)
        buffer = BytesIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def nice_levels(lowest: float, highest: float) -> list[float]:
    """Return two to seven evenly spaced round numbers that enclose both amounts."""
    spread = highest - lowest or max(abs(highest), 1.0) / 10
    magnitude = 10.0 ** floor(log10(spread / 4))
    step = next(factor * magnitude for factor in (1, 2, 2.5, 5, 10) if factor * magnitude >= spread / 4)
    first, last = floor(lowest / step), ceil(highest / step)
    return [number * step for number in range(first, max(last, first + 1) + 1)]
