"""The columns of a file of earlier history, whatever its format."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cli.commands.import_csv.csv_file import csv_lines
from cli.commands.import_csv.values import Value, Wrong
from cli.commands.import_csv.workbook import workbook_lines
from cli.support.failure import CommandFailed
from shared.history.row import COLUMNS

REQUIRED = ("SnapshotDate", "CurrencyCode", "BalanceAmount")
TAKEN_OVER = (
    "CurrencySymbol",
    "AccountingDate",
    "FirstInvoiceCreationDate",
    "LatestInvoiceDate",
    "LastPaymentDate",
    "LastPaymentAmount",
    "CreditLimit",
    "Details",
    "RetrievedAt",
)
"""Columns that go into the row as they are."""

OPTIONAL = ("PartitionKey", "AccountName", "BalanceText", *TAKEN_OVER)
"""Without PartitionKey (the tenant id) and AccountName the only configured account is meant."""

OWN = ("RowKey", "RequestId", "CorrelationId", "RunId", "Source", "SchemaVersion")
"""Columns of the row that the import makes itself: allowed in the file, so that an export can be read, and not taken over."""

WORKBOOK = ".xlsx"

Line = tuple[int, Sequence[Value | Wrong]]


@dataclass(frozen=True)
class Sheet:
    """A file's named columns and its lines, the empty ones left out; `unit` is what a line of it is called."""

    header: tuple[str, ...]
    lines: Iterator[Line]
    unit: str
    is_export: bool


def open_sheet(file: Path) -> Sheet:
    """Open a workbook or a CSV file.

    Raises:
        CommandFailed: it cannot be read, or its first line does not name the columns; also while the lines are read.

    """
    lines: Iterator[Line]
    if file.suffix.lower() == WORKBOOK:
        delimiter, lines = ",", workbook_lines(file)
    else:
        delimiter, lines = csv_lines(file)
    filled = (line for line in lines if any(value != "" for value in line[1]))
    header = tuple(str(name) for name in next(filled, (0, ()))[1])
    while header and header[-1] == "":
        header = header[:-1]
    _check(file, header)
    # Another separator than ours means that a spreadsheet has saved it since, in the way of its language.
    is_export = delimiter == "," and {column.name for column in COLUMNS} <= set(header)
    return Sheet(header, filled, "row" if file.suffix.lower() == WORKBOOK else "line", is_export)


def named(sheet: Sheet, values: Sequence[Value | Wrong]) -> dict[str, Value]:
    """Give each value its column's name.

    Raises:
        Wrong: too few or too many values, one in a column without a name, or a cell that holds no value.

    """
    extra = values[len(sheet.header) :]
    if any(value != "" for value in extra):
        if sheet.unit == "row":
            raise Wrong(f"column {len(sheet.header) + 1} has no name", "name it in the first row, or empty it")
        right = f"{len(sheet.header)}, as the first line has: a value with the separator in it needs quotes"
        raise Wrong(f"{len(values)} values", right)
    if len(values) < len(sheet.header):
        raise Wrong(f"{len(values)} values", f"{len(sheet.header)}, as the first {sheet.unit} has")
    row: dict[str, Value] = {}
    for number, (name, value) in enumerate(zip(sheet.header, values, strict=False), 1):
        if isinstance(value, Wrong):
            raise Wrong(value.wrong, value.right, name)
        if name:
            row[name] = value
        elif value != "":
            raise Wrong(f"column {number} has no name", f"name it in the first {sheet.unit}, or empty it")
    return row


def _check(file: Path, header: Sequence[str]) -> None:
    known = (*REQUIRED, *OPTIONAL, *OWN)
    named_ones = [name for name in header if name]
    wrong = [
        f"{what} {', '.join(map(repr, names))}"
        for what, names in (
            ("unknown:", [name for name in named_ones if name not in known]),
            ("missing:", [name for name in REQUIRED if name not in header]),
            ("more than once:", sorted({name for name in named_ones if header.count(name) > 1})),
        )
        if names
    ]
    if wrong:
        raise CommandFailed(
            f"The first line of {file} does not name the columns; {'; '.join(wrong)}.",
            f"Required: {', '.join(REQUIRED)}; optional: {', '.join(OPTIONAL)}. `import --template` prints an example.",
        )
