"""`history`: what the table holds, as lines with gaps and charts, or for other programs."""

import os
import re
import shutil
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum
from itertools import chain, groupby, islice
from pathlib import Path
from typing import Annotated

import typer

from cli.commands.history.account_table import COLUMNS_READ, AccountTable
from cli.commands.history.export import write_csv, write_json
from cli.commands.history.gaps import Missed, tenant_of
from cli.commands.history.reading import History, Wanted
from cli.commands.history.series import AccountSeries
from cli.support.accounts import tenants_of
from cli.support.console import out, say, warn
from cli.support.money import Money, reader_locale
from cli.support.options import SettingsFile, SomeAccounts, as_date
from cli.support.progress import counted
from cli.support.settings_source import find_settings
from cli.support.tables import workplace
from shared.history.row import Entity
from shared.job import utc_now

_LAST = re.compile(r"([1-9][0-9]{0,4})([dwmy])")
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}
_PICTURES = (".png", ".svg")
_WIDEST_CHART = 100
STALE_AFTER = 35
"""Days: more than a billing month."""


class Format(StrEnum):
    """How the history is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def as_days(text: str) -> int:
    """Read a length of time such as 90d, 12w, 6m (of 30 days) or 2y (of 365), in days."""
    match = _LAST.fullmatch(text)
    if match is None:
        raise typer.BadParameter(f"{text!r} is no length of time: write it as 90d, 12w, 6m or 2y.")
    return int(match[1]) * _DAYS[match[2]]


def as_picture(text: str) -> Path:
    """Read the name of a picture."""
    if not text.lower().endswith(_PICTURES):
        raise typer.BadParameter(f"{text!r} is no picture this command can draw: end it in .png or .svg.")
    file = Path(text)
    if not file.absolute().parent.is_dir():
        raise typer.BadParameter(f"the folder of {text!r} is not there.")
    return file


From = Annotated[
    date | None, typer.Option("--from", metavar="DAY", parser=as_date, help="From this day on, such as 2026-01-31.")
]
To = Annotated[date | None, typer.Option("--to", metavar="DAY", parser=as_date, help="Up to this day.")]
Last = Annotated[
    int | None, typer.Option("--last", metavar="TIME", parser=as_days, help="The last 90d, 12w, 6m or 2y.")
]
Currency = Annotated[str | None, typer.Option("--currency", metavar="CODE", help="This currency alone, such as USD.")]
AsFormat = Annotated[
    Format, typer.Option("--format", help="Lines for a person, or every column of the row for other programs.")
]
Plot = Annotated[
    bool | None, typer.Option("--plot/--no-plot", help="Draw charts below each account; as it is, on a terminal only.")
]
Chart = Annotated[
    Path | None, typer.Option("--chart", metavar="FILE", parser=as_picture, help="Draw a picture too, .png or .svg.")
]
StaleAfter = Annotated[
    int, typer.Option(min=0, metavar="DAYS", help="Mark a balance that the service had not updated for so many days.")
]


def command(  # noqa: PLR0913 - each is an option
    *,
    settings: SettingsFile = None,
    account: SomeAccounts = None,
    currency: Currency = None,
    first: From = None,
    to: To = None,
    last: Last = None,
    form: AsFormat = Format.TABLE,
    plot: Plot = None,
    chart: Chart = None,
    stale_after: StaleAfter = STALE_AFTER,
) -> None:
    """Read the history from the table: each day, the change since the day before, and the days that were missed.

    A missed day stays missing: Partner Center tells only the present. Currencies are never added or drawn on one axis.

    `--format csv` and `json` give every column, in the order of docs/settings.md, oldest first; gaps are told on stderr.
    """
    if last is not None and first is not None:
        raise typer.BadParameter("give --from or --last, not both.")
    if form is not Format.TABLE and (chart or plot):
        raise typer.BadParameter("charts go with --format table alone.")
    known = find_settings(os.environ, settings).read()
    with workplace(known) as place:
        today = utc_now().astimezone(known.time_zone).date()
        if last is not None:
            first = (to or today) - timedelta(days=last - 1)
        if first is not None and to is not None and first > to:
            raise typer.BadParameter(f"--from {first} is after --to {to}.")
        until = min(to or today, today - timedelta(days=1))
        wanted = Wanted(tenants_of(known.accounts, account), currency and currency.upper(), first, to, until)
        history = History(place.table, wanted, {one.tenant_id: one.name for one in known.accounts})
        if form is Format.TABLE:
            drawn = out().is_terminal if plot is None else plot
            write_tables(history, Money(reader_locale(os.environ)), stale_after, drawn=drawn, picture=chart)
        else:
            rows = counted(history.rows(), "rows")
            (write_csv if form is Format.CSV else write_json)(rows, sys.stdout)
            for gap in history.missed:
                warn(f"{history.name_of(gap.tenant_id)}: missed: {gap}")
        for line in history.silent():
            warn(line)


def write_tables(history: History, money: Money, stale_after: int, *, drawn: bool, picture: Path | None) -> None:
    """Write each account's lines, charts when `drawn`, and its summary; then the picture, if one is wanted."""
    kept: list[AccountSeries] = []
    for tenant, items in groupby(history.items(COLUMNS_READ), tenant_of):
        table = _write_table(history, tenant, items, money, stale_after)
        if drawn:
            _draw(table.series, money)
        for line in table.summary():
            say(("  " + line, "bold"))
        if picture is not None:
            kept.append(table.series)
    if picture is not None:
        from cli.commands.history.picture import save  # noqa: PLC0415 - matplotlib takes a second to import

        save(kept, money, picture)
        say(f"Drawn: {picture}")


def _write_table(
    history: History, tenant: str, items: Iterator[Entity | Missed], money: Money, stale_after: int
) -> AccountTable:
    begin = list(islice(items, 2))  # a gap at the beginning stands before a row, which tells the name
    name = history.name_of(tenant)
    say((f"\n{name}", "bold"), f"  {tenant}")
    table = AccountTable(AccountSeries(name), money, stale_after, write=_write_line, warn=_warn_line)
    table.write_all(chain(begin, items))
    return table


def _write_line(line: str) -> None:
    sys.stdout.write(line + "\n")


def _warn_line(line: str) -> None:
    say((line, "yellow"))


def _draw(account: AccountSeries, money: Money) -> None:
    from cli.commands.history.chart import draw  # noqa: PLC0415 - needed for some calls only

    width = min(shutil.get_terminal_size((_WIDEST_CHART, 24)).columns, _WIDEST_CHART)
    for _, series in sorted(account.of_currency.items()):
        sys.stdout.write(f"\n{draw(series, account.missed_within(series), money, width=width)}\n")
    sys.stdout.write("\n")
