"""The history for programs: records of rows, months, gaps and runs, as CSV, JSON or workbook."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from cli.commands.history.account_view import MonthClose, month_of, read_views
from cli.commands.history.gaps import Gap
from cli.commands.history.reader import HistoryAccount, HistoryReader
from cli.support.files import written_whole
from cli.support.money import Money
from cli.support.records import Record, write_csv, write_json
from shared.history.row import COLUMNS

Tables = Mapping[str, tuple[Sequence[str], Iterable[Record]]]
"""Columns and records by table, each taken when those before it are written."""

ROW_NAMES = tuple(column.name for column in COLUMNS)
GAP_NAMES = ("account", "tenantId", "first", "last", "days", "code", "runs", "firstTried", "lastTried")
MONTH_NAMES = ("account", "tenantId", "month", "currency", "close", "change", "closedOn", "missedDays", "complete")


def tables(reader: HistoryReader, money: Money, *, by_month: bool) -> Tables:
    """Return the rows or months, and the gaps, which are complete when the others were taken."""
    gaps = (_gap_record(account, gap) for account, gap in reader.gaps)
    if by_month:
        months = (_month_record(view.account, one) for view in read_views(reader, money) for one in view.closes())
        return {"months": (MONTH_NAMES, months), "gaps": (GAP_NAMES, gaps)}
    rows = (item for _, items in reader.accounts(None) for item in items if not isinstance(item, Gap))
    return {"rows": (ROW_NAMES, rows), "gaps": (GAP_NAMES, gaps)}


def _gap_record(account: HistoryAccount, gap: Gap) -> Record:
    """Return a gap; without `runs` nothing is known about why, with 0 no run left a record."""
    values = (account.name, account.tenant_id, gap.first, gap.last, gap.days, *vars(gap.reason).values())
    return dict(zip(GAP_NAMES, values, strict=True))


def _month_record(account: HistoryAccount, one: MonthClose) -> Record:
    month = (month_of(one.last.day), one.last.currency, one.last.balance, one.change)
    values = (account.name, account.tenant_id, *month, one.last.day, one.missed, one.complete)
    return dict(zip(MONTH_NAMES, values, strict=True))


def write_records(found: Tables, form: str, stream: IO[str]) -> None:
    """Write the first table as csv, or all as json."""
    if form == "csv":
        write_csv(*next(iter(found.values())), stream)
    else:
        write_json({title: _whole(*table) for title, table in found.items()}, stream)


def _whole(names: Sequence[str], records: Iterable[Record]) -> Iterator[Record]:
    return ({name: record.get(name) for name in names} for record in records)


def write_file(found: Tables, file: Path) -> None:
    """Write a workbook, or records by the file's ending; raises CommandFailed."""
    with written_whole(file) as part:
        if file.suffix.lower() == ".xlsx":
            from cli.commands.history.workbook import write_workbook  # noqa: PLC0415 - for workbooks alone

            write_workbook(part, found)
        else:
            with part.open("w", encoding="utf-8", newline="") as stream:
                write_records(found, file.suffix[1:].lower(), stream)
