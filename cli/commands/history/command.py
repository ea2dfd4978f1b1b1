"""`history`: the recorded balances, for people and for programs."""

import os
import re
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import typer

from cli.commands.history.account import COLUMNS_READ
from cli.commands.history.ledger import RUN_COLUMNS
from cli.commands.history.outputs import tables, with_columns, write_tables
from cli.commands.history.reader import HistoryReader
from cli.commands.history.terminal import write_account, write_runs
from cli.commands.history.window import as_date, as_days, first_day
from cli.support.accounts import SomeAccounts, tenants_of
from cli.support.console import count, out, say, waiting, warn
from cli.support.failure import CommandFailed
from cli.support.money import Money, user_locale
from cli.support.records import AsFormat, atomic_write
from cli.support.settings_source import SettingsFile, find_settings
from cli.support.tables import open_tables
from shared.services import utc_now

_ENDINGS = (".csv", ".json", ".xlsx")


def command(  # noqa: PLR0913 - each is an option
    *,
    settings: SettingsFile = None,
    account: SomeAccounts = None,
    currency: Annotated[
        str | None, typer.Option(metavar="CODE", parser=str.upper, help="Only this currency, such as USD.")
    ] = None,
    first: Annotated[
        date | None, typer.Option("--from", metavar="DAY", parser=as_date, help="The first day, such as 2026-01-31.")
    ] = None,
    to: Annotated[date | None, typer.Option("--to", metavar="DAY", parser=as_date, help="The last day.")] = None,
    last: Annotated[
        int | None, typer.Option(metavar="PERIOD", parser=as_days, help="The last 90d, 12w, 6m or 2y, or all.")
    ] = None,
    by: Annotated[
        Literal["day", "month"], typer.Option(help="One line per day, or each month's close and its change.")
    ] = "day",
    as_format: AsFormat = "table",
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE", dir_okay=False, help=f"Write a file, by its extension: {', '.join(_ENDINGS)}."),
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", dir_okay=False, help="Write one self-contained HTML page.")
    ] = None,
    plot: Annotated[
        bool | None, typer.Option("--plot/--no-plot", help="Draw charts below each account (default in a terminal).")
    ] = None,
    runs: Annotated[
        bool, typer.Option("--runs", help="Show the latest runs from the ledger instead of balances.")
    ] = False,
    fail_on_gap: Annotated[
        bool, typer.Option("--fail-on-gap", help="Exit with status 1 when a day is missing.")
    ] = False,
) -> None:
    """Show the history: each day, the change since the previous row, and missed days with their reasons.

    With no date range, the terminal shows the last 90 days (a year for `--by month` and `--html`, two days for `--runs`). Balances
    in CSV, JSON or Excel are complete. Currencies are never added together. Partner Center has no balances for past days.

    Examples:
      python -m cli history --last 30d --account Contoso
      python -m cli history --by month --last 2y
      python -m cli history --output balances.xlsx
      python -m cli history --html balances.html
      python -m cli history --format csv --last all > history.csv
      python -m cli history --last 2d --fail-on-gap --no-plot

    """
    tabular, by_month, file = as_format == "table", by == "month", html or output
    for invalid, message in (
        (first and last is not None, "give --from or --last, not both."),
        (first and to and first > to, f"--from {first} is after --to {to}."),
        (
            currency is not None and not re.fullmatch("[A-Z]{3}", currency),
            f"--currency: three letters such as USD, not {currency!r}.",
        ),
        ((not tabular) + bool(output) + bool(html) > 1, "give only one of --format, --output and --html."),
        (output and output.suffix.lower() not in _ENDINGS, f"--output needs a name ending in {' or '.join(_ENDINGS)}."),
        (file and not file.absolute().parent.is_dir(), f"the folder of {str(file)!r} does not exist."),
        (html and by_month, "--html shows days and months: omit --by."),
        (plot and (file or not tabular or runs or by_month), "--plot works only with the daily table."),
        (
            runs and (by_month or file or fail_on_gap or currency or account),
            "--runs works only with --from, --to, --last and --format.",
        ),
    ):
        if invalid:
            raise typer.BadParameter(message)
    form = "html" if html else output.suffix[1:].lower() if output else as_format
    config = find_settings(os.environ, settings).read()
    today = utc_now().astimezone(config.time_zone).date()
    until = min(to or today, today)
    view = "runs" if runs else "month" if by_month and tabular and not file else form
    first = first_day(first, last, until, view)
    if first and first > today:
        raise typer.BadParameter(f"--from {first} is in the future: today is {today}.")
    with open_tables(config) as context:
        reader = HistoryReader(context, today, tenants_of(config.accounts, account), currency, first, to)
        if runs:
            entries = list(reader.ledger.runs(first))
            context.services.check_clock()
            if tabular:
                write_runs(entries, config.time_zone)
            else:
                write_tables({"runs": (RUN_COLUMNS, with_columns(RUN_COLUMNS, (run.row for run in entries)))}, form)
            return
        period = f"From {first} to {until}" if first else f"Up to {until}"
        with waiting(f"writing {file.name}") if file else nullcontext():
            _write(reader, form, file, period, by_month=by_month, charts=out().is_terminal if plot is None else plot)
        if not reader.currencies and not context.table.exists():
            warn(f"the table {config.table_name} (SNAPSHOT_TABLE_NAME) does not exist; the first run creates it")
    if file:
        say(f"Written: {file}" + (f"; {count(reader.missed_days, 'day')} missed" if reader.missed_days else ""))
    _conclude(reader, currency, account, fail_on_gap=fail_on_gap)


