"""Reading pages, inserting batches and probing permissions, against the real table service."""

from base64 import b64encode
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.support.tables import (
    MAX_BATCH_CHARACTERS,
    MAX_BATCH_ROWS,
    OperatorTable,
    TableContext,
    all_tenants,
    batches,
)
from shared.errors import TableAccessDenied
from shared.history.query import Span
from shared.history.row import Entity
from standin import StandIn
from standin.faults import Status
from tests.cli.conftest import Cli
from tests.support.rows import TENANT, TODAY, days, days_ago, row


@pytest.fixture
def table(cli: Cli, world: StandIn, connect: Callable[[], TableContext]) -> OperatorTable:
    """Return the table, which does not exist yet."""
    cli.use(world.add_partner().environ)
    return connect().table


def keys(rows: object) -> list[str]:
    """Return the rows' keys."""
    return [found["RowKey"] for found in rows]  # type: ignore[attr-defined] # rows


def test_a_table_that_does_not_exist_has_no_rows(table: OperatorTable) -> None:
    """Reading it is not an error, and proves nothing about permissions."""
    assert list(table.rows(Span())) == []
    assert list(table.tenants()) == []
    assert table.has_rows_before(TENANT, TODAY) is False
    assert (table.exists(), table.may_insert()) == (False, None)


def test_a_range_is_exact_to_the_day(table: OperatorTable) -> None:
    """The first and last day are included, for one tenant or all, with only the requested columns."""
    table.insert(list(days(5)))
    table.insert([row(days_ago(3), tenant="other")])
    assert keys(table.rows(Span(TENANT, days_ago(4), days_ago(3)))) == [f"{days_ago(4)}_USD", f"{days_ago(3)}_USD"]
    assert len(keys(table.rows(Span(None, days_ago(3), days_ago(3))))) == 2
    assert next(table.rows(Span(TENANT), ["RowKey"])) == {"RowKey": f"{days_ago(5)}_USD"}
    assert (table.has_rows_before(TENANT, days_ago(5)), table.has_rows_before(TENANT, days_ago(4))) == (False, True)


def test_an_empty_page_does_not_end_a_search(table: OperatorTable, world: StandIn) -> None:
    """The service may return a page without rows that says where to continue."""
    table.insert([row(days_ago(1))])
    goes_on = {"x-ms-continuation-NextPartitionKey": b64encode(TENANT.encode()).decode()}
    world.faults.add("table", Status(200, '{"value": []}', goes_on), method="GET")
    assert table.has_rows_before(TENANT, TODAY) is True


def test_every_tenant_with_a_row_is_found_once(table: OperatorTable) -> None:
    """In order. Known tenants come first, in their own order, whether they have rows or not."""
    ids = [f"{digit}{number}111111-1111-4111-8111-111111111111" for digit in "0179af" for number in range(3)]
    for tenant in reversed(ids):
        table.insert([row(days_ago(1), tenant=tenant), row(days_ago(2), tenant=tenant)])
    assert list(table.tenants()) == ids
    assert list(all_tenants(["unread", ids[4]], table, table)) == ["unread", ids[4], *ids[:4], *ids[5:]]


def test_a_failed_page_is_retried(table: OperatorTable, world: StandIn) -> None:
    """From where the previous page ended, so that no row is lost or read twice."""
    made = list(days(1200))
    for batch in batches(made):
        table.insert_missing(batch)
    world.faults.add("table", Status(503), method="GET", skip=1)
    assert keys(table.rows(Span(TENANT))) == keys(made)


def test_a_batch_keeps_existing_rows(table: OperatorTable) -> None:
    """The batch's other rows are inserted one by one."""
    table.insert([row(days_ago(2), "1.00")])
    assert table.insert_missing([row(days_ago(number), "2.00") for number in (3, 2, 1)]) == 2
    assert [found["BalanceText"] for found in table.rows(Span(TENANT))] == ["2.00", "1.00", "2.00"]
    assert table.insert_missing([row(days_ago(2))]) == 0


def test_permissions_are_probed_without_a_trace(table: OperatorTable, world: StandIn) -> None:
    """With an existing row, and with one that cannot exist."""
    table.insert([row(TODAY)])
    before = list(table.rows(Span()))
    rights = world.identity.user_assigned.table_rights
    assert (table.may_insert(), table.may_change()) == (True, True)
    rights -= {"add", "update"}
    assert (table.may_insert(), table.may_change()) == (False, False)
    assert list(table.rows(Span())) == before
    rights.clear()
    with pytest.raises(TableAccessDenied):
        table.may_insert()


def test_a_row_deleted_during_the_probe_comes_back_whole(table: OperatorTable, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row with nothing but keys, which could never be removed from the history, must not appear."""
    table.insert([row(TODAY)])
    before, insert = list(table.rows(Span())), table.insert

    def deleted_meanwhile(rows: list[Entity]) -> bool:
        table._client.delete_entity(str(rows[0]["PartitionKey"]), str(rows[0]["RowKey"]))
        return insert(rows)

    monkeypatch.setattr(table, "insert", deleted_meanwhile)
    assert table.may_insert() is True
    assert list(table.rows(Span())) == before


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from((10, 400_000))), max_size=250))
def test_a_batch_fits_a_transaction(shapes: list[tuple[str, int]]) -> None:
    """One tenant, at most 100 rows and a limited size; nothing is lost and the order stays."""
    rows: list[Entity] = [
        {"PartitionKey": tenant, "RowKey": str(number), "Details": "x" * size}
        for number, (tenant, size) in enumerate(sorted(shapes))
    ]
    cut = list(batches(rows))
    assert [found for batch in cut for found in batch] == rows
    for batch in cut:
        assert len({found["PartitionKey"] for found in batch}) == 1
        assert len(batch) <= MAX_BATCH_ROWS
        assert len(batch) == 1 or sum(len(str(found["Details"])) for found in batch) <= MAX_BATCH_CHARACTERS
