"""The history as an Excel workbook: amounts are numbers, days are dates, and text stays text whatever it begins with."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell

from cli.support.failure import CommandFailed
from cli.support.records import Record

MAX_ROWS = 1_048_576
"""The limit of a sheet, including its header."""

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_YEARS = range(1900, 9999)
"""Years that Excel can show; it would round the last second of 9999 up."""


def write_workbook(file: Path, tables: Mapping[str, tuple[Sequence[str], Iterable[Record]]]) -> None:
    """Write one sheet per table, with a header and a row per record. The tables are consumed in their order.

    Raises:
        CommandFailed: there are too many rows for a sheet.

    """
    book = Workbook(write_only=True)
    for title, (names, records) in tables.items():
        sheet = book.create_sheet(title)
        sheet.freeze_panes = "A2"
        sheet.sheet_format.defaultColWidth = 20
        sheet.append(names)
        for number, record in enumerate(records, 2):
            if number > MAX_ROWS:
                raise CommandFailed(
                    f"There are more rows than the {MAX_ROWS:,} that an Excel sheet can hold.",
                    "Choose a shorter period, or write a .csv file.",
                )
            sheet.append([_cell(sheet, name, record.get(name)) for name in names])
    book.save(file)


def _cell(sheet: Any, name: str, value: Any) -> Cell:
    """Return the cell for a record's value."""
    if name == "SnapshotDate":
        value = date.fromisoformat(value)
    if isinstance(value, date) and value.year not in _YEARS:
        value = value.isoformat()
    if isinstance(value, datetime):
        value = value.astimezone(UTC).replace(tzinfo=None)
    if isinstance(value, str):
        value = _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", value)
    cell: Cell = WriteOnlyCell(sheet, value)
    if isinstance(value, str):
        cell.data_type = "s"  # openpyxl treats text that begins with "=" as a formula
        cell.number_format = "@"
    elif isinstance(value, float | Decimal):
        cell.number_format = "#,##0.00###############"
    return cell
