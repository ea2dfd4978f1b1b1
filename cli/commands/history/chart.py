"""A chart in the terminal, one per account and currency: amounts of different currencies never share an axis."""

from datetime import date

import plotext  # type: ignore[import-untyped] # ships no types

from cli.commands.history.axis_ticks import axis_days, level_labels, nice_levels
from cli.commands.history.series import Series
from cli.support.console import can_show
from cli.support.money import Money

_HEIGHT = 16
_COLUMNS_PER_DATE = 16
_MISSED, _LIMIT = "x", "-"
_FRAME = "─│┌┐└┘├┤┬┴┼"
_PLAIN_FRAME = str.maketrans(_FRAME, "-|+++++++++")


def draw(series: Series, account: str, money: Money, *, width: int) -> str:
    """Return the chart as lines of text; missed days are marked at its foot."""
    fine = can_show(_FRAME + "⣿")
    levels = nice_levels(*series.extent())
    first, last, missed, limits = series.first, series.last, series.missed(), list(series.limits())
    step = max(1, (last - first) // width)
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.limit_size(False, False)  # noqa: FBT003 - plotext's own signature
    plotext.plotsize(width, _HEIGHT)
    plotext.xlim(first, max(last, first + 1))
    plotext.ylim(levels[0], levels[-1])
    days = axis_days(first, last, max(2, width // _COLUMNS_PER_DATE))
    plotext.xticks(days, [date.fromordinal(day).isoformat() for day in days])
    plotext.yticks(levels, level_labels(levels, series.currency, money))
    marks = sorted({day for begin, end in missed for day in (*range(begin, end, step), end)})
    if marks:
        plotext.scatter(marks, [levels[0]] * len(marks), marker=_MISSED)
    for begin, end, limit in limits:
        plotext.plot([begin, end], [limit, limit], marker=_LIMIT)
    for stretch, amounts in series.unbroken():
        plotext.plot(stretch, amounts, marker="braille" if fine else "*")
    text: str = plotext.uncolorize(plotext.build())
    keys = [f"{_MISSED} = day missed"] * bool(missed) + [f"{_LIMIT} = credit limit"] * bool(limits)
    caption = f"{account}, balance in {series.currency}" + (f"   ({', '.join(keys)})" if keys else "")
    lines = (line.rstrip() for line in text.splitlines())
    return "\n".join([caption, *(line if fine else line.translate(_PLAIN_FRAME) for line in lines)])
