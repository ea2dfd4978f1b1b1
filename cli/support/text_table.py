"""A table of text for people, which a terminal shows as lines and a page as HTML."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

GAP = "  "


@dataclass(frozen=True)
class TextTable:
    """Cells under their headings; the columns of `right` are aligned to the right."""

    headings: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    right: frozenset[str]

    def without(self, *names: str) -> "TextTable":
        """Return the table without these columns."""
        kept = [number for number, name in enumerate(self.headings) if name not in names]
        headings, *rows = (tuple(row[number] for number in kept) for row in (self.headings, *self.rows))
        return TextTable(headings, rows, self.right)

    def newest_first(self) -> "TextTable":
        """Return the table with its last row first."""
        return TextTable(self.headings, self.rows[::-1], self.right)

    def lines(self) -> Iterator[str]:
        """Yield the headings and each row as a line, its cells padded to the width that a terminal shows."""
        rows = [self.headings, *self.rows]
        sizes = [[len(cell) if cell.isascii() else cell_len(cell) for cell in row] for row in rows]
        widths = [max(column) for column in zip(*sizes, strict=True)]
        right = [name in self.right for name in self.headings]
        for row, own in zip(rows, sizes, strict=True):
            cells = [
                " " * (width - size) + cell if pushed else cell + " " * (width - size)
                for cell, size, width, pushed in zip(row, own, widths, right, strict=True)
            ]
            yield GAP.join(cells).rstrip()
