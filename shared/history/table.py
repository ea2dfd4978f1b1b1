"""A table of the history: rows are read and appended, never changed. The insert's conflict decides who was first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from azure.core.exceptions import HttpResponseError
from azure.data.tables import TableClient

from shared.azure_services.call import azure_call, error_code, ids
from shared.errors import TableAccessDenied, TableMissing, TableUnreachable, Unexpected
from shared.history.row import Entity
from shared.net.retry import AZURE, Retry, TryAgain

T = TypeVar("T")

_FORBIDDEN = (401, 403)


@dataclass(frozen=True)
class Appended:
    """The rows that stand after an append; `inserted` when they are the ones given, not somebody else's earlier ones."""

    rows: tuple[Entity, ...]
    inserted: bool


class HistoryTable:
    """One table over a client that is handed in.

    `get_token` is called before each call, outside its time limits: it has the client's token ready, or says that the
    identity gives none, which would look like a table that does not answer.
    """

    def __init__(self, client: TableClient, retry: Retry, get_token: Callable[[], object]) -> None:
        self._client = client
        self._retry = retry
        self._get_token = get_token
        self._where = f"the table {client.table_name} at {client.url}"

    def rows_of(self, tenant_id: str, day: date) -> tuple[Entity, ...]:
        """Return the rows of a tenant and day, of all currencies; none when the table does not exist yet.

        Raises:
            TableUnreachable, TableAccessDenied: by the service's answer.

        """

        def query() -> tuple[Entity, ...]:
            # "_" ends the date in a RowKey and "`" is the character after it.
            bounds = {"tenant": tenant_id, "first": f"{day.isoformat()}_", "end": f"{day.isoformat()}`"}
            found = self._client.query_entities(
                "PartitionKey eq @tenant and RowKey ge @first and RowKey lt @end", parameters=bounds
            )
            return tuple(found)

        try:
            return self._call(query)
        except NoTable:
            return ()

    def append(self, rows: Sequence[Entity], run_id: str) -> Appended:
        """Insert the rows of one tenant and day, all or none; the table is made where there is none.

        A conflict keeps what stands. When that carries this run's id, an earlier attempt had succeeded and only its answer
        was lost (a retried insert's 409; see toil#579).

        Raises:
            TableUnreachable, TableAccessDenied, TableMissing: by the service's answer.

        """
        inserted = self.insert(rows)
        if inserted:
            return Appended(tuple(rows), inserted=True)
        first = rows[0]
        standing = self.rows_of(str(first["PartitionKey"]), date.fromisoformat(str(first["SnapshotDate"])))
        if not standing:
            raise TableUnreachable(
                f"{self._where}: the row was there when it was to be inserted, and gone when it was read"
            )
        return Appended(standing, inserted=all(row.get("RunId") == run_id for row in standing))

    def insert(self, rows: Sequence[Entity]) -> bool:
        """Insert the rows of one tenant, all or none; False when one of them stands already. The table is made if need be.

        Raises:
            TableUnreachable, TableAccessDenied, TableMissing: by the service's answer.

        """
        try:
            return self._call(lambda: self._insert(rows))
        except NoTable:
            self._create()
        try:
            return self._call(lambda: self._insert(rows))
        except NoTable:
            raise TableUnreachable(f"{self._where} was created and is not there yet") from None

    def _insert(self, rows: Sequence[Entity]) -> bool:
        try:
            if len(rows) == 1:
                self._client.create_entity(rows[0], response_preference="return-no-content")
            else:
                self._client.submit_transaction([("create", row) for row in rows])
        except HttpResponseError as error:
            # A single insert's conflict is a ResourceExistsError, a transaction's a TableTransactionError.
            if error_code(error) == "EntityAlreadyExists":
                return False
            raise
        return True

    def _create(self) -> None:
        try:
            self._call(self._client.create_table)
        except _ExistsError:
            return
        except TableAccessDenied as error:
            raise TableMissing(
                f"{self._where} does not exist and could not be created: {error.message}", ids=error.ids
            ) from error

    def _call(self, call: Callable[[], T]) -> T:
        def attempt() -> T:
            return azure_call(call, where=self._where, unreachable=TableUnreachable, refused=self._refused)

        self._get_token()
        return self._retry.call(attempt, AZURE, lambda why: TableUnreachable(f"{self._where}: {why}"))

    def _refused(self, error: HttpResponseError) -> Exception:
        """Tell the refusals apart.

        Source: https://learn.microsoft.com/rest/api/storageservices/table-service-error-codes
        """
        code = error_code(error)
        answer = f"{self._where}: the service answered {error.status_code} {code}".rstrip()
        match code:
            case "TableNotFound":
                return NoTable()
            case "TableAlreadyExists":
                return _ExistsError()
            case "TableBeingDeleted":
                return TryAgain(TableUnreachable(answer, ids=ids(error)))
        if error.status_code in _FORBIDDEN:
            return TableAccessDenied(answer, ids=ids(error))
        return Unexpected(answer, ids=ids(error))


class NoTable(Exception):
    """The table does not exist."""


class _ExistsError(Exception):
    """The table exists already."""
