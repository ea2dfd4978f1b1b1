"""Reads a table's rows over the shared HTTP session, one page at a time.

The SDK's query parses every value several times, about 100 µs per row, which is too slow for years of history.
Source: https://learn.microsoft.com/rest/api/storageservices/query-entities and
https://learn.microsoft.com/rest/api/storageservices/payload-format-for-table-service-operations
"""

from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import format_datetime
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode
from uuid import UUID

import requests
from azure.data.tables import EdmType, EntityProperty

from shared.history.row import COLUMNS, Edm, Entity
from shared.net.attempt import UnreadableAnswerError, current_attempt
from shared.net.http_session import HttpSession
from shared.net.service import INTERMEDIARY_REMEDY

MAX_PAGE_ROWS = 1000
"""The service returns no more rows at once."""

_TYPE = "@odata.type"
_CONTINUATION = ("NextPartitionKey", "NextRowKey")
_MICROSECONDS = len("2026-11-23T06:17:02.123456Z")
_DOUBLES = tuple(column.name for column in COLUMNS if column.edm is Edm.DOUBLE)


class ExactTime(datetime):
    """A time more precise than microseconds. The SDK writes it back unchanged, from `tables_service_value`."""

    tables_service_value: str


def _time(text: str) -> datetime:
    if not text.endswith("Z"):
        raise ValueError
    if len(text) <= _MICROSECONDS:
        return datetime.fromisoformat(text)
    exact = ExactTime.fromisoformat(text)
    exact.tables_service_value = text
    return exact


def _unchanged(value: Any) -> Any:
    return value


_READ: Mapping[str, Callable[[Any], Any]] = {
    "Edm.Binary": b64decode,
    "Edm.Boolean": _unchanged,
    "Edm.DateTime": _time,
    "Edm.Double": float,
    "Edm.Guid": UUID,
    "Edm.Int32": _unchanged,
    "Edm.Int64": lambda digits: EntityProperty(int(digits), EdmType.INT64),
    "Edm.String": _unchanged,
}
"""How a value is read whose type is named; the others are JSON's own."""


@dataclass(frozen=True)
class Span:
    """A part of the history: one tenant or all, from the first to the last day inclusive. None means no limit."""

    tenant_id: str | None = None
    first: date | None = None
    last: date | None = None

    @property
    def where(self) -> str:
        """The filter. A RowKey begins with its date, and "`" is the character after "_"."""
        conditions = (
            self.tenant_id is not None and f"PartitionKey eq {literal(self.tenant_id)}",
            self.first and f"RowKey ge '{self.first}_'",
            self.last and f"RowKey lt '{self.last}`'",
        )
        return " and ".join(condition for condition in conditions if condition)


class Page(NamedTuple):
    """Rows, and the parameters that request the next page; None after the last page."""

    rows: list[Entity]
    after: Mapping[str, str] | None


@dataclass(frozen=True)
class Query:
    """What to read: the filter (empty: all rows), the columns (None: all), and the maximum number of rows per page."""

    where: str = ""
    columns: Sequence[str] | None = None
    size: int = MAX_PAGE_ROWS

    def parameters(self) -> dict[str, str]:
        """Return the query string's parameters."""
        given = {"$top": str(self.size), "$filter": self.where, "$select": ",".join(self.columns or ())}
        return {name: value for name, value in given.items() if value}


def literal(text: str) -> str:
    """Quote a text for use in a filter."""
    return "'" + text.replace("'", "''") + "'"


def read_page(session: HttpSession, url: str, token: str, query: Query, after: Mapping[str, str]) -> Page:
    """Fetch the table page that follows `after` (empty: the first one). Values have the types that the SDK returns.

    Raises:
        CallError: as raised by the session; UnreadableAnswerError also if the response is not a page of rows.

    """
    parameters = urlencode({**query.parameters(), **after}, quote_via=quote)
    headers = {
        "Accept": "application/json;odata=minimalmetadata",
        "Authorization": f"Bearer {token}",
        "DataServiceVersion": "3.0",
        "x-ms-date": format_datetime(session.now().astimezone(UTC), usegmt=True),
        "x-ms-version": "2019-02-02",
    }
    response = session.get(f"{url}?{parameters}", headers=headers)
    named = {name: response.headers.get(f"x-ms-continuation-{name}") for name in _CONTINUATION}
    following = {name: value for name, value in named.items() if value} or None
    if following == after:
        raise UnreadableAnswerError("the response points back to the same page", remedy=INTERMEDIARY_REMEDY)
    members = current_attempt().members if response.status_code == requests.codes.ok else None
    try:
        rows: list[Entity] = [_row(row) for row in (members or {})["value"]]
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        raise UnreadableAnswerError(f"the response ({response.status_code}) is not a page of rows") from None
    return Page(rows, following)


def _row(members: dict[str, Any]) -> dict[str, Any]:
    """Read a row. Columns that it does not have are null when they are selected; a whole Double may come as an integer."""
    row = {name: value for name, value in members.items() if value is not None and "odata." not in name}
    row.pop("Timestamp", None)
    for name, kind in members.items():
        if name.endswith(_TYPE) and (of := name.removesuffix(_TYPE)) in row:
            row[of] = _READ[kind](row[of])
    for name in _DOUBLES:
        if type(row.get(name)) is int:
            row[name] = float(row[name])
    return row
