"""A history table: rows are read and appended, never changed. An insert conflict decides which run was first."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import TypeVar

import requests
from azure.core.credentials import AccessToken
from azure.data.tables import TableClient

from shared.azure_services.call import library_call
from shared.azure_services.refusals import TABLE, TABLE_CREATION
from shared.errors import SnapshotError, TableAccessDenied, TableMissing, TableUnreachable
from shared.history.query import Page, Query, Span, read_page
from shared.history.row import COLUMNS, Entity
from shared.net.attempt import UnreadableAnswerError, current_attempt
from shared.net.http_session import HttpSession
from shared.net.refusal import RefusedError
from shared.net.retry import Retry
from shared.net.service import Call, Service

T = TypeVar("T")

_CREATED = 204
_ACCEPTED = 202
_INSERTED = {b"201", b"204"}  # a transaction may also return the row
_CHANGED = (
    "Something other than this job wrote or changed the row, or another service answers at this address. Check the day's rows. "
    "Fix or delete the bad row, and the next run will complete the day."
)
_INNER_STATUS = re.compile(rb"^HTTP/1\.1 (\d{3})", re.MULTILINE)


@dataclass(frozen=True)
class AppendResult:
    """The day's rows as stored. `recorded`: this run wrote them. `archive_error`: why the archive copy failed."""

    rows: tuple[Entity, ...]
    recorded: bool
    archive_error: SnapshotError | None = None


class HistoryTable:
    """One table: rows are written with the SDK's client and read directly over its HTTP session."""

    def __init__(
        self,
        client: TableClient,
        session: HttpSession,
        retry: Retry,
        get_token: Callable[[], AccessToken],
        what: str = "the table",
    ) -> None:
        self._client = client
        self._session = session
        self._retry = retry
        self._get_token = get_token
        self._where = f"{what} {client.table_name} at {client.url}"

    def rows_of(self, tenant_id: str, day: date) -> tuple[Entity, ...]:
        """Return the rows for a tenant and day in all currencies; none if the table does not exist yet.

        Raises:
            TableUnreachable, TableAccessDenied: depending on the service's response.

        """
        rows = tuple(chain.from_iterable(self.pages(Span(tenant_id, day, day))))
        for row in rows:
            if wrong := _row_problem(row, tenant_id, day):
                raise TableUnreachable(f"{self._where}: {wrong}", remedy=_CHANGED)
        return rows

    def pages(self, span: Span, columns: Sequence[str] | None = None) -> Iterator[list[Entity]]:
        """Yield the rows, ordered by tenant, day and currency, one page at a time; none if the table does not exist."""
        return self._pages(Query(span.where, columns))

    def _pages(self, query: Query) -> Iterator[list[Entity]]:
        after: Mapping[str, str] | None = {}
        while after is not None:
            try:
                rows, after = self._page(query, after)
            except TableMissing:
                return
            yield rows

    def _page(self, query: Query, after: Mapping[str, str]) -> Page:
        """Fetch one page. Each attempt sends a fresh request, so a timed-out one cannot interfere with the next."""
        url = f"{self._client.url}/{self._client.table_name}()"
        return self._call(lambda: read_page(self._session, url, self._get_token().token, query, after))

    def append(self, rows: Sequence[Entity], run_id: str) -> AppendResult:
        """Insert the rows for one tenant and day, all or none. A missing table is created.

        On a conflict, the existing rows stay. If they have this run's id, an earlier attempt succeeded and only its
        response was lost.

        Raises:
            TableUnreachable, TableAccessDenied, TableMissing: depending on the service's response.

        """
        if self.insert(rows):
            return AppendResult(tuple(rows), recorded=True)
        existing = self.existing(rows)
        return AppendResult(existing, recorded=all(row.get("RunId") == run_id for row in existing))

    def existing(self, rows: Sequence[Entity]) -> tuple[Entity, ...]:
        """Return the existing rows that conflicted with an insert of these; raises the same errors as `rows_of`."""
        existing = self.day_of(rows)
        if not existing:
            raise TableUnreachable(
                f"{self._where}: the insert failed because the row already existed, but the row was gone when read back"
            )
        return existing

    def day_of(self, rows: Sequence[Entity]) -> tuple[Entity, ...]:
        """Return the table's rows for these rows' tenant and day; raises the same errors as `rows_of`."""
        return self.rows_of(str(rows[0]["PartitionKey"]), date.fromisoformat(str(rows[0]["SnapshotDate"])))

    def insert(self, rows: Sequence[Entity]) -> bool:
        """Insert the rows for one tenant, all or none; False if one already exists. A missing table is created.

        Raises:
            TableUnreachable, TableAccessDenied, TableMissing: depending on the service's response.

        """
        try:
            return self._call(lambda: self._insert(rows))
        except TableMissing as error:
            self._create(error)
        try:
            return self._call(lambda: self._insert(rows))
        except TableMissing:
            raise TableUnreachable(f"{self._where} was just created but does not exist yet") from None

    def _insert(self, rows: Sequence[Entity]) -> bool:
        try:
            if len(rows) == 1:
                library_call(lambda: self._client.create_entity(rows[0], response_preference="return-no-content"))
                _require_inserted(current_attempt().answer, _CREATED, 1)
            else:
                library_call(lambda: self._client.submit_transaction([("create", row) for row in rows]))
                _require_inserted(current_attempt().answer, _ACCEPTED, len(rows))
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
            self._call(create, TABLE_CREATION)
        except TableAccessDenied as error:
            raise TableMissing(
                f"{self._where} does not exist and could not be created: {error.message}", ids=missing.ids
            ) from None

    def _call(self, attempt: Callable[[], T], service: Service = TABLE) -> T:
        return self._retry.call(attempt, Call(service, self._where))


def _row_problem(row: Entity, tenant_id: str, day: date) -> str | None:
    """Return why a row is not a valid snapshot for this tenant and day, or None: only a valid row completes the day."""
    key = {"PartitionKey": tenant_id, "RowKey": f"{day}_{row.get('CurrencyCode')}", "SnapshotDate": f"{day}"}
    if any(row.get(name) != value for name, value in key.items()):
        return "the response contains a row that is not a snapshot for the requested tenant and day"
    wrong = (column.problem_with(row.get(column.name)) for column in COLUMNS if column.always)
    return next((f"the row {key['RowKey']} of {tenant_id} is not a snapshot: {why}" for why in wrong if why), None)


def _require_inserted(answer: requests.Response | None, status: int, rows: int) -> None:
    """Check that an insert succeeded: 204 with an ETag, or for a transaction 202 with a 204 or 201 for each row."""
    if answer is not None and answer.status_code == status:
        inner = _INNER_STATUS.findall(answer.content)
        if "ETag" in answer.headers if status == _CREATED else (len(inner) == rows and set(inner) <= _INSERTED):
            return
    shown = "nothing" if answer is None else str(answer.status_code)
    raise UnreadableAnswerError(f"the response to the insert ({shown}) does not confirm that the rows were inserted")
