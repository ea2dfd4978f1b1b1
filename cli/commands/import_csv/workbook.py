"""The rows of an Excel workbook's first sheet."""

import warnings
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from math import isclose
from typing import Any

from openpyxl import load_workbook

from cli.commands.import_csv.values import Value, Wrong
from cli.support.console import warn
from cli.support.failure import CommandFailed
from shared.net.foreign_text import one_line


def workbook_rows(content: bytes) -> tuple[str, list[tuple[int, list[Value]]]]:
    """Return the sheet's title, and each row's number with its values; a cell that holds none is a Wrong."""
    try:
        with warnings.catch_warnings(action="ignore"):  # of styles, which do not matter here
            # One reading has what the formulas gave, the other tells a formula without a value from an empty cell.
            books = [load_workbook(BytesIO(content), read_only=True, data_only=values) for values in (True, False)]
            sheets = [next(one for one in book.worksheets if one.sheet_state == "visible") for book in books]
            for sheet in sheets:
                sheet.reset_dimensions()  # where a workbook states them wrongly, rows would be lost or made up
            pairs = zip(*(sheet.iter_rows() for sheet in sheets), strict=True)
            if len(books[0].worksheets) > 1:
                warn(f"only the first visible sheet is read: {sheets[0].title!r}")
            return str(sheets[0].title), [(number, list(map(_value, *cells))) for number, cells in enumerate(pairs, 1)]
    except Exception as error:
        raise CommandFailed(
            f"The file cannot be read as an Excel workbook: {type(error).__name__}: {one_line(error, 200)}.",
            "Open it and save it again as Excel Workbook (.xlsx, not Strict Open XML), without a password, or as CSV UTF-8.",
        ) from error


def _value(cell: Any, formula: Any) -> Value:
    value = cell.value
    if cell.data_type == "e":
        return Wrong(f"the cell holds the error {value}: correct the formula, or type the value")
    if value is None and formula.data_type == "f":
        return Wrong("the cell holds a formula without a value: open and save it in Excel, or type the value")
    if isinstance(value, int | float) and not isinstance(value, bool):
        if "%" in cell.number_format:
            return Wrong(f"the cell holds a percentage, {value:.2%}: a number in a number format")
        digits = f"{value:.15g}"  # as Excel shows it; the difference is what its arithmetic left over
        return Decimal(digits if isclose(float(digits), value, rel_tol=1e-15) else repr(value))
    if isinstance(value, datetime):
        return value.isoformat().removesuffix("T00:00:00")
    return "" if value is None else str(value).strip()
