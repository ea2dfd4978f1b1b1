"""The options of `history`, each read and checked before the table is."""

import re
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli.support.options import as_date

ALL = 0
"""What `--last all` means."""

_LAST = re.compile(r"([1-9][0-9]{0,4})([dwmy])")
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}
_MOST_DAYS = 100 * 365
_CURRENCY = re.compile(r"[A-Za-z]{3}")
ENDINGS = (".csv", ".json", ".xlsx", ".html", ".png", ".svg")


class Format(StrEnum):
    """How the history is printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


class By(StrEnum):
    """What a line stands for."""

    DAY = "day"
    MONTH = "month"


def as_days(text: str) -> int:
    """Read a length of time such as 90d, 12w, 6m (of 30 days) or 2y (of 365), in days; `all` is ALL."""
    if text == "all":
        return ALL
    match = _LAST.fullmatch(text)
    if match is None:
        raise typer.BadParameter(f"{text!r} is not a length of time: write it as 90d, 12w, 6m, 2y or all.")
    days = int(match[1]) * _DAYS[match[2]]
    if days > _MOST_DAYS:
        raise typer.BadParameter(f"{text!r} is longer than 100 years: write all for the whole history.")
    return days


def as_currency(text: str) -> str:
    """Read a currency's code."""
    if not _CURRENCY.fullmatch(text):
        raise typer.BadParameter(f"{text!r} is not a currency: write its three letters, such as USD.")
    return text.upper()


def as_output(text: str) -> Path:
    """Read the name of a file whose ending says what to write."""
    file = Path(text)
    if file.suffix.lower() not in ENDINGS:
        raise typer.BadParameter(f"{text!r} does not end in one of {', '.join(ENDINGS)}.")
    return _in_a_folder(file)


def as_page(text: str) -> Path:
    """Read the name of an HTML file."""
    return _in_a_folder(Path(text))


def _in_a_folder(file: Path) -> Path:
    if file.is_dir():
        raise typer.BadParameter(f"{str(file)!r} is a folder: name a file.")
    if not file.absolute().parent.is_dir():
        raise typer.BadParameter(f"the folder of {str(file)!r} does not exist.")
    return file


From = Annotated[
    date | None, typer.Option("--from", metavar="DAY", parser=as_date, help="From this day on, such as 2026-01-31.")
]
To = Annotated[date | None, typer.Option("--to", metavar="DAY", parser=as_date, help="Up to this day.")]
Last = Annotated[
    int | None,
    typer.Option("--last", metavar="TIME", parser=as_days, help="The last 90d, 12w, 6m or 2y, or all."),
]
Currency = Annotated[
    str | None, typer.Option("--currency", metavar="CODE", parser=as_currency, help="This currency alone, such as USD.")
]
LineBy = Annotated[By, typer.Option("--by", help="A line per day, or the close of each month and its change.")]
AsFormat = Annotated[
    Format | None, typer.Option("--format", help="A table for people (the default); CSV or JSON for programs.")
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output", metavar="FILE", parser=as_output, help=f"Write a file, by its ending: {', '.join(ENDINGS)}."
    ),
]
Html = Annotated[
    Path | None,
    typer.Option("--html", metavar="FILE", parser=as_page, help="Write one HTML page that needs nothing else."),
]
Plot = Annotated[
    bool | None, typer.Option("--plot/--no-plot", help="Draw charts below each account; the default on a terminal.")
]
Runs = Annotated[bool, typer.Option("--runs", help="Show the last runs from the ledger instead of balances.")]
FailOnGap = Annotated[bool, typer.Option("--fail-on-gap", help="End with status 1 when a day is missing.")]
StaleAfter = Annotated[
    int, typer.Option(min=0, metavar="DAYS", help="Mark a balance that the service had not updated for so many days.")
]
