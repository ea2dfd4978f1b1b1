"""A picture of the history, PNG or SVG: one panel an account and currency, which never share an axis."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cli.commands.history.axis_ticks import axis_days, level_labels, nice_levels
from cli.commands.history.series import AccountSeries, Series
from cli.support.failure import CommandFailed
from cli.support.money import Money

MOST_PANELS = 24
_PANEL_INCHES = (10.0, 3.2)
_DOTS_PER_INCH = 150
_LINE, _GAP = "#0b5cad", "#d1495b"
_FEW_POINTS = 100
_DATES = 8
_EPOCH = date(1970, 1, 1).toordinal()
"""Matplotlib counts its days from here."""


def check_panels(count: int) -> None:
    """Refuse a picture nobody could read.

    Raises:
        CommandFailed: too many panels, or none.

    """
    if count > MOST_PANELS:
        raise CommandFailed(
            f"The picture would have {count} panels (an account and currency each) and {MOST_PANELS} can be read.",
            "Choose accounts with --account or one currency with --currency.",
        )
    if count == 0:
        raise CommandFailed("There is nothing to draw.", "Choose another account, currency or time.")


def save(accounts: Sequence[AccountSeries], money: Money, file: Path) -> None:
    """Draw the accounts and write the picture; the file's ending says the format.

    Raises:
        CommandFailed: too many panels or none, or the file cannot be written.

    """
    panels = [(account, series) for account in accounts for _, series in sorted(account.of_currency.items())]
    check_panels(len(panels))
    width, height = _PANEL_INCHES
    figure = Figure(figsize=(width, height * len(panels)), layout="constrained")
    for place, (account, series) in enumerate(panels, 1):
        _draw(figure.add_subplot(len(panels), 1, place), series, account.missed_within(series), money)
    try:
        figure.savefig(file, dpi=_DOTS_PER_INCH)
    except OSError as error:
        raise CommandFailed(f"{file} cannot be written: {error.strerror}.", "Name another file.") from error


def _draw(axes: Axes, series: Series, missed: Sequence[int], money: Money) -> None:
    marker = "o" if len(series.days) <= _FEW_POINTS else ""
    for days, amounts in series.unbroken():
        alone = "o" if len(days) == 1 else marker
        axes.plot([day - _EPOCH for day in days], amounts, color=_LINE, marker=alone, markersize=3, linewidth=1.6)
    for number, day in enumerate(missed):
        label = "day missed" if number == 0 else None
        axes.axvspan(day - _EPOCH - 0.5, day - _EPOCH + 0.5, color=_GAP, alpha=0.25, linewidth=0, label=label)
    levels = nice_levels(min(series.amounts), max(series.amounts))
    axes.set_yticks(levels, level_labels(levels, series.currency, money))
    axes.set_title(
        f"{series.account}: account balance in {series.currency}", loc="left", fontsize=11, fontweight="bold"
    )
    days = axis_days(series.days[0], max([series.days[-1], *missed]), _DATES)
    axes.set_xticks([day - _EPOCH for day in days], [date.fromordinal(day).isoformat() for day in days])
    axes.grid(axis="y", color="#dddddd", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    if missed:
        axes.legend(loc="best", frameon=False, fontsize=9)
