"""A picture of the history, PNG or SVG: one panel per account and currency, which never share an axis."""

import logging
from collections.abc import Sequence
from datetime import date
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, fontManager, get_font

from cli.commands.history.account_view import AccountView
from cli.commands.history.axis_ticks import axis_days, level_labels, nice_levels
from cli.commands.history.series import Series
from cli.support.failure import CommandFailed
from cli.support.files import written_whole
from cli.support.money import Money

MOST_PANELS = 24
_PANEL_INCHES = (10.0, 3.2)
_PAGE_INCHES = (6.4, 3.0)
_DOTS_PER_INCH = 150
_LINE, _GAP, _LIMIT = "#0b5cad", "#d1495b", "#8a5a00"
_FEW_POINTS = 100
_EPOCH = date(1970, 1, 1).toordinal()
"""Matplotlib counts its days from here."""

_FONTS = ("DejaVu Sans", "Noto Sans CJK SC", "Microsoft YaHei", "Malgun Gothic", "Hiragino Sans", "Arial Unicode MS")
"""The first comes with Matplotlib; of the others, those on this machine draw what it lacks."""


@cache
def fonts() -> tuple[str, ...]:
    """Return the families to draw with."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    here = {font.name for font in fontManager.ttflist}
    return tuple(name for name in _FONTS if name in here)


def can_draw(text: str) -> bool:
    """Whether the fonts of this machine have all these characters."""
    faces = [get_font(findfont(name)) for name in fonts()]
    return all(any(face.get_char_index(ord(character)) for face in faces) for character in text)


def save(views: Sequence[AccountView], money: Money, file: Path) -> None:
    """Draw the accounts and write the picture; the file's ending says the format.

    Raises:
        CommandFailed: too many panels or none, or the file cannot be written.

    """
    panels = [(view, series) for view in views for series in view.series]
    if not 0 < len(panels) <= MOST_PANELS:
        raise CommandFailed(
            f"The picture would have {len(panels)} panels (one per account and currency); 1 to {MOST_PANELS} are possible.",
            "Choose accounts with --account, one currency with --currency, or another time.",
        )
    width, height = _PANEL_INCHES
    with mpl.rc_context(_style()), written_whole(file) as part:
        figure = Figure(figsize=(width, height * len(panels)), layout="constrained")
        for place, (view, series) in enumerate(panels, 1):
            axes = figure.add_subplot(len(panels), 1, place)
            name = view.label if can_draw(view.label) else view.tenant_id
            axes.set_title(f"{name}: account balance in {series.currency}", loc="left", fontsize=11, fontweight="bold")
            _draw(axes, series, money.shown_by(can_draw), dates=8)
        figure.savefig(part, dpi=_DOTS_PER_INCH, format=file.suffix[1:].lower())


def as_svg(series: Series, money: Money) -> bytes:
    """Return one panel without a title as SVG, its text drawn by the reader's own fonts."""
    with mpl.rc_context({**_style(), "svg.fonttype": "none", "svg.hashsalt": "history", "font.size": 11}):
        figure = Figure(figsize=_PAGE_INCHES, layout="constrained")
        _draw(figure.add_subplot(), series, money.shown_by(can_draw), dates=4)
        drawn = BytesIO()
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    return drawn.getvalue()


def _style() -> Any:
    return {"text.parse_math": False, "font.family": list(fonts())}


def _draw(axes: Axes, series: Series, money: Money, *, dates: int) -> None:
    marker = "o" if len(series.readings) <= _FEW_POINTS else ""
    for days, amounts in series.unbroken():
        alone = "o" if len(days) == 1 else marker
        axes.plot([day - _EPOCH for day in days], amounts, color=_LINE, marker=alone, markersize=3, linewidth=1.6)
    missed = [(begin - _EPOCH - 0.5, end - begin + 1) for begin, end in series.missed()]
    if missed:
        bars = axes.get_xaxis_transform()
        axes.broken_barh(missed, (0, 1), transform=bars, color=_GAP, alpha=0.25, linewidth=0, label="day missed")
    limits = [[(begin - _EPOCH, limit), (end - _EPOCH, limit)] for begin, end, limit in series.limits()]
    if limits:
        axes.add_collection(
            LineCollection(limits, colors=_LIMIT, linestyles="--", linewidths=1.2, label="credit limit")
        )
    levels = nice_levels(*series.extent())
    axes.set_yticks(levels, level_labels(levels, series.currency, money))
    days = axis_days(series.first, series.last, dates)
    axes.set_xticks([day - _EPOCH for day in days], [date.fromordinal(day).isoformat() for day in days])
    axes.grid(axis="y", color="#dddddd", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    if axes.get_legend_handles_labels()[1]:
        axes.legend(loc="best", frameon=False, fontsize=9)
