"""A chart as SVG, one per account and currency, its text drawn by the reader's own fonts."""

import warnings
from io import BytesIO
from typing import Any

import matplotlib as mpl
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from cli.commands.history.series import Series
from cli.support.money import Money

_INCHES = (6.4, 3.0)
_LINE, _GAP, _LIMIT = "#0b5cad", "#d1495b", "#8a5a00"
_FEW_POINTS = 100
_DATES = 4
_STYLE: Any = {"text.parse_math": False, "svg.fonttype": "none", "svg.hashsalt": "history", "font.size": 11}


def as_svg(series: Series, money: Money) -> bytes:
    """Return the chart; missed days and the credit limit are marked."""
    with (
        mpl.rc_context(_STYLE),
        warnings.catch_warnings(action="ignore"),
    ):  # of symbols that only the reader's fonts have
        figure = Figure(figsize=_INCHES, layout="constrained")
        axes = figure.add_subplot()
        marker = "o" if len(series.readings) <= _FEW_POINTS else ""
        for days, amounts in series.unbroken():
            alone = "o" if len(days) == 1 else marker
            axes.plot(days, amounts, color=_LINE, marker=alone, markersize=3, linewidth=1.6)
        if missed := [(begin - 0.5, end - begin + 1) for begin, end in series.missed()]:
            bars = axes.get_xaxis_transform()
            axes.broken_barh(missed, (0, 1), transform=bars, color=_GAP, alpha=0.25, linewidth=0, label="day missed")
        if limits := [list(zip(*stretch, strict=True)) for stretch in series.limits()]:
            lines = LineCollection(limits, colors=_LIMIT, linestyles="--", linewidths=1.2, label="credit limit")
            axes.add_collection(lines)
        axes.set_yticks(*series.levels(money))
        axes.set_xticks(*series.dates(_DATES))
        axes.grid(axis="y", color="#dddddd", linewidth=0.8)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        if missed or limits:
            axes.legend(loc="best", frameon=False, fontsize=9)
        drawn = BytesIO()
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    return drawn.getvalue()
