"""`history`: what the table holds, for people and for programs."""

import os
import re
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli.commands.history.ledger import Ledger
from cli.commands.history.outputs import Report, write_file, write_records, write_runs, write_tables
from cli.commands.history.reader import HistoryQuery, HistoryReader
from cli.support.accounts import tenants_of
from cli.support.console import can_show, count, out, waiting, warn
from cli.support.failure import CommandFailed
from cli.support.money import Money, reader_locale
from cli.support.options import AsFormat, Format, SettingsFile, SomeAccounts, as_date
from cli.support.records import stdout_for_programs
from cli.support.settings_source import find_settings
from cli.support.tables import open_tables
from shared.services import utc_now

_ALL = 0
"""What `--last all` means."""

_LAST = re.compile(r"([1-9][0-9]{0,4})([dwmy])")
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}
_MOST_DAYS = 100 * 365
_DEFAULT_DAYS, _DEFAULT_RUNS, _DEFAULT_YEAR = 90, 2, 365
_FOR_PROGRAMS = (".csv", ".json", ".xlsx")
_ENDINGS = (*_FOR_PROGRAMS, ".html", ".png", ".svg")


class By(StrEnum):
    """What a line is about."""

    DAY = "day"
    MONTH = "month"


def as_days(text: str) -> int:
    """Read a length of time such as 90d, 12w, 6m (of 30 days) or 2y (of 365), in days; `all` is _ALL."""
    if text == "all":
        return _ALL
    match = _LAST.fullmatch(text)
    if match is None:
        raise typer.BadParameter(f"{text!r} is not a length of time: write it as 90d, 12w, 6m, 2y or all.")
    days = int(match[1]) * _DAYS[match[2]]
    if days > _MOST_DAYS:
        raise typer.BadParameter(f"{text!r} is longer than 100 years: write all for the whole history.")
    return days


def as_currency(text: str) -> str:
    """Read a currency's code."""
    if not re.fullmatch("[A-Za-z]{3}", text):
        raise typer.BadParameter(f"{text!r} is not a currency: write its three letters, such as USD.")
    return text.upper()


def as_file(text: str) -> Path:
    """Read the name of a file to write."""
    file = Path(text)
    if file.is_dir():
        raise typer.BadParameter(f"{text!r} is a folder: name a file.")
    if not file.absolute().parent.is_dir():
        raise typer.BadParameter(f"the folder of {text!r} does not exist.")
    return file


def as_output(text: str) -> Path:
    """Read the name of a file whose ending says what to write."""
    if Path(text).suffix.lower() not in _ENDINGS:
        raise typer.BadParameter(f"{text!r} does not end in one of {', '.join(_ENDINGS)}.")
    return as_file(text)


