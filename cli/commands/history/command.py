"""`history`: what the table holds, for people and for programs."""

import os
import re
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.commands.history.account_view import read_views
from cli.commands.history.missed_reasons import RUN_COLUMNS, Ledger
from cli.commands.history.outputs import write_file, write_history, write_records
from cli.commands.history.reader import HistoryQuery, HistoryReader
from cli.commands.history.terminal import write_account, write_runs
from cli.support.accounts import tenants_of
from cli.support.console import count, out, waiting, warn
from cli.support.failure import CommandFailed
from cli.support.money import Money, reader_locale
from cli.support.options import AsFormat, Format, SettingsFile, SomeAccounts, as_date
from cli.support.records import stdout_for_programs
from cli.support.settings_source import find_settings
from cli.support.tables import open_tables
from shared.services import utc_now

_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}
_MOST_DAYS = 100 * 365
_ALL = 0
"""What `--last all` means."""

_DEFAULT_DAYS = {"runs": 2, "table": 90, "month": 365, "html": 365, "csv": _ALL, "json": _ALL, "xlsx": _ALL}
_ENDINGS = (".csv", ".json", ".xlsx")
_APART = {
    "--from": ["--last"],
    "--format": ["--output", "--html", "--plot"],
    "--output": ["--html", "--plot"],
    "--html": ["--plot"],
    "--by month": ["--plot", "--runs"],
    "--runs": ["--plot", "--output", "--html", "--fail-on-gap", "--currency", "--account"],
}
"""Options, and those that do not go with each."""


class By(StrEnum):
    """What a line is about."""

    DAY = "day"
    MONTH = "month"


def as_days(text: str) -> int:
    """Read a length of time such as 90d, 12w, 6m (of 30 days) or 2y (of 365), in days; `all` is _ALL."""
    if text == "all":
        return _ALL
    match = re.fullmatch(r"([1-9][0-9]{0,4})([dwmy])", text)
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
        raise typer.BadParameter(f"{text!r} does not end in one of {', '.join(_ENDINGS)}; --html writes a page.")
    return as_file(text)


def command(  # noqa: PLR0913 - each is an option
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

    Without a time, people see 90 days (months and pages: a year; runs: two days) and programs get all of it.
    Currencies are never added. Partner Center has no balance of a day that is over.

    Examples:
      python -m cli history --last 30d --account Contoso
      python -m cli history --by month --last 2y
      python -m cli history --output balances.xlsx
      python -m cli history --html balances.html
      python -m cli history --format csv --last all > history.csv
      python -m cli history --last 2d --fail-on-gap --no-plot

    """
    by_month = by is By.MONTH
    given = {"--from": first, "--last": last is not None, "--output": output, "--html": html, "--plot": plot}
    given |= {"--format": as_format is not Format.TABLE, "--by month": by_month, "--runs": runs}
    _refuse_apart(given | {"--fail-on-gap": fail_on_gap, "--currency": currency, "--account": account})
    form = "html" if html else output.suffix[1:].lower() if output else as_format.value
    known = find_settings(os.environ, settings).read()
    today = utc_now().astimezone(known.time_zone).date()
    until = min(to or today, today)
    if last is None and first is None:
        last = _DEFAULT_DAYS["runs" if runs else "month" if by_month and form == "table" else form]
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
            if form == "table":
                write_runs(found, known.time_zone)
            else:
                write_records({"runs": (RUN_COLUMNS, (run.row for run in found))}, form, stdout_for_programs())
            return
        names = {one.tenant_id: one.name for one in known.accounts}
        over = min(until, today - timedelta(days=1))
        query = HistoryQuery(tenants_of(known.accounts, account), currency, first, to, over)
        reader = HistoryReader(place.table, query, names, ledger, place.services.check_clock)
        money = Money(reader_locale(os.environ)) if html else Money.of_reader(os.environ)
        if file := html or output:
            with waiting(f"writing {file.name}"):
                period = f"From {first} to {until}" if first else f"Up to {until}"
                write_file(reader, money, form, file, by_month=by_month, period=period)
        elif form == "table":
            for view in read_views(reader, money):
                write_account(view, money, by_month=by_month, drawn=out().is_terminal if plot is None else plot)
        else:
            write_history(reader, money, form, stdout_for_programs(), by_month=by_month)
    _conclude(reader, currency, account, fail_on_gap=fail_on_gap)


def _refuse_apart(given: dict[str, Any]) -> None:
    for option, others in _APART.items():
        for other in others:
            if given[option] and given[other]:
                raise typer.BadParameter(f"{option} does not go with {other}.")


def _conclude(reader: HistoryReader, currency: str | None, accounts: list[str] | None, *, fail_on_gap: bool) -> None:
    """Say what was not found; raise when that is a failure."""
    for name in reader.silent:
        warn(f"{name}: no history in this time")
    found, unreadable = sorted(reader.currencies), reader.unreadable
    if unreadable:
        raise CommandFailed(
            f"{count(len(unreadable), 'row')} of the table left out, not a snapshot. The first: {unreadable[0]}.",
            "Find out who wrote them and delete them: the table is for the history alone.",
        )
    if (currency and currency not in found) or (accounts and reader.silent and not found):
        raise CommandFailed(
            f"No row of this time is {f'in {currency}' if currency else 'of ' + ', '.join(reader.silent)}.",
            f"The currencies are: {', '.join(found)}." if found else "Choose another time or account.",
        )
    if fail_on_gap and reader.missed_days:
        warn(f"{count(reader.missed_days, 'day')} missing: status 1, as --fail-on-gap asks")
        raise typer.Exit(1)
