"""A file of earlier history as numbered lines with named values, whatever its format."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from cli.commands.import_csv.csv_file import csv_lines
from cli.commands.import_csv.values import NOT_TAKEN, OPTIONAL, REQUIRED, Value, Wrong
from cli.commands.import_csv.workbook import workbook_rows
from cli.support.failure import CommandFailed
from shared.history.row import COLUMNS

_WORKBOOK, _OLD_WORKBOOK = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True)
class Sheet:
    """The header and the numbered lines of a file; `unit` is what one of them is called: a line, or a workbook's row."""

    unit: str
    header: Sequence[str]
    lines: Sequence[tuple[int, Sequence[Value]]]
    is_export: bool

    def named(self, values: Sequence[Value]) -> dict[str, Value]:
        """Give each value its column's name; raises Wrong for too few values, or one in a column without a name."""
        hint = "; a value with the separator in it needs quotes" if self.unit == "line" else ""
        if hint and len(values) < len(self.header):
            raise Wrong(f"{len(values)} values: {len(self.header)}, as the first line has")
        for number, (name, value) in enumerate(zip_longest(self.header, values, fillvalue=""), 1):
            if value != "" and not name:
                raise Wrong(f"column {number} has no name: name it in the first {self.unit}, or empty it{hint}")
        return {str(name): value for name, value in zip_longest(self.header, values, fillvalue="") if name}


def open_sheet(file: Path) -> Sheet:
    """Read a workbook or a CSV file, told apart by what it holds; raises CommandFailed."""
    content = file.read_bytes()
    if content.startswith(_OLD_WORKBOOK):
        raise CommandFailed(
            "The file is an old Excel workbook (.xls) or has a password.", "Save it as .xlsx, without one."
        )
    lines: Sequence[tuple[int, Sequence[Value]]]
    if content.startswith(_WORKBOOK):
        title, lines = workbook_rows(content)
        unit, delimiter, where = "row", ",", f"first row of the first sheet, {title!r},"
    else:
        delimiter, lines = csv_lines(content)
        unit, where = "line", "first line"
    (_, names), *filled = [line for line in lines if any(value != "" for value in line[1])] or [(0, [])]
    header = [str(name) for name in names]
    while header and header[-1] == "":
        header.pop()
    if not header:
        raise CommandFailed("The file is empty.", "`import --template` prints an example.")
    if wrong := "; ".join(_wrong(header)):
        raise CommandFailed(
            f"The {where} does not name the columns; {wrong}.",
            f"Required: {', '.join(REQUIRED)}; optional: {', '.join(OPTIONAL)}. `import --template` prints an example.",
        )
    # Another separator than ours means that a spreadsheet has saved it since, in the way of its language.
    is_export = delimiter == "," and {column.name for column in COLUMNS} <= set(header)
    return Sheet(unit, header, filled, is_export)


def _wrong(header: Sequence[str]) -> Iterator[str]:
    found = {
        "unknown": [name for name in header if name not in {*REQUIRED, *OPTIONAL, *NOT_TAKEN, ""}],
        "missing": [name for name in REQUIRED if name not in header],
        "more than once": sorted({name for name in header if name and header.count(name) > 1}),
    }
    return (f"{what}: {', '.join(map(repr, names))}"[:200] for what, names in found.items() if names)