def _write(reader: HistoryReader, form: str, file: Path | None, period: str, *, by_month: bool, charts: bool) -> None:
    money = Money(user_locale(os.environ)) if form == "html" else Money.for_user(os.environ)
    found = tables(reader, by_month=by_month)
    if form == "table":
        for account in reader.accounts(COLUMNS_READ):
            write_account(account, money, by_month=by_month, charts=charts)
    elif file is None:
        write_tables(found, form)
    else:
        with atomic_write(file) as part:
            if form == "html":
                from cli.commands.history.page import page  # noqa: PLC0415 - only pages need it

                about = f"{period}. Written {utc_now():%Y-%m-%d %H:%M} UTC."
                text = page(list(reader.accounts(COLUMNS_READ)), money, about)
                part.write_text(text, encoding="utf-8", newline="\n")
            elif form == "xlsx":
                from cli.commands.history.workbook import write_workbook  # noqa: PLC0415 - only workbooks need it

                write_workbook(part, found)
            else:
                with part.open("w", encoding="utf-8", newline="") as stream:
                    write_tables(found, form, stream)
    if form == "csv":
        for account in reader.read:
            for gap in account.gaps:
                warn(f"{account.label}: missed: {gap}")


def _conclude(reader: HistoryReader, currency: str | None, accounts: list[str] | None, *, fail_on_gap: bool) -> None:
    """Report what was not found, and raise if that is a failure."""
    for name in reader.without_history:
        warn(f"{name}: no history in this period")
    found, unreadable = sorted(reader.currencies), reader.unreadable
    if unreadable:
        raise CommandFailed(
            f"Skipped {count(len(unreadable), 'row')} in the table: not a snapshot. The first: {unreadable[0]}.",
            "Find out who wrote them and delete them: the table must hold only the history.",
        )
    if (currency and currency not in found) or (accounts and reader.without_history and not found):
        raise CommandFailed(
            f"No rows {f'in {currency}' if currency else 'for ' + ', '.join(reader.without_history)} in this period.",
            f"The currencies are: {', '.join(found)}." if found else "Choose another period or account.",
        )
    if fail_on_gap and reader.missed_days:
        warn(f"{count(reader.missed_days, 'day')} missing: exit status 1, because of --fail-on-gap")
        raise typer.Exit(1)
