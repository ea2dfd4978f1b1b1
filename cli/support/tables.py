"""The table, its archive and the ledger for a command: read in pages, written in batches."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from heapq import merge
from itertools import chain, groupby, islice, pairwise
from typing import Annotated, Any

import typer
from azure.core import MatchConditions
from azure.data.tables import UpdateMode

from cli.support.concurrency import read_concurrently
from cli.support.interrupt import STOP
from shared.errors import TableAccessDenied, TableMissing
from shared.history.query import Query, Span, literal
from shared.history.row import Entity
from shared.history.table import HistoryTable
from shared.net.refusal import RefusedError
from shared.services import Services, open_services
from shared.settings.read import Settings

Write = Annotated[
    bool,
    typer.Option("--write", help="Insert the rows. Without it, the command only shows what it would do."),
]

TIME_LIMIT_SECONDS = 24 * 3600.0
"""Time limit for a command that processes years of history; each call has its own limits."""

MAX_CONCURRENT_RANGES, MAX_CONCURRENT_TENANTS = 16, 6
"""Tenant ranges searched and tenants read concurrently: about 125 MiB with ten years of history for each tenant."""

MAX_BATCH_ROWS = 100
MAX_BATCH_CHARACTERS = 1_000_000
"""A transaction is limited to 100 rows and 4 MiB, and a character may take three bytes.

Source: https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions
"""

_MISSING_ROW = {"PartitionKey": "no-tenant", "RowKey": "no-day"}
_OLD_ETAG = "W/\"datetime'2000-01-01T00%3A00%3A00.0000000Z'\""
_CHANGE_PERMITTED = ("ResourceNotFound", "UpdateConditionNotSatisfied")


class OperatorTable(HistoryTable):
    """A table with operations that the function does not need.

    Raises TableUnreachable, TableAccessDenied or TableMissing, depending on the service's response.
    """

    def rows(self, span: Span, columns: Sequence[str] | None = None) -> Iterator[Entity]:
        """Yield the rows in order of tenant, day and currency; none if the table does not exist."""
        return chain.from_iterable(self.pages(span, columns))

    def by_tenant(
        self,
        tenants: Iterable[str],
        first: date | None = None,
        last: date | None = None,
        columns: Sequence[str] | None = None,
    ) -> Iterator[tuple[str, Iterator[Entity]]]:
        """Yield each tenant with its rows, in this order. Later tenants are read ahead; use a tenant's rows before the next."""
        read = read_concurrently(
            tenants, lambda tenant: self.pages(Span(tenant, first, last), columns), MAX_CONCURRENT_TENANTS
        )
        return ((tenant, chain.from_iterable(pages)) for tenant, pages in read)

    def tenants(self, exclude: Iterable[str] = ()) -> Iterator[str]:
        """Yield every tenant that has rows, except these, in order. The ranges between them are searched in parallel."""
        return self._search(["", *sorted(exclude), "~"], self._tenants)

    def _search(self, bounds: Sequence[str], search: Callable[[str, str], Iterator[str]]) -> Iterator[str]:
        for _, found in read_concurrently(pairwise(bounds), lambda ends: search(*ends), MAX_CONCURRENT_RANGES):
            yield from found

    def _tenants(self, above: str, below: str) -> Iterator[str]:
        """Yield the tenants in a range, often none. After the first tenant, each first digit of a GUID is a range of its own."""
        for tenant in islice(self._scan(above, below), 1):
            yield tenant
            digits = (digit for digit in "0123456789abcdef" if tenant < digit < below)
            yield from self._search([tenant, *digits, below], self._scan)

    def _scan(self, above: str, below: str) -> Iterator[str]:
        while rows := self._first(
            f"PartitionKey gt {literal(above)} and PartitionKey lt {literal(below)}", ["PartitionKey"]
        ):
            above = str(rows[0]["PartitionKey"])
            yield above

    def has_rows_before(self, tenant_id: str, day: date) -> bool:
        """Whether the tenant has a row for an earlier day."""
        return bool(self._first(f"PartitionKey eq {literal(tenant_id)} and RowKey lt '{day}_'", ["RowKey"]))

    def _first(self, where: str = "", columns: Sequence[str] | None = None) -> list[Entity]:
        """Return a list with the first row, or an empty list. An empty page may be followed by others."""
        return next(filter(None, self._pages(Query(where, columns, 1))), [])

    def insert_missing(self, rows: Sequence[Entity]) -> int:
        """Insert the missing ones of these rows (one tenant, one batch at most) and return how many."""
        if self.insert(rows):
            return len(rows)
        return 0 if len(rows) == 1 else sum(self.insert([row]) for row in rows)

    def may_insert(self) -> bool | None:
        """Whether rows may be inserted, tested with an existing row; None if the table is empty."""
        row = self._first()
        if not row:
            return None
        try:
            self.insert(row)  # the whole row: keys alone must not replace one that was just deleted
        except TableAccessDenied:
            return False
        return True

    def exists(self) -> bool:
        """Whether the table exists. Tested with a read: without write access, the service denies a write even to a missing table."""
        try:
            self._page(Query(size=1), {})
        except TableMissing:
            return False
        return True

    def may_change(self) -> bool:
        """Whether rows may also be changed, tested with a row that cannot exist."""

        def change() -> None:
            condition: dict[str, Any] = {"etag": _OLD_ETAG, "match_condition": MatchConditions.IfNotModified}
            try:
                self._client.update_entity(dict(_MISSING_ROW), mode=UpdateMode.MERGE, **condition)
            except RefusedError as refused:
                if refused.refusal.code not in _CHANGE_PERMITTED:
                    raise

        try:
            self._call(change)
        except TableAccessDenied:
            return False
        return True


@dataclass(frozen=True)
class TableContext:
    """The services and tables that a command uses."""

    services: Services
    table: OperatorTable
    archive: OperatorTable | None
    ledger: OperatorTable


@contextmanager
def open_tables(settings: Settings) -> Iterator[TableContext]:
    """Open the clients for one command and close them after it."""
    with open_services(settings, seconds=TIME_LIMIT_SECONDS, stop=STOP) as services:
        archive = services.open_table(OperatorTable, settings.archive_endpoint) if settings.archive_endpoint else None
        table = services.open_table(OperatorTable, settings.table_endpoint)
        ledger = services.open_ledger(OperatorTable)
        yield TableContext(services, table, archive, ledger)


def all_tenants(configured: Iterable[str], *tables: OperatorTable) -> Iterator[str]:
    """Yield the configured tenants in their order, then each other tenant that has rows in one of the tables."""
    known = list(configured)
    yield from known
    yield from (tenant for tenant, _ in groupby(merge(*(table.tenants(known) for table in tables))))


def batches(rows: Sequence[Entity]) -> Iterator[list[Entity]]:
    """Split rows, sorted by tenant, into batches for one transaction each, with one tenant per batch."""
    batch: list[Entity] = []
    characters = 0
    for row in rows:
        size = sum(len(str(value)) for value in row.values())
        full = len(batch) == MAX_BATCH_ROWS or characters + size > MAX_BATCH_CHARACTERS
        if batch and (full or batch[0]["PartitionKey"] != row["PartitionKey"]):
            yield batch
            batch, characters = [], 0
        batch.append(row)
        characters += size
    if batch:
        yield batch
