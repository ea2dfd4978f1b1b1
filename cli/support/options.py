"""The options that several commands share."""

from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

SettingsFile = Annotated[
    Path | None,
    typer.Option(
        "--settings",
        metavar="FILE",
        exists=True,
        dir_okay=False,
        help="Read the settings from this file alone, instead of the environment and local.settings.json.",
    ),
]

SomeAccounts = Annotated[
    list[str] | None,
    typer.Option("--account", metavar="NAME", help="This account alone, by its name or tenant id; may be repeated."),
]


class Format(StrEnum):
    """How results are printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


AsFormat = Annotated[Format, typer.Option("--format", help="A table for people; CSV or JSON for programs.")]

Write = Annotated[
    bool,
    typer.Option("--write", help="Insert. Without it nothing is changed: the command only shows what it would do."),
]


def as_date(text: str) -> date:
    """Read a day such as 2026-11-23.

    Raises:
        typer.BadParameter: it is not one.

    """
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a day: write it as 2026-11-23.") from None
