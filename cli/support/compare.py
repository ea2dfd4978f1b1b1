"""Two tables of the history, row by row in the order of their keys."""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.history.row import Entity


@dataclass(frozen=True)
class Pair:
    """A row of the table and the same row of the archive; None where it is missing."""

    table: Entity | None
    archive: Entity | None

    @property
    def row(self) -> Entity:
        """Return the row, from the side that has it."""
        row = self.table if self.table is not None else self.archive
        if row is None:
            raise ValueError("a pair of no rows")
        return row

    @property
    def tenant_id(self) -> str:
        """Return whose row it is."""
        return str(self.row["PartitionKey"])

    def differing(self) -> list[str]:
        """Return the columns in which the two rows differ; none when one of them is missing."""
        if self.table is None or self.archive is None:
            return []
        names = {*self.table, *self.archive}
        return sorted(name for name in names if self.table.get(name) != self.archive.get(name))

    def show(self, column: str) -> str:
        """Return the values of a column on either side."""
        sides = (("table", self.table), ("archive", self.archive))
        return f"{column} " + " / ".join(f"{name} {'-' if row is None else row.get(column)}" for name, row in sides)


def pairs(table: Iterator[Entity], archive: Iterator[Entity]) -> Iterator[Pair]:
    """Yield every row of both, those of the same key together; both have to come in the order of their keys."""
    mine, theirs = next(table, None), next(archive, None)
    while mine is not None or theirs is not None:
        if theirs is None or (mine is not None and _key(mine) < _key(theirs)):
            yield Pair(mine, None)
            mine = next(table, None)
        elif mine is None or _key(theirs) < _key(mine):
            yield Pair(None, theirs)
            theirs = next(archive, None)
        else:
            yield Pair(mine, theirs)
            mine, theirs = next(table, None), next(archive, None)


def _key(row: Entity) -> tuple[str, str]:
    return str(row["PartitionKey"]), str(row["RowKey"])
