"""The history of balances: the table that Power BI reads and, where there is one, the archive that nobody can change."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from shared.errors import SnapshotError
from shared.history.row import Entity
from shared.history.table import AppendResult, HistoryTable


class History:
    """The table and its archive as one."""

    def __init__(self, table: HistoryTable, archive: HistoryTable | None = None) -> None:
        self._table = table
        self._archive = archive

    def rows_of(self, tenant_id: str, day: date) -> tuple[Entity, ...]:
        """Return the rows of a tenant and day; any means that the day is complete: its rows were inserted all at once.

        Raises:
            TableUnreachable, TableAccessDenied: by the table service's answer.

        """
        return self._table.rows_of(tenant_id, day)

    def append(self, rows: Sequence[Entity], run_id: str) -> AppendResult:
        """Append the rows of one tenant and day, to the archive first: what the archive has of the day goes into the table.

        Raises:
            TableUnreachable, TableAccessDenied, TableMissing: by the table service's answer; also when the archive has rows
                of the day that cannot be read. Any other error of the archive is returned.

        """
        archived, archive_error = self._append_to_archive(rows)
        return replace(self._table.append(archived, run_id), archive_error=archive_error)

    def _append_to_archive(self, rows: Sequence[Entity]) -> tuple[Sequence[Entity], SnapshotError | None]:
        """Return the day's rows, and what kept the archive from them."""
        if self._archive is None:
            return rows, None
        if archived := self.archived(rows):  # in whatever currency: one in another would not conflict
            return archived, None
        try:
            inserted = self._archive.insert(rows)
        except SnapshotError as error:
            archived = self.archived(rows)
            return (archived, None) if archived else (rows, error)
        # A conflict: the archived rows are the day's. Where they cannot be read the day fails, and a later run heals it.
        return rows if inserted else self._archive.existing(rows), None

    def archived(self, rows: Sequence[Entity]) -> Sequence[Entity]:
        """Return what the archive has of the day; nothing where that cannot be read."""
        try:
            return self._archive.day_of(rows) if self._archive else ()
        except SnapshotError:
            return ()
