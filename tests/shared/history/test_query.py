"""Rows read as the SDK reads them, from the real Azurite, and responses that are not a page of rows."""

import json
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest
from azure.data.tables import EdmType, EntityProperty
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from shared.errors import TableUnreachable
from shared.history.query import Span
from shared.history.row import COLUMNS, Edm, Entity
from shared.history.table import HistoryTable
from shared.net.service import INTERMEDIARY_REMEDY
from standin import StandIn
from standin.faults import Status
from tests.support.in_process import Meanwhile
from tests.support.samples import TENANT

MOMENTS = st.datetimes(datetime(1601, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis needs naive ones
TICKS = st.builds(
    lambda moment, digit: EntityProperty(f"{moment:%Y-%m-%dT%H:%M:%S.%f}{digit}Z", EdmType.DATETIME),
    MOMENTS,
    st.integers(0, 9),
)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
VALUES = st.one_of(
    TEXTS,
    st.sampled_from(["", "2026-11-23", "2026-11-23T06:17:02Z", "NaN", "1.0", "true", "null", "AQID"]),
    st.booleans(),
    st.integers(-(2**31), 2**31 - 1),
    st.integers(-(2**63), 2**63 - 1).map(lambda number: EntityProperty(number, EdmType.INT64)),
    st.floats(),
    st.integers(-9, 9).map(float),
    st.binary(max_size=20),
    st.uuids(),
    MOMENTS,
    TICKS,
)
CONTRACT = {
    Edm.STRING: TEXTS,
    Edm.DOUBLE: st.floats() | st.integers(-9, 9).map(float),
    Edm.DATETIME: MOMENTS | TICKS,
    Edm.INT32: st.integers(1, 9),
}
OWN = {column.name: CONTRACT[column.edm] for column in COLUMNS[2:]}
ROWS = st.builds(
    lambda own, foreign: own | foreign,
    st.fixed_dictionaries({}, optional=OWN),
    st.dictionaries(
        st.from_regex("[A-Z][A-Za-z0-9_]{3,8}", fullmatch=True).filter(lambda name: name not in OWN), VALUES
    ),
)


def exact(value: Any) -> tuple[object, str]:
    """Return a value in a form that distinguishes all values: NaN equals itself, and a time keeps the digits that the service sent."""
    if isinstance(value, datetime):
        sent = getattr(value, "tables_service_value", "") or f"{value:%Y-%m-%dT%H:%M:%S.%fZ}"
        return datetime, sent.rstrip("0Z")
    return type(value), repr(value)


def by_key(rows: Any) -> dict[str, dict[str, tuple[object, str]]]:
    """Return each row's values."""
    return {row["RowKey"]: {name: exact(value) for name, value in row.items()} for row in rows}


@settings(
    max_examples=15,
    deadline=None,
    phases=[Phase.generate],  # shrinking a failing example takes minutes, because each one goes through two tables
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(made=st.lists(ROWS, min_size=1, max_size=20))
def test_rows_are_read_as_the_sdk_reads_them_and_copied_unchanged(
    world: StandIn, table: HistoryTable, archive: HistoryTable, made: list[dict[str, Any]]
) -> None:
    """Every type in any column: digits beyond microseconds, NaN and whole Doubles, text that looks like another type."""
    world.table.clear()
    world.archive.clear()
    rows: list[Entity] = [{**row, "PartitionKey": TENANT, "RowKey": str(number)} for number, row in enumerate(made)]
    table.insert(rows)
    (page,) = table.pages(Span())
    archive.insert(page)
    sdk = by_key(table._client.list_entities())
    assert by_key(page) == sdk
    assert by_key(archive._client.list_entities()) == sdk


def response(*rows: object, status: int = 200, after: Sequence[str] = ()) -> Status:
    """Return a page with these rows, and the keys of the row with which the next one begins."""
    names = ("x-ms-continuation-NextPartitionKey", "x-ms-continuation-NextRowKey")
    headers = {name: b64encode(key.encode()).decode() for name, key in zip(names, after, strict=False)}
    return Status(status, json.dumps({"value": rows}), headers)


def test_the_request(world: StandIn, table: HistoryTable) -> None:
    """The columns, the maximum number of rows, and an HTTP date, which Azurite ignores."""
    asked: list[object] = []
    names = ("x-ms-date", "x-ms-version", "DataServiceVersion")
    note = Meanwhile(lambda request: asked.append((dict(request.query), *map(request.headers.get, names))))
    world.faults.add("table", note)
    assert list(table.pages(Span(), ["RowKey", "RunId"])) == []
    now = format_datetime(world.clock.now(), usegmt=True)
    assert asked == [({"$top": "1000", "$select": "RowKey,RunId"}, now, "2019-02-02", "3.0")]


def test_a_missing_value_in_a_selected_row_is_absent(world: StandIn, table: HistoryTable) -> None:
    """The real service sends null for it (https://github.com/Azure/Azurite/issues/2535), and may send a whole Double as an integer. The service's own members are not columns."""
    own = {"odata.etag": "W/x", "Timestamp": "2026-11-23T06:17:02Z", "Timestamp@odata.type": "Edm.DateTime"}
    own |= {"RowKey": "1", "RowKey@odata.type": "Edm.String"}
    world.faults.add("table", response({"BalanceAmount": 5, "CreditLimit": None, **own}))
    ((row,),) = table.pages(Span(), ["RowKey", "BalanceAmount", "CreditLimit"])
    assert row == {"RowKey": "1", "BalanceAmount": 5.0}
    assert isinstance(row["BalanceAmount"], float)


def test_an_empty_page_may_be_followed_by_others(world: StandIn, table: HistoryTable) -> None:
    """The service says where to continue, and the next request starts there. Quotes in a key do not end a string in the filter."""
    rows = [{"PartitionKey": tenant, "RowKey": key} for tenant in ("a", "b&+~~", "d'") for key in "12"]
    for row in rows:
        table.insert([row])
    world.faults.add("table", response(after=("b&+~~", "2")), method="GET")
    assert list(table.pages(Span())) == [[], rows[3:]]
    assert list(table.pages(Span("d'"))) == [rows[4:]]
    assert list(table.pages(Span("d' or PartitionKey ne '"))) == [[]]


def test_a_page_that_continues_where_it_began_is_refused(world: StandIn, table: HistoryTable) -> None:
    """Otherwise a cache that returns the same page every time would be read forever."""
    world.faults.add("table", response(after=["a"]), times=None)
    with pytest.raises(TableUnreachable, match="points back to the same page") as raised:
        list(table.pages(Span()))
    assert raised.value.remedy == INTERMEDIARY_REMEDY


@pytest.mark.parametrize(
    "wrong",
    [
        Status(200, "{}"),
        Status(200, '{"value": 1}'),
        response("row"),
        response(status=202),
        response({"A@odata.type": "Edm.Other", "A": "1"}),
        response({"A@odata.type": "Edm.DateTime", "A": "2026-11-23T06:17:02"}),
        response({"A@odata.type": "Edm.DateTime", "A": 5}),
        response({"A@odata.type": "Edm.Guid", "A": "1"}),
        response({"A@odata.type": "Edm.Double", "A": "much"}),
        response({"BalanceAmount": 10**400}),
    ],
    ids=lambda fault: f"{fault.status} {fault.body}"[:70],
)
def test_a_response_that_is_not_a_page_of_rows_is_refused(world: StandIn, table: HistoryTable, wrong: Status) -> None:
    """It is not read as an empty history or reported as our defect; a retry would not help."""
    world.faults.add("table", wrong)
    with pytest.raises(
        TableUnreachable,
        match=rf"the table partnerbalances at .*: the response \({wrong.status}\) is not a page of rows",
    ):
        list(table.pages(Span()))
