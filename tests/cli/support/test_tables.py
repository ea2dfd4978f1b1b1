"""Reading pages, inserting batches and probing rights, against the real table service."""

from base64 import b64encode
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.support.tables import (
    LARGEST_BATCH,
    LARGEST_BATCH_CHARACTERS,
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
def table(cli: Cli, world: StandIn, place: Callable[[], TableContext]) -> OperatorTable:
    """Give the table, which does not exist yet."""
    cli.use(world.add_partner().environ)
    return place().table


def keys(rows: object) -> list[str]:
    """Return the rows' keys."""
    return [found["RowKey"] for found in rows]  # type: ignore[attr-defined] # rows


def test_a_table_that_does_not_exist_has_no_rows(table: OperatorTable) -> None:
    """Reading it is not an error, and says nothing about rights."""
    assert list(table.rows(Span())) == []
    assert list(table.tenants()) == []
    assert table.any_before(TENANT, TODAY) is False
    assert (table.exists(), table.may_insert()) == (False, None)


def test_a_span_is_cut_to_the_day(table: OperatorTable) -> None:
    """First and last day included, one tenant or all, and only the columns asked for."""
    table.insert(list(days(5)))
    table.insert([row(days_ago(3), tenant="other")])
    assert keys(table.rows(Span(TENANT, days_ago(4), days_ago(3)))) == [f"{days_ago(4)}_USD", f"{days_ago(3)}_USD"]
    assert len(keys(table.rows(Span(None, days_ago(3), days_ago(3))))) == 2
    assert next(table.rows(Span(TENANT), ["RowKey"])) == {"RowKey": f"{days_ago(5)}_USD"}
    assert (table.any_before(TENANT, days_ago(5)), table.any_before(TENANT, days_ago(4))) == (False, True)


def test_an_empty_page_does_not_end_a_search(table: OperatorTable, world: StandIn) -> None:
    """The service may give up a page without a row, and says where to go on."""
    table.insert([row(days_ago(1))])
    goes_on = {"x-ms-continuation-NextPartitionKey": b64encode(TENANT.encode()).decode()}
    world.faults.add("table", Status(200, '{"value": []}', goes_on), method="GET")
    assert table.any_before(TENANT, TODAY) is True


def test_every_tenant_with_a_row_is_found_once(table: OperatorTable) -> None:
    """In order; those that are known come first, in their own order, whether they have a row or not."""
    ids = [f"{digit}{number}111111-1111-4111-8111-111111111111" for digit in "0179af" for number in range(3)]
    for tenant in reversed(ids):
        table.insert([row(days_ago(1), tenant=tenant), row(days_ago(2), tenant=tenant)])
    assert list(table.tenants()) == ids
    assert list(all_tenants(["unread", ids[4]], table, table)) == ["unread", ids[4], *ids[:4], *ids[5:]]


def test_a_page_that_fails_is_asked_for_again(table: OperatorTable, world: StandIn) -> None:
    """From where the one before it ended: no row is lost or read twice."""
    made = list(days(1200))
    for batch in batches(made):
        table.insert_missing(batch)
    world.faults.add("table", Status(503), method="GET", skip=1)
    assert keys(table.rows(Span(TENANT))) == keys(made)


def test_a_batch_leaves_what_stands(table: OperatorTable) -> None:
    """The others of it are inserted one by one."""
    table.insert([row(days_ago(2), "1.00")])
    assert table.insert_missing([row(days_ago(number), "2.00") for number in (3, 2, 1)]) == 2
    assert [found["BalanceText"] for found in table.rows(Span(TENANT))] == ["2.00", "1.00", "2.00"]
    assert table.insert_missing([row(days_ago(2))]) == 0


def test_rights_are_told_without_a_trace(table: OperatorTable, world: StandIn) -> None:
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


def test_a_row_deleted_while_the_right_is_tried_comes_back_whole(
    table: OperatorTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never a row of keys alone, which the history could not be rid of."""
    table.insert([row(TODAY)])
    before, insert = list(table.rows(Span())), table.insert

    def deleted_meanwhile(rows: list[Entity]) -> bool:
        table._client.delete_entity(str(rows[0]["PartitionKey"]), str(rows[0]["RowKey"]))
        return insert(rows)

    monkeypatch.setattr(table, "insert", deleted_meanwhile)
    assert table.may_insert() is True
    assert list(table.rows(Span())) == before


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from((10, 400_000))), max_size=250))
def test_a_batch_is_what_a_transaction_takes(shapes: list[tuple[str, int]]) -> None:
    """One tenant, at most 100 rows, bounded in size; nothing is lost and the order stays."""
    rows: list[Entity] = [
        {"PartitionKey": tenant, "RowKey": str(number), "Details": "x" * size}
        for number, (tenant, size) in enumerate(sorted(shapes))
    ]
    cut = list(batches(rows))
    assert [found for batch in cut for found in batch] == rows
    for batch in cut:
        assert len({found["PartitionKey"] for found in batch}) == 1
        assert len(batch) <= LARGEST_BATCH
        assert len(batch) == 1 or sum(len(str(found["Details"])) for found in batch) <= LARGEST_BATCH_CHARACTERS
