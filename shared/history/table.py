"""A table of the history: rows are read and appended, never changed. The insert's conflict decides who was first."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import UnionType
from typing import TypeVar

import requests
from azure.data.tables import TableClient

from shared.azure_services.call import library_call
from shared.azure_services.refusals import TABLE
from shared.errors import TableAccessDenied, TableMissing, TableUnreachable
from shared.history.row import COLUMNS, Edm, Entity
from shared.net.attempt import UnreadableAnswerError, current_attempt
from shared.net.refusal import RefusedError
from shared.net.retry import Retry
from shared.net.service import Call

T = TypeVar("T")

_TYPES: Mapping[Edm, type | UnionType] = {
    Edm.STRING: str,
    Edm.DOUBLE: int | float,
    Edm.DATETIME: datetime,
    Edm.INT32: int,
}
_CREATED = 204
_ACCEPTED = 202
_INSERTED = {b"201", b"204"}  # inside a transaction the row may come back
_INNER_STATUS = re.compile(rb"^HTTP/1\.1 (\d{3})", re.MULTILINE)


@dataclass(frozen=True)
class InsertResult:
    """The day's rows after an append; `inserted` when they are the ones given, not somebody else's earlier ones."""

    rows: tuple[Entity, ...]
    inserted: bool


class HistoryTable:
    """One table, over the SDK's client.

    `get_token` is called before each call, outside its time limits: a missing token would look like a table that does
    not answer.
    """

    def __init__(
        self, client: TableClient, retry: Retry, get_token: Callable[[], object], what: str = "the table"
    ) -> None:
        self._client = client
        self._retry = retry
        self._get_token = get_token
        self._where = f"{what} {client.table_name} at {client.url}"

    def rows_of(self, tenant_id: str, day: date) -> tuple[Entity, ...]:
        """Return the rows of a tenant and day, of all currencies; none when the table does not exist yet.

        Raises:
            TableUnreachable, TableAccessDenied: by the service's answer.

        """

        def query() -> tuple[Entity, ...]:
            # "_" ends the date in a RowKey and "`" is the character after it.
            bounds = {"tenant": tenant_id, "first": f"{day.isoformat()}_", "end": f"{day.isoformat()}`"}
            where = "PartitionKey eq @tenant and RowKey ge @first and RowKey lt @end"
            found = library_call(lambda: list(self._client.query_entities(where, parameters=bounds)))
            for row in found:
                _check_row(row, tenant_id, day)
            return tuple(found)

        try:
            return self._call(query)
        except TableMissing:
            return ()

    def append(self, rows: Sequence[Entity], run_id: str) -> InsertResult:
        """Insert the rows of one tenant and day, all or none; the table is made where there is none.

        On conflict the existing rows are kept. When they carry this run's id, an earlier attempt had succeeded and only its
        answer was lost (a retried insert's 409; see toil#579).

        Raises:
            TableUnreachable, TableAccessDenied, TableMissing: by the service's answer.

        """
        if self.insert(rows):
            return InsertResult(tuple(rows), inserted=True)
        existing = self.existing(rows)
        return InsertResult(existing, inserted=all(row.get("RunId") == run_id for row in existing))

    def existing(self, rows: Sequence[Entity]) -> tuple[Entity, ...]:
        """Return the rows with which an insert of these rows conflicted; raises as `rows_of`."""
        existing = self.day_of(rows)
        if not existing:
            raise TableUnreachable(
                f"{self._where}: the row was there when it was to be inserted, and gone when it was read"
            )
        return existing

    def day_of(self, rows: Sequence[Entity]) -> tuple[Entity, ...]:
        """Return what the table has of these rows' tenant and day; raises as `rows_of`."""
        return self.rows_of(str(rows[0]["PartitionKey"]), date.fromisoformat(str(rows[0]["SnapshotDate"])))

    def insert(self, rows: Sequence[Entity]) -> bool:
        """Insert the rows of one tenant, all or none; False when one of them exists already. A missing table is created.

        Raises:
            TableUnreachable, TableAccessDenied, TableMissing: by the service's answer.

        """
        try:
            return self._call(lambda: self._insert(rows))
        except TableMissing as error:
            self._create(error)
        try:
            return self._call(lambda: self._insert(rows))
        except TableMissing:
            raise TableUnreachable(f"{self._where} was just created and does not exist yet") from None

    def _insert(self, rows: Sequence[Entity]) -> bool:
        try:
            if len(rows) == 1:
                library_call(lambda: self._client.create_entity(rows[0], response_preference="return-no-content"))
                _believe(current_attempt().answer, _CREATED, 1)
            else:
                library_call(lambda: self._client.submit_transaction([("create", row) for row in rows]))
                _believe(current_attempt().answer, _ACCEPTED, len(rows))
        except RefusedError as refused:
            if refused.refusal.code == "EntityAlreadyExists":
                return False
            raise
        return True

    def _create(self, missing: TableMissing) -> None:
        def create() -> None:
            try:
                library_call(self._client.create_table)
            except RefusedError as refused:
                if refused.refusal.code != "TableAlreadyExists":
                    raise

        try:
            self._call(create)
        except TableAccessDenied as error:
            raise TableMissing(
                f"{self._where} does not exist and could not be created: {error.message}", ids=missing.ids
            ) from None

    def _call(self, attempt: Callable[[], T]) -> T:
        self._get_token()
        return self._retry.call(attempt, Call(TABLE, self._where))


def _check_row(row: Entity, tenant_id: str, day: date) -> None:
    """Check that a row is one of the history, of this tenant and day: only such a row completes the day."""
    key = {"PartitionKey": tenant_id, "RowKey": f"{day}_{row.get('CurrencyCode')}", "SnapshotDate": f"{day}"}
    if any(row.get(name) != value for name, value in key.items()):
        raise UnreadableAnswerError("its answer holds a row that is not a snapshot of the tenant and day asked for")
    for column in COLUMNS:
        if column.always and not isinstance(row.get(column.name), _TYPES[column.edm]):
            raise UnreadableAnswerError(f"the row {key['RowKey']} of {tenant_id} has no readable {column.name}")


def _believe(answer: requests.Response | None, status: int, rows: int) -> None:
    """Check that the answer is one that an insert gives: 204 and the row's ETag, or 202 with a 204 or 201 for each row of a transaction."""
    if answer is not None and answer.status_code == status:
        inner = _INNER_STATUS.findall(answer.content)
        if "ETag" in answer.headers if status == _CREATED else (len(inner) == rows and set(inner) <= _INSERTED):
            return
    shown = "nothing" if answer is None else str(answer.status_code)
    raise UnreadableAnswerError(f"it answered an insert with {shown}, which does not say that the rows were inserted")