def command(  # noqa: C901, PLR0913 - each is an option, and what does not go together is refused here
    *,
    settings: SettingsFile = None,
    account: SomeAccounts = None,
    currency: Annotated[
        str | None, typer.Option(metavar="CODE", parser=as_currency, help="This currency alone, such as USD.")
    ] = None,
    first: Annotated[
        date | None, typer.Option("--from", metavar="DAY", parser=as_date, help="From this day on, such as 2026-01-31.")
    ] = None,
    to: Annotated[date | None, typer.Option("--to", metavar="DAY", parser=as_date, help="Up to this day.")] = None,
    last: Annotated[
        int | None, typer.Option(metavar="TIME", parser=as_days, help="The last 90d, 12w, 6m or 2y, or all.")
    ] = None,
    by: Annotated[By, typer.Option(help="A line per day, or the close of each month and its change.")] = By.DAY,
    as_format: AsFormat = Format.TABLE,
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE", parser=as_output, help=f"Write a file, by its ending: {', '.join(_ENDINGS)}."),
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", parser=as_file, help="Write one HTML page that needs nothing else.")
    ] = None,
    plot: Annotated[
        bool | None, typer.Option("--plot/--no-plot", help="Draw charts below each account; the default on a terminal.")
    ] = None,
    runs: Annotated[
        bool, typer.Option("--runs", help="Show the last runs from the ledger instead of balances.")
    ] = False,
    fail_on_gap: Annotated[
        bool, typer.Option("--fail-on-gap", help="End with status 1 when a day is missing.")
    ] = False,
) -> None:
    """Read the history from the table: each day, the change since the row before, and the missed days with their reason.

    Without a time, people see 90 days (months, pictures and pages: a year; runs: two days) and programs get all of it.
    Currencies are never added. Partner Center has no balance of a day that is over.

    Examples:
      python -m cli history --last 30d --account Contoso
      python -m cli history --by month --last 2y
      python -m cli history --output balances.xlsx
      python -m cli history --html balances.html
      python -m cli history --format csv --last all > history.csv
      python -m cli history --last 2d --fail-on-gap --no-plot

    """
    file, tabular = html or output, as_format is Format.TABLE
    if last is not None and first is not None:
        raise typer.BadParameter("give --from or --last, not both.")
    if (not tabular) + bool(output) + bool(html) > 1:
        raise typer.BadParameter("give one of --format, --output and --html.")
    if plot and (file or not tabular or runs or by is By.MONTH):
        raise typer.BadParameter("--plot goes with the table of days alone.")
    if runs and (by is By.MONTH or file or fail_on_gap or currency or account):
        raise typer.BadParameter("--runs goes with --from, --to, --last and --format alone.")
    known = find_settings(os.environ, settings).read()
    today = utc_now().astimezone(known.time_zone).date()
    until = min(to or today, today)
    if last is None and first is None:
        programs = not tabular or (output is not None and output.suffix.lower() in _FOR_PROGRAMS)
        pages = file or by is By.MONTH
        last = _DEFAULT_RUNS if runs else _ALL if programs else _DEFAULT_YEAR if pages else _DEFAULT_DAYS
    if last:
        first = date.fromordinal(max(1, until.toordinal() - last + 1))
    if first is not None and to is not None and first > to:
        raise typer.BadParameter(f"--from {first} is after --to {to}.")
    if first is not None and first > today:
        raise typer.BadParameter(f"--from {first} is still to come: today is {today}.")
    with open_tables(known) as place:
        ledger = Ledger(place.ledger, known.time_zone, until)
        if runs:
            found = list(ledger.runs(first))
            place.services.check_clock()
            write_runs(found, as_format, known.time_zone)
            return
        names = {one.tenant_id: one.name for one in known.accounts}
        over = min(until, today - timedelta(days=1))
        query = HistoryQuery(tenants_of(known.accounts, account), currency, first, to, over)
        money = Money(reader_locale(os.environ), can_show)
        reader = HistoryReader(place.table, query, names, ledger, place.services.check_clock)
        report = Report(reader, money, by_month=by is By.MONTH)
        if file:
            with waiting(f"writing {file.name}"):
                write_file(report, file, page=html is not None, first=first, last=until)
        elif tabular:
            write_tables(report, drawn=out().is_terminal if plot is None else plot)
        else:
            write_records(report, stdout_for_programs(), as_format)
    _conclude(report, currency, account, fail_on_gap=fail_on_gap)


def _conclude(report: Report, currency: str | None, accounts: list[str] | None, *, fail_on_gap: bool) -> None:
    """Say what was not found; raise when that is a failure."""
    for name in report.silent:
        warn(f"{name}: no history in this time")
    found, unreadable = sorted(report.reader.currencies), report.reader.unreadable
    if unreadable:
        raise CommandFailed(
            f"{count(len(unreadable), 'row')} of the table left out, not a snapshot. The first: {unreadable[0]}.",
            "Find out who wrote them and delete them: the table is for the history alone.",
        )
    if (currency and currency not in found) or (accounts and report.silent and not found):
        raise CommandFailed(
            f"No row of this time is {f'in {currency}' if currency else 'of ' + ', '.join(report.silent)}.",
            f"The currencies are: {', '.join(found)}." if found else "Choose another time or account.",
        )
    if fail_on_gap and report.missed_days:
        warn(f"{count(report.missed_days, 'day')} missing: status 1, as --fail-on-gap asks")
        raise typer.Exit(1)
