"""Reads a CSV file or workbook of earlier history into numbered lines of values."""

import codecs
import csv
import io
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import zip_longest
from math import isclose
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from cli.commands.import_csv.values import GENERATED, OPTIONAL, REQUIRED, InvalidValue, Value
from cli.support.console import count, warn
from cli.support.failure import CommandFailed
from shared.history.row import COLUMNS
from shared.net.foreign_text import one_line

_WORKBOOK, _OLD_WORKBOOK = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_DELIMITERS = ",;\t|"
_SEP_LINE = re.compile(rf'"?sep=([{_DELIMITERS}])"?(?=[\r\n]|$)', re.IGNORECASE)
_SAVE_AS_UTF8 = "Save it as UTF-8 (in Excel: CSV UTF-8)."


@dataclass(frozen=True)
class Sheet:
    """A file's header and numbered lines; `unit` is the word for one of them: line, or row in a workbook."""

    unit: str
    header: Sequence[str]
    lines: Sequence[tuple[int, Sequence[Value]]]
    is_export: bool

    def named(self, values: Sequence[Value]) -> dict[str, Value]:
        """Return values by column name; raises InvalidValue for too few values, or a value in a column without a name."""
        hint = "; quote a value that contains the separator" if self.unit == "line" else ""
        if hint and len(values) < len(self.header):
            raise InvalidValue(f"{count(len(values), 'value')}, but the first line names {len(self.header)} columns")
        for number, (name, value) in enumerate(zip_longest(self.header, values, fillvalue=""), 1):
            if value != "" and not name:
                raise InvalidValue(f"column {number} has no name: name it in the first {self.unit}, or empty it{hint}")
        return {str(name): value for name, value in zip_longest(self.header, values, fillvalue="") if name}


def open_sheet(file: Path) -> Sheet:
    """Read a workbook or a CSV file, recognized by its content; raises CommandFailed."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise CommandFailed(f"{file} cannot be read: {error.strerror or error}.", "Import a copy of it.") from error
    if content.startswith(_OLD_WORKBOOK):
        raise CommandFailed(
            "The file is an old .xls workbook or has a password.", "Save it as .xlsx without a password."
        )
    if content.startswith(_WORKBOOK):
        title, lines = _workbook_rows(content)
        unit, delimiter, where = "row", ",", f"first row of sheet {title!r}"
    else:
        delimiter, lines = _csv_lines(content)
        unit, where = "line", "first line"
    (_, names), *filled = [line for line in lines if any(value != "" for value in line[1])] or [(0, [])]
    header = [str(name) for name in names]
    while header and header[-1] == "":
        header.pop()
    if not header:
        raise CommandFailed("The file is empty.", "`import --template` prints an example.")
    found = {
        "unknown": [name for name in header if name not in {*REQUIRED, *OPTIONAL, *GENERATED, ""}],
        "missing": [name for name in REQUIRED if name not in header],
        "more than once": sorted({name for name in header if name and header.count(name) > 1}),
    }
    if wrong := "; ".join(f"{what}: {', '.join(map(repr, names))}"[:200] for what, names in found.items() if names):
        raise CommandFailed(
            f"The columns in the {where} are wrong; {wrong}.",
            f"Required: {', '.join(REQUIRED)}; optional: {', '.join(OPTIONAL)}; no others. `import --template` prints an example.",
        )
    # A separator other than ours means that a spreadsheet program has saved the file in its own language's format.
    is_export = delimiter == "," and {column.name for column in COLUMNS} <= set(header)
    return Sheet(unit, header, filled, is_export)


def _csv_lines(content: bytes) -> tuple[str, Sequence[tuple[int, Sequence[Value]]]]:
    """Return the delimiter, and each line's number and values; raises CommandFailed for invalid CSV."""
    text = _decode(content).rstrip().removesuffix("\x1a")
    if sep_line := _SEP_LINE.match(text):
        text = text[sep_line.end() :]
    header = next((line for line in text.splitlines() if line.strip(_DELIMITERS + " ")), "")
    delimiter = sep_line[1] if sep_line else max(_DELIMITERS, key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    lines, number = [], 1
    try:
        for values in reader:
            lines.append((number, [value.strip() for value in values]))
            number = reader.line_num + 1
    except csv.Error as error:
        raise CommandFailed(
            f"The file is not valid CSV at line {number}: {error}.", "Close every quote, or import an .xlsx file."
        ) from error
    return delimiter, lines


def _decode(content: bytes) -> str:
    bom = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and content[2:4] != b"\0\0"
    if b"\0" in content and not bom:
        raise CommandFailed("The file looks like UTF-16 without a byte order mark, or is not text.", _SAVE_AS_UTF8)
    try:
        return content.decode("utf-16" if bom else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise CommandFailed(f"Line {line} of the file is not valid UTF-{16 if bom else 8}.", _SAVE_AS_UTF8) from None


def _workbook_rows(content: bytes) -> tuple[str, Sequence[tuple[int, Sequence[Value]]]]:
    """Return the sheet's title, and each row's number and values; a cell without a usable value is an InvalidValue."""
    try:
        with warnings.catch_warnings(action="ignore"):  # about styles, which do not matter here
            # The first reading has the formulas' results; the second distinguishes a formula without a result from an empty cell.
            books = [load_workbook(io.BytesIO(content), read_only=True, data_only=values) for values in (True, False)]
            sheets = [next(sheet for sheet in book.worksheets if sheet.sheet_state == "visible") for book in books]
            for sheet in sheets:
                sheet.reset_dimensions()  # wrong dimensions in a workbook would lose or invent rows
            pairs = zip(*(sheet.iter_rows() for sheet in sheets), strict=True)
            if len(books[0].worksheets) > 1:
                warn(f"only the first visible sheet is read: {sheets[0].title!r}")
            return str(sheets[0].title), [(number, list(map(_value, *cells))) for number, cells in enumerate(pairs, 1)]
    except Exception as error:
        raise CommandFailed(
            f"The file cannot be read as an Excel workbook: {one_line(error, 200) or 'it has no visible sheet'}.",
            "Open it and save it again as Excel Workbook (.xlsx, not Strict Open XML), without a password, or as CSV UTF-8.",
        ) from error


def _value(cell: Any, formula: Any) -> Value:
    value = cell.value
    if cell.data_type == "e":
        return InvalidValue(f"the cell holds the error {value}: correct the formula, or type the value")
    if value is None and formula.data_type == "f":
        return InvalidValue("the cell holds a formula without a value: open and save it in Excel, or type the value")
    if isinstance(value, int | float) and not isinstance(value, bool):
        if "%" in cell.number_format:
            return InvalidValue(f"the cell holds a percentage, {value:.2%}: use a number format")
        rounded = round(value, 9)  # removes binary rounding errors, which Excel does not show
        return Decimal(repr(rounded if isclose(rounded, value, rel_tol=1e-15) else value))
    if isinstance(value, datetime):
        return value.isoformat().removesuffix("T00:00:00")
    return "" if value is None else str(value).strip()
