"""The rows of an Excel workbook's first sheet."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from cli.commands.import_csv.values import Value, Wrong
from cli.support.failure import CommandFailed


def workbook_lines(file: Path) -> Iterator[tuple[int, list[Value | Wrong]]]:
    """Yield each row's number with its values; a formula without a value and an error are a Wrong.

    Raises:
        CommandFailed: the file is not a workbook that can be read.

    """
    try:
        # One reading has what the formulas gave, the other tells a formula without a value from an empty cell.
        results, formulas = (load_workbook(file, read_only=True, data_only=data_only) for data_only in (True, False))
    except (OSError, BadZipFile, InvalidFileException, KeyError, ValueError) as error:
        raise CommandFailed(
            f"{file} cannot be read as an Excel workbook: {error}.",
            "Save it as .xlsx, without a password, or as CSV UTF-8.",
        ) from error
    try:
        sheets = results.worksheets[0].iter_rows(), formulas.worksheets[0].iter_rows()
        for number, (cells, written) in enumerate(zip(*sheets, strict=True), 1):
            yield number, [_value(cell, formula) for cell, formula in zip(cells, written, strict=True)]
    finally:
        results.close()
        formulas.close()


def _value(cell: Any, formula: Any) -> Value | Wrong:
    value = cell.value
    if cell.data_type == "e":
        return Wrong(f"the cell holds the error {value}", "correct the formula, or type the value")
    if value is None:
        if formula.data_type == "f":
            return Wrong("the cell holds a formula without a value", "open and save it in Excel, or type the value")
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return Decimal(repr(value))
    return value.strip() if isinstance(value, str) else value  # else a day or a time
