"""`history`: what the table holds, for people and for programs."""

import os
from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from itertools import chain

import typer

from cli.commands.history.ledger import Ledger, LedgerRow, LedgerSpan
from cli.commands.history.options import (
    AsFormat,
    By,
    Currency,
    FailOnGap,
    Format,
    From,
    Html,
    Last,
    LineBy,
    Output,
    Plot,
    Runs,
    StaleAfter,
    To,
)
from cli.commands.history.outputs import Report, write_file, write_page, write_records, write_runs, write_tables
from cli.commands.history.reader import HistoryQuery, HistoryReader
from cli.support.accounts import tenants_of
from cli.support.console import can_show, out, warn
from cli.support.failure import CommandFailed
from cli.support.money import Money, reader_locale
from cli.support.operator_table import OperatorTable
from cli.support.options import SettingsFile, SomeAccounts
from cli.support.settings_source import find_settings
from cli.support.tables import open_tables
from cli.support.words import count
from shared.services import utc_now

STALE_AFTER = 35
"""Days: more than a billing month."""

_DEFAULT_DAYS = 90
_DEFAULT_RUNS = 2
_DEFAULT_YEAR = 365


def command(  # noqa: PLR0913 - each is an option
    *,
    settings: SettingsFile = None,
    account: SomeAccounts = None,
    currency: Currency = None,
    first: From = None,
    to: To = None,
    last: Last = None,
    by: LineBy = By.DAY,
    form: AsFormat = None,
    output: Output = None,
    html: Html = None,
    plot: Plot = None,
    runs: Runs = False,
    fail_on_gap: FailOnGap = False,
    stale_after: StaleAfter = STALE_AFTER,
) -> None:
    """Read the history from the table: each day, the change since the row before, and the missed days with their reason.

    Without a time, people see 90 days (months, pictures and pages: a year; runs: two days) and programs get all of it.
    Currencies are never added. Partner Center cannot be asked about a missed day later.

    Examples:
    - `history --last 30d --account Contoso`

    - `history --by month --last 2y`

    - `history --output balances.xlsx`

    - `history --html balances.html`

    - `history --format csv --last all > history.csv`

    - `history --last 2d --fail-on-gap --no-plot`

    """
    _check_usage(first, last, [form, output, html], picture=form not in {None, Format.TABLE} and bool(plot))
    if runs and (by is By.MONTH or html or output or fail_on_gap or currency or account):
        raise typer.BadParameter("--runs goes with --from, --to, --last and --format alone.")
    known = find_settings(os.environ, settings).read()
    today = utc_now().astimezone(known.time_zone).date()
    file = html or output
    programs = form in {Format.CSV, Format.JSON} or (
        file is not None and file.suffix.lower() in {".csv", ".json", ".xlsx"}
    )
    if last is None and first is None and not (programs and not runs):
        last = _DEFAULT_RUNS if runs else _DEFAULT_YEAR if file or by is By.MONTH else _DEFAULT_DAYS
    if last:
        first = date.fromordinal(max(1, (to or today).toordinal() - last + 1))
    if first is not None and to is not None and first > to:
        raise typer.BadParameter(f"--from {first} is after --to {to}.")
    until = min(to or today, today - timedelta(days=1))
    with open_tables(known) as place:
        ledger = Ledger(partial(_fetch, place.ledger), known.time_zone, to or today)
        if runs:
            write_runs(ledger.runs(first, to), form or Format.TABLE, known.time_zone)
            return
        query = HistoryQuery(tenants_of(known.accounts, account), currency, first, to, until)
        names = {one.tenant_id: one.name for one in known.accounts}
        reader = HistoryReader(place.table, query, names, ledger, place.services.check_clock)
        money = Money(reader_locale(os.environ), can_show)
        report = Report(reader, money, stale_after, by)
        if html:
            write_page(report, html, first, to or today)
        elif output:
            write_file(report, output, first, to or today)
        elif form in {Format.CSV, Format.JSON}:
            write_records(report, form)
        else:
            write_tables(report, drawn=out().is_terminal if plot is None else plot)
    _conclude(report, query, fail_on_gap=fail_on_gap)


def _check_usage(first: date | None, last: int | None, ways: list[object], *, picture: bool) -> None:
    if last is not None and first is not None:
        raise typer.BadParameter("give --from or --last, not both.")
    if sum(way is not None for way in ways) > 1:
        raise typer.BadParameter("give one of --format, --output and --html.")
    if picture:
        raise typer.BadParameter("--plot goes with --format table alone.")


def _conclude(report: Report, query: HistoryQuery, *, fail_on_gap: bool) -> None:
    """Say what was not found; raise when that is a failure."""
    for name in report.silent:
        warn(f"{name}: no history in this time")
    found = report.reader.currencies
    if query.currency and query.currency not in found:
        raise CommandFailed(
            f"No row of this time is in {query.currency}.",
            f"The currencies are: {', '.join(sorted(found))}." if found else "Choose another time or account.",
        )
    if fail_on_gap and report.missed_days:
        warn(f"{count(report.missed_days, 'day')} missing: status 1, as --fail-on-gap asks")
        raise typer.Exit(1)


def _fetch(table: OperatorTable, partition: str, low: str, high: str, columns: Sequence[str]) -> "chain[LedgerRow]":
    return chain.from_iterable(table.pages(LedgerSpan(partition, low, high), columns))
