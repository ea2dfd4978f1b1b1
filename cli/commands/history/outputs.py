"""The history for programs and as files: records of rows, months, gaps and runs as CSV, JSON or workbook, and the page."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from cli.commands.history.account_view import AccountView, month_of, read_views
from cli.commands.history.gaps import Gap
from cli.commands.history.reader import HistoryAccount, HistoryReader
from cli.support.console import count, say, warn
from cli.support.files import written_whole
from cli.support.money import Money
from cli.support.records import Record, write_csv, write_json
from shared.history.row import COLUMNS
from shared.services import utc_now

Tables = Mapping[str, tuple[Sequence[str], Iterable[Record]]]
"""Columns and records by table, each taken when those before it are written."""

ROW_NAMES = tuple(column.name for column in COLUMNS)
GAP_NAMES = ("account", "tenantId", "first", "last", "days", "code", "runs", "firstTried", "lastTried")
MONTH_NAMES = ("account", "tenantId", "month", "currency", "close", "change", "closedOn", "missedDays", "complete")


def tables(reader: HistoryReader, money: Money, *, by_month: bool) -> Tables:
    """Return the rows or months, and the gaps, which are complete when the others were taken."""
    gaps = (_gap_record(account, gap) for account, gap in reader.gaps)
    if by_month:
        months = (record for view in read_views(reader, money) for record in _month_records(view))
        return {"months": (MONTH_NAMES, months), "gaps": (GAP_NAMES, gaps)}
    rows = (item for _, items in reader.accounts(None) for item in items if not isinstance(item, Gap))
    return {"rows": (ROW_NAMES, rows), "gaps": (GAP_NAMES, gaps)}


def _gap_record(account: HistoryAccount, gap: Gap) -> Record:
    """Return a gap; without `runs` nothing is known about why, with 0 no run left a record."""
    why = gap.reason
    tried = (why.first, why.last) if why and why.code else (None, None)
    values = (
        account.name,
        account.tenant_id,
        str(gap.first),
        str(gap.last),
        gap.days,
        why and why.code,
        why and why.runs,
    )
    return dict(zip(GAP_NAMES, (*values, *tried), strict=True))


def _month_records(view: AccountView) -> Iterator[Record]:
    """Yield the months; amounts are exact decimals as text."""
    for one in view.closes():
        change = None if one.change is None else f"{one.change:f}"
        amounts = (f"{one.last.balance:f}", change, str(one.last.day), one.missed, one.complete)
        values = (view.account.name, view.account.tenant_id, month_of(one.last.day), one.last.currency, *amounts)
        yield dict(zip(MONTH_NAMES, values, strict=True))


def write_records(found: Tables, form: str, stream: IO[str]) -> None:
    """Write all tables as JSON, or the first as CSV."""
    if form == "csv":
        write_csv(*next(iter(found.values())), stream)
    else:
        write_json({title: _whole(*table) for title, table in found.items()}, stream)


def _whole(names: Sequence[str], records: Iterable[Record]) -> Iterator[Record]:
    return ({name: record.get(name) for name in names} for record in records)


def write_history(reader: HistoryReader, money: Money, form: str, stream: IO[str], *, by_month: bool) -> None:
    """Write the records; with CSV, the gaps are named on stderr."""
    write_records(tables(reader, money, by_month=by_month), form, stream)
    if form == "csv":
        for account, gap in reader.gaps:
            warn(f"{account.label}: missed: {gap}")


def write_file(reader: HistoryReader, money: Money, form: str, file: Path, *, by_month: bool, period: str) -> None:
    """Write the records as csv, json or xlsx, or the page, html, about this period.

    Raises:
        CommandFailed: it cannot be written.

    """
    with written_whole(file) as part:
        if form == "html":
            from cli.commands.history.page import page  # noqa: PLC0415 - matplotlib takes a second to import

            text = page(list(read_views(reader, money)), money, f"{period}. Written {utc_now():%Y-%m-%d %H:%M} UTC.")
            part.write_text(text, encoding="utf-8", newline="\n")
        elif form == "xlsx":
            from cli.commands.history.workbook import write_workbook  # noqa: PLC0415 - for workbooks alone

            write_workbook(part, tables(reader, money, by_month=by_month))
        else:
            with part.open("w", encoding="utf-8", newline="") as stream:
                write_history(reader, money, form, stream, by_month=by_month)
    missed = f"; {count(reader.missed_days, 'day')} missed" if reader.gaps else ""
    say(f"Written: {file}{missed}")
