"""The requested period, in days."""

import re
from datetime import date, datetime

import typer

_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}
_MAX_DAYS = 100 * 365
_ALL = 0
"""What `--last all` means."""

_DEFAULT_DAYS = {"runs": 2, "table": 90, "month": 365, "html": 365, "csv": _ALL, "json": _ALL, "xlsx": _ALL}


def as_date(text: str) -> date:
    """Parse a date such as 2026-11-23.

    Raises:
        typer.BadParameter: it is not one.

    """
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a date has no zone
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a date: write it as 2026-11-23.") from None


def as_days(text: str) -> int:
    """Parse a period such as 90d, 12w, 6m (of 30 days) or 2y (of 365) into days; `all` is _ALL."""
    if text == "all":
        return _ALL
    match = re.fullmatch(r"([1-9][0-9]{0,4})([dwmy])", text)
    days = int(match[1]) * _DAYS[match[2]] if match else 0
    if not 0 < days <= _MAX_DAYS:
        raise typer.BadParameter(f"{text!r} is not a period of at most 100y: write it as 90d, 12w, 6m, 2y or all.")
    return days


def first_day(first: date | None, last: int | None, until: date, view: str) -> date | None:
    """Return the first day: `first`, or `last` days up to `until`. The default number of days depends on `view`. None means all."""
    if last is None and first is None:
        last = _DEFAULT_DAYS[view]
    return date.fromordinal(max(1, until.toordinal() - last + 1)) if last else first
