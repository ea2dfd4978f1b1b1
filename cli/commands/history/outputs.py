"""The history for programs: records of rows, months, gaps and runs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO

from cli.commands.history.account import COLUMNS_READ, AccountHistory, Reading
from cli.commands.history.gaps import Gap
from cli.commands.history.reader import HistoryReader
from cli.support.records import Record, write_records
from shared.history.row import COLUMNS

Tables = Mapping[str, tuple[Sequence[str], Iterable[Record]]]
"""Each table's columns and records. Consume them in this order."""

ROW_NAMES = tuple(column.name for column in COLUMNS)
GAP_NAMES = ("account", "tenantId", "first", "last", "days", "code", "runs", "firstTried", "lastTried")
MONTH_NAMES = ("account", "tenantId", "month", "currency", "close", "change", "closedOn", "missedDays", "complete")


def tables(reader: HistoryReader, *, by_month: bool) -> Tables:
    """Return the rows or months, and the gaps, which are complete once the others are consumed."""
    gaps = (_gap_record(account, gap) for account in reader.read for gap in account.gaps)
    if by_month:
        accounts = reader.accounts(COLUMNS_READ)
        months = (_month_record(account, *close) for account in accounts for close in account.closes())
        return {"months": (MONTH_NAMES, months), "gaps": (GAP_NAMES, gaps)}
    rows = (item for account in reader.accounts() for item in account.items if not isinstance(item, Gap))
    return {"rows": (ROW_NAMES, with_columns(ROW_NAMES, rows)), "gaps": (GAP_NAMES, gaps)}


def with_columns(names: Sequence[str], records: Iterable[Record]) -> Iterator[Record]:
    """Yield the records with exactly these members; missing ones are None."""
    return ({name: record.get(name) for name in names} for record in records)


def _gap_record(account: AccountHistory, gap: Gap) -> Record:
    """Return a gap's record. `runs` is None if the reason is unknown, 0 if no run left a record."""
    why = (gap.code, gap.runs, gap.first_tried, gap.last_tried)
    return dict(zip(GAP_NAMES, (account.name, account.tenant_id, gap.first, gap.last, gap.days, *why), strict=True))


def _month_record(account: AccountHistory, close: Reading, missed: int) -> Record:
    month = (f"{close.day:%Y-%m}", close.currency, close.balance, close.change)
    values = (account.name, account.tenant_id, *month, close.day, missed, close.ends_month)
    return dict(zip(MONTH_NAMES, values, strict=True))


def write_tables(found: Tables, form: str, stream: IO[str] | None = None) -> None:
    """Write the first table as csv, or all of them as json. The default stream is stdout."""
    names, records = next(iter(found.values()))
    write_records(form, names, records, {title: records for title, (_, records) in found.items()}, stream)
