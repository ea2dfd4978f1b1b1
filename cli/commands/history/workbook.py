"""The history as an Excel workbook: amounts are numbers, days are days, and text is text whatever it begins with."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from cli.support.failure import CommandFailed
from cli.support.files import written_whole
from cli.support.records import Record

MOST_ROWS = 1_048_576
"""Of a sheet, its header included."""

_FIRST_YEAR = 1900
_WIDEST = 24
_FORMATS = {"text": "@", "day": "yyyy-mm-dd", "time": "yyyy-mm-dd hh:mm:ss", "amount": "#,##0.00###############"}
_DAY_COLUMNS = frozenset({"SnapshotDate", "first", "last", "closedOn"})
_AMOUNT_COLUMNS = frozenset({"close", "change"})


def write_workbook(file: Path, sheets: Mapping[str, tuple[Sequence[str], Iterable[Record]]]) -> None:
    """Write a sheet per name, each with a header and a line per record, taken when the sheets before it are written.

    Raises:
        CommandFailed: the file cannot be written, or a sheet cannot hold so many rows.

    """
    with written_whole(file) as part:
        book = Workbook(write_only=True)
        for title, (names, records) in sheets.items():
            sheet = book.create_sheet(title)
            _fill(sheet, names, records)
        book.save(part)


def _fill(sheet: WriteOnlyWorksheet, names: Sequence[str], records: Iterable[Record]) -> None:
    sheet.freeze_panes = "A2"
    for number, name in enumerate(names, 1):
        sheet.column_dimensions[get_column_letter(number)].width = min(_WIDEST, len(name) + 4)  # type: ignore[attr-defined] # missing in the stubs
    header = [_cell(sheet, name, "text") for name in names]
    for cell in header:
        cell.font = Font(bold=True)
    sheet.append(header)
    for number, record in enumerate(records, 2):
        if number > MOST_ROWS:
            raise CommandFailed(
                f"An Excel sheet holds {MOST_ROWS:,} rows and there are more.", "Choose fewer, or write a .csv file."
            )
        sheet.append([_typed(sheet, name, record.get(name)) for name in names])


def _typed(sheet: WriteOnlyWorksheet, name: str, value: Any) -> Cell | None:
    """Return the cell of a value, by its column and type."""
    if value is None:
        return None
    if name in _DAY_COLUMNS:
        value = date.fromisoformat(value)
    elif name in _AMOUNT_COLUMNS:
        value = float(value)
    if isinstance(value, date) and value.year < _FIRST_YEAR:
        value = value.isoformat()  # Excel counts its days from 1900
    match value:
        case datetime():
            return _cell(sheet, value.astimezone(UTC).replace(tzinfo=None), "time")
        case date():
            return _cell(sheet, value, "day")
        case float():
            return _cell(sheet, value, "amount")
        case str():
            return _cell(sheet, ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", value), "text")
    return _cell(sheet, value, "General")


def _cell(sheet: WriteOnlyWorksheet, value: Any, kind: str) -> Cell:
    cell: Cell = WriteOnlyCell(sheet, value)
    if isinstance(value, str):
        cell.data_type = "s"  # openpyxl takes what begins with "=" for a formula
    cell.number_format = _FORMATS.get(kind, kind)
    return cell
