"""The columns of a file of earlier history, whatever its format."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from cli.commands.import_csv.csv_file import csv_lines
from cli.commands.import_csv.values import DATES, Value, Wrong
from cli.commands.import_csv.workbook import workbook_rows
from cli.support.failure import CommandFailed
from shared.history.row import COLUMNS

REQUIRED = ("SnapshotDate", "CurrencyCode", "BalanceAmount")
NUMBERS = ("BalanceAmount", "LastPaymentAmount", "CreditLimit")
AMOUNTS = (*NUMBERS, "BalanceText")
SENT = ("CurrencySymbol", *DATES, "LastPaymentAmount", "Details")
"""What Partner Center sends beside the balance."""

OPTIONAL = ("PartitionKey", "AccountName", "BalanceText", *SENT, "CreditLimit", "RetrievedAt")
_OWN = ("RowKey", "RequestId", "CorrelationId", "RunId", "Source", "SchemaVersion")
"""Columns of the row that the import makes itself: allowed in the file, so that an export can be read, and not taken over."""

_WORKBOOK, _OLD_WORKBOOK = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"

Line = tuple[int, Sequence[Value | Wrong]]


@dataclass(frozen=True)
class Sheet:
    """A file's header and its lines, the empty ones left out; `unit` is what a line of it is called."""

    header: Sequence[str]
    lines: Iterator[Line]
    unit: str
    is_export: bool

    def named(self, values: Sequence[Value | Wrong]) -> dict[str, Value | Wrong]:
        """Give each value its column's name; raises Wrong for too few values, or one in a column without a name."""
        if len(values) < len(self.header) and self.unit == "line":
            raise Wrong(f"{len(values)} values: {len(self.header)}, as the first line has")
        for number, (name, value) in enumerate(zip_longest(self.header, values, fillvalue=""), 1):
            if value != "" and not name:
                hint = "; a value with the separator in it needs quotes" if self.unit == "line" else ""
                raise Wrong(f"column {number} has no name: name it in the first {self.unit}, or empty it{hint}")
        return {name: value for name, value in zip_longest(self.header, values, fillvalue="") if name}


def open_sheet(file: Path) -> Sheet:
    """Open a workbook or a CSV file, told apart by what it holds; raises CommandFailed, also while lines are read."""
    content = file.read_bytes()
    if content.startswith(_OLD_WORKBOOK):
        raise CommandFailed(
            "The file is an old Excel workbook (.xls) or has a password.", "Save it as .xlsx, without one."
        )
    lines: Iterable[Line]
    if content.startswith(_WORKBOOK):
        title, lines = workbook_rows(content)
        unit, delimiter, where = "row", ",", f"first row of the first sheet, {title!r},"
    else:
        delimiter, lines = csv_lines(content)
        unit, where = "line", "first line"
    filled = (line for line in lines if any(value != "" for value in line[1]))
    header = [str(name) for name in next(filled, (0, ()))[1]]
    while header and header[-1] == "":
        header.pop()
    _check(header, where)
    # Another separator than ours means that a spreadsheet has saved it since, in the way of its language.
    is_export = delimiter == "," and {column.name for column in COLUMNS} <= set(header)
    return Sheet(header, filled, unit, is_export)


def _check(header: Sequence[str], where: str) -> None:
    if not header:
        raise CommandFailed("The file is empty.", "`import --template` prints an example.")
    found = {
        "unknown": [name for name in header if name not in {*REQUIRED, *OPTIONAL, *_OWN, ""}],
        "missing": [name for name in REQUIRED if name not in header],
        "more than once": sorted({name for name in header if name and header.count(name) > 1}),
    }
    if wrong := "; ".join(f"{what}: {', '.join(map(repr, names))}"[:200] for what, names in found.items() if names):
        raise CommandFailed(
            f"The {where} does not name the columns; {wrong}.",
            f"Required: {', '.join(REQUIRED)}; optional: {', '.join(OPTIONAL)}. `import --template` prints an example.",
        )
