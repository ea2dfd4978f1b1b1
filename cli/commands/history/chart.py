"""A chart in the terminal, one per account and currency: amounts of different currencies never share an axis."""

import plotext  # type: ignore[import-untyped] # ships no types

from cli.commands.history.series import Series
from cli.support.console import can_show
from cli.support.money import Money

_HEIGHT = 16
_COLUMNS_PER_DATE = 15
_MISSED, _LIMIT = "x", "-"
_FRAME = "─│┌┐└┘├┤┬┴┼"
_PLAIN_FRAME = str.maketrans(_FRAME, "-|+++++++++")


def draw(series: Series, account: str, money: Money, *, width: int) -> str:
    """Return the chart as lines of text; missed days are marked at its foot."""
    fine = can_show(_FRAME + "⣿")
    levels, amounts = series.levels(money)
    missed, limits = series.missed(), list(series.limits())
    step = max(1, (series.last - series.first) // width)
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.limit_size(False, False)  # noqa: FBT003 - plotext's own signature
    plotext.plotsize(width, _HEIGHT)
    plotext.xlim(series.first, max(series.last, series.first + 1))
    plotext.ylim(levels[0], levels[-1])
    plotext.xticks(*series.dates((width - max(map(len, amounts))) // _COLUMNS_PER_DATE))
    plotext.yticks(levels, amounts)
    if marks := sorted({day for begin, end in missed for day in (*range(begin, end, step), end)}):
        plotext.scatter(marks, [levels[0]] * len(marks), marker=_MISSED)
    for stretch in limits:
        plotext.plot(*stretch, marker=_LIMIT)
    for stretch in series.unbroken():
        plotext.plot(*stretch, marker="braille" if fine else "*")
    text: str = plotext.uncolorize(plotext.build())
    keys = [f"{_MISSED} = day missed"] * bool(missed) + [f"{_LIMIT} = credit limit"] * bool(limits)
    caption = f"{account}, balance in {series.currency}" + (f"   ({', '.join(keys)})" if keys else "")
    lines = (line.rstrip() for line in text.splitlines())
    return "\n".join([caption, *(line if fine else line.translate(_PLAIN_FRAME) for line in lines)])
