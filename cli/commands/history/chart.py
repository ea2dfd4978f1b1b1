"""A chart in the terminal, one an account and currency: amounts of different currencies never share an axis."""

from collections.abc import Sequence
from datetime import date

import plotext  # type: ignore[import-untyped] # ships no types

from cli.commands.history.axis_ticks import axis_days, level_labels, nice_levels
from cli.commands.history.series import Series
from cli.support.console import can_show
from cli.support.money import Money

WIDTH = 100
HEIGHT = 16
_DATES = 6
_BRAILLE, _MISSED = "braille", "x"
_FRAME = "─│┌┐└┘├┤┬┴┼"
_PLAIN_FRAME = str.maketrans(_FRAME, "-|+++++++++")


def draw(series: Series, missed: Sequence[int], money: Money, *, width: int = WIDTH, height: int = HEIGHT) -> str:
    """Return the chart as lines of text; `missed` are days, as ordinals, marked at its foot."""
    fine = can_show(_FRAME + "⣿")
    levels = nice_levels(min(series.amounts), max(series.amounts))
    first, last = series.days[0], max([series.days[-1], *missed])
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.limit_size(False, False)  # noqa: FBT003 - plotext's own signature
    plotext.plotsize(width, height)
    plotext.xlim(first, max(last, first + 1))
    plotext.ylim(levels[0], levels[-1])
    days = axis_days(first, last, _DATES)
    plotext.xticks(days, [date.fromordinal(day).isoformat() for day in days])
    plotext.yticks(levels, level_labels(levels, series.currency, money))
    if missed:
        plotext.scatter(missed, [levels[0]] * len(missed), marker=_MISSED)
    for stretch, amounts in series.unbroken():
        plotext.plot(stretch, amounts, marker=_BRAILLE if fine else "*")
    text: str = plotext.uncolorize(plotext.build())
    lines = [line.rstrip() for line in text.splitlines()]
    if not fine:
        lines = [line.translate(_PLAIN_FRAME) for line in lines]
    caption = f"{series.account}, balance in {series.currency}" + (f"   ({_MISSED} = day missed)" if missed else "")
    return "\n".join([caption, *lines])
