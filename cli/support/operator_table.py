"""A table of the history as an operator needs it: read page by page, filled in batches."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from azure.core import MatchConditions
from azure.data.tables import UpdateMode

from cli.support.streams import read_side_by_side
from shared.errors import TableAccessDenied, TableMissing
from shared.history.row import COLUMNS, Edm, Entity
from shared.history.table import HistoryTable
from shared.net.refusal import RefusedError

PAGE = 1000
"""Rows; the service gives no more at once."""

SIDE_BY_SIDE = 4
"""Tenants read at once. Each holds up to three pages of 1,000 rows, which are parsed side by side: 8 take 150 MiB, 4 take 137."""

LARGEST_BATCH = 100
LARGEST_BATCH_CHARACTERS = 1_000_000
"""A transaction takes 100 rows and 4 MiB, of which a character may take three bytes.

Source: https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions
"""

_NO_ROW = {"PartitionKey": "no-tenant", "RowKey": "no-day"}
_NO_ETAG = "W/\"datetime'2000-01-01T00%3A00%3A00.0000000Z'\""
_WOULD_CHANGE = ("ResourceNotFound", "UpdateConditionNotSatisfied")

_DOUBLES = tuple(column.name for column in COLUMNS if column.edm is Edm.DOUBLE)


@dataclass(frozen=True)
class Span:
    """A part of the history: one tenant's or all, from the first to the last day, both included; None means no limit."""

    tenant_id: str | None = None
    first: date | None = None
    last: date | None = None

    def query(self) -> tuple[str, dict[str, str]]:
        """Return the filter and its parameters. A RowKey begins with its date, and "`" is the character after "_"."""
        conditions = {
            "PartitionKey eq @tenant": self.tenant_id,
            "RowKey ge @first": f"{self.first}_" if self.first else None,
            "RowKey lt @end": f"{self.last}`" if self.last else None,
        }
        given = {condition: value for condition, value in conditions.items() if value is not None}
        return " and ".join(given), {condition.partition("@")[2]: value for condition, value in given.items()}


class OperatorTable(HistoryTable):
    """One table with what the function itself never needs.

    Raises TableUnreachable, TableAccessDenied and TableMissing by the service's answer; a missing table is read as empty.
    """

    def rows(self, span: Span, columns: Sequence[str] | None = None) -> Iterator[Entity]:
        """Yield the rows by tenant, day and currency, a page ahead; none of a table that does not exist."""
        for rows in read_side_by_side([self.pages(span, columns)], 1):
            yield from rows

    def pages(self, span: Span, columns: Sequence[str] | None = None) -> Iterator[list[Entity]]:
        """Yield the rows a page at a time, as each is fetched."""
        query, parameters = span.query()
        token: Any = None
        while True:
            page, token = self._page(query, parameters, columns, token)
            yield page
            if token is None:
                return

    def tenants(self) -> Iterator[str]:
        """Yield every tenant that has a row, in order.

        A tenant id is a GUID, so the sixteen ranges of its first digit are searched side by side.
        """
        ranges = pairwise(["", *"123456789abcdef", "~"])
        for found in read_side_by_side([self._tenants(above, below) for above, below in ranges], 16):
            yield from found

    def _tenants(self, above: str, below: str) -> Iterator[list[str]]:
        token: Any = None
        while True:
            bounds = {"above": above, "below": below}
            where = "PartitionKey gt @above and PartitionKey lt @below"
            page, token = self._page(where, bounds, ["PartitionKey"], token, size=1)
            if page:
                above, token = str(page[0]["PartitionKey"]), None
                yield [above]
            elif token is None:
                return

    def any_before(self, tenant_id: str, day: date) -> bool:
        """Whether the tenant has a row of an earlier day."""
        parameters = {"tenant": tenant_id, "day": f"{day.isoformat()}_"}
        page, _ = self._page("PartitionKey eq @tenant and RowKey lt @day", parameters, ["RowKey"], None, size=1)
        return bool(page)

    def insert_missing(self, rows: Sequence[Entity]) -> int:
        """Insert those rows of one tenant, a batch at most, that are missing, and return how many."""
        if self.insert(rows):
            return len(rows)
        return 0 if len(rows) == 1 else sum(self.insert([row]) for row in rows)

    def may_insert(self) -> bool | None:
        """Whether rows may be inserted, tried with one that exists; None without a row to try with."""
        page, _ = self._page("", {}, None, None, size=1)
        if not page:
            return None
        try:
            self.insert(page)  # whole: were it deleted meanwhile, it would be there again and not a row of keys alone
        except TableAccessDenied:
            return False
        return True

    def exists(self) -> bool:
        """Whether the table is there, asked by reading: who may not change rows is refused before a missing table is noticed."""
        try:
            self._call(lambda: next(self._client.query_entities("", results_per_page=1).by_page(), None))
        except TableMissing:
            return False
        return True

    def may_change(self) -> bool:
        """Whether rows may be changed too, tried with one that cannot exist."""

        def change() -> None:
            condition: dict[str, Any] = {"etag": _NO_ETAG, "match_condition": MatchConditions.IfNotModified}
            try:
                self._client.update_entity(dict(_NO_ROW), mode=UpdateMode.MERGE, **condition)
            except RefusedError as refused:
                if refused.refusal.code not in _WOULD_CHANGE:
                    raise

        try:
            self._call(change)
        except TableAccessDenied:
            return False
        return True

    def _page(
        self, query: str, parameters: dict[str, str], columns: Sequence[str] | None, token: Any, size: int = PAGE
    ) -> tuple[list[Entity], Any]:
        """Fetch one page: every attempt asks anew from the token, so that one out of time cannot disturb the next."""

        def fetch() -> tuple[list[Entity], Any]:
            select = None if columns is None else list(columns)
            found = self._client.query_entities(query, parameters=parameters, select=select, results_per_page=size)
            pages = found.by_page(token)
            page = [_with_doubles(dict(row)) for row in next(pages, ())]
            return page, getattr(pages, "continuation_token", None)

        try:
            return self._call(fetch)
        except TableMissing:
            return [], None


def _with_doubles(row: dict[str, Any]) -> Entity:
    """Make every Double a float: a whole one may be sent as an integer and would be written back as one."""
    for name in _DOUBLES:
        if type(row.get(name)) is int:
            row[name] = float(row[name])
    return row


def all_tenants(configured: Iterable[str], *tables: OperatorTable) -> list[str]:
    """Return the configured tenants in their order, then every other one that one of the tables has rows of."""
    ours = list(configured)
    return ours + sorted({tenant for table in tables for tenant in table.tenants()}.difference(ours))


def batches(rows: Sequence[Entity]) -> Iterator[list[Entity]]:
    """Cut rows, sorted by tenant, into batches of one tenant that one transaction takes."""
    batch: list[Entity] = []
    characters = 0
    for row in rows:
        size = sum(len(str(value)) for value in row.values())
        full = len(batch) == LARGEST_BATCH or characters + size > LARGEST_BATCH_CHARACTERS
        if batch and (full or batch[0]["PartitionKey"] != row["PartitionKey"]):
            yield batch
            batch, characters = [], 0
        batch.append(row)
        characters += size
    if batch:
        yield batch
