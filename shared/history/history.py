"""The balance history: the table that Power BI reads and, if configured, the archive that nobody can change."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from shared.errors import SnapshotError
from shared.history.row import Entity
from shared.history.table import AppendResult, HistoryTable


class History:
    """The table and its archive, used as one."""

    def __init__(self, table: HistoryTable, archive: HistoryTable | None = None) -> None:
        self._table = table
        self._archive = archive

    def rows_of(self, tenant_id: str, day: date) -> tuple[Entity, ...]:
        """Return the rows for a tenant and day. If there are any, the day is complete: its rows are inserted together.

        Raises:
            TableUnreachable, TableAccessDenied: depending on the table service's response.

        """
        return self._table.rows_of(tenant_id, day)

    def append(self, rows: Sequence[Entity], run_id: str) -> AppendResult:
        """Append the rows for one tenant and day to the archive first; the day's archived rows then go into the table.

        Raises:
            TableUnreachable, TableAccessDenied, TableMissing: depending on the table service's response; also if the
                archive has rows for the day that cannot be read. Any other archive error is returned.

        """
        archived, archive_error = self._append_to_archive(rows)
        return replace(self._table.append(archived, run_id), archive_error=archive_error)

    def _append_to_archive(self, rows: Sequence[Entity]) -> tuple[Sequence[Entity], SnapshotError | None]:
        """Return the day's rows, and why the archive copy failed, if it did."""
        if self._archive is None:
            return rows, None
        if archived := self.archived(rows):  # in any currency: a row in a different one would not conflict
            return archived, None
        try:
            inserted = self._archive.insert(rows)
        except SnapshotError as error:
            archived = self.archived(rows)
            return (archived, None) if archived else (rows, error)
        # On a conflict, the archived rows are the day's. If they cannot be read, the day fails until a later run.
        return rows if inserted else self._archive.existing(rows), None

    def archived(self, rows: Sequence[Entity]) -> Sequence[Entity]:
        """Return the archive's rows for the day; none if they cannot be read."""
        try:
            return self._archive.day_of(rows) if self._archive else ()
        except SnapshotError:
            return ()
