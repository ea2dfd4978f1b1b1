"""The history of balances: the table that Power BI reads and, where there is one, the archive that nobody can change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from shared.errors import SnapshotError
from shared.history.row import Entity
from shared.history.table import HistoryTable, InsertResult


@dataclass(frozen=True)
class AppendResult:
    """The rows that stand for the day, whether this run put them there, and what kept the archive from its copy."""

    rows: tuple[Entity, ...]
    recorded: bool
    archive_error: SnapshotError | None = None


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
        """Append the rows of one tenant and day, to the archive first: what stands there is the day's, and is not changed.

        Raises:
            TableUnreachable, TableAccessDenied, TableMissing: by the table service's answer; the archive's are returned.

        """
        archived, archive_error = self._append_to_archive(rows, run_id)
        appended = self._table.append(archived.rows, run_id)
        return AppendResult(appended.rows, appended.inserted, archive_error)

    def _append_to_archive(self, rows: Sequence[Entity], run_id: str) -> tuple[InsertResult, SnapshotError | None]:
        if self._archive is None:
            return InsertResult(tuple(rows), inserted=True), None
        try:
            inserted = self._archive.insert(rows)
        except SnapshotError as error:
            return self._archived_or(rows, error)
        if inserted:
            return InsertResult(tuple(rows), inserted=True), None
        # A conflict: the archived row is the day's. Where it cannot be read the day fails, and a later run heals it.
        return self._archive.append(rows, run_id), None

    def _archived_or(self, rows: Sequence[Entity], error: SnapshotError) -> tuple[InsertResult, SnapshotError | None]:
        """Return what the archive has of the day after an insert that did not succeed, else the rows and the error."""
        try:
            archived = self._archive.day_of(rows) if self._archive else ()
        except SnapshotError:
            archived = ()
        return (
            (InsertResult(archived, inserted=True), None)
            if archived
            else (InsertResult(tuple(rows), inserted=True), error)
        )
