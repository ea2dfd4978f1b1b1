"""The archive: a second table that gets every row first and that no key can empty."""

from collections.abc import Callable

import pytest
from azure.core.credentials import AzureNamedKeyCredential
from azure.data.tables import TableClient

from standin import StandIn
from standin.azurite_process import ACCOUNTS
from standin.faults import AnswerLost, Hang, Status
from standin.sample import BALANCE, summary
from tests.end_to_end.conftest import environ_of, marked, rows
from tests.support.engine import Engine, InvocationResult

Start = Callable[..., Engine]
Run = Callable[..., InvocationResult]


def test_both_tables_hold_the_same_row(world: StandIn, run_once: Run) -> None:
    """The archive's row equals the table's, column by column."""
    assert run_once(environ_of(world, world.add_partner()) | world.environ_archive).success
    (row,) = rows(world)
    assert rows(world, archive=True) == [row]


def test_the_key_empties_the_table_and_not_the_archive(world: StandIn, run_once: Run) -> None:
    """Whoever has Power BI's key can delete the table; the archive stays whole."""
    environ = environ_of(world, world.add_partner()) | world.environ_archive
    run_once(environ)
    archived = rows(world, archive=True)
    key = AzureNamedKeyCredential(world.table.account, ACCOUNTS[world.table.account])
    with TableClient(world.table.endpoint, "partnerbalances", credential=key) as client:
        for row in list(client.list_entities()):
            client.delete_entity(row)
    assert rows(world) == []
    assert rows(world, archive=True) == archived
    assert len(archived) == 1


def test_an_archive_that_is_down_costs_the_day_nothing(world: StandIn, run_once: Run) -> None:
    """The day is recorded in the table, ARCHIVE_FAILED says what happened, and the run counts as complete."""
    run_once(environ_of(world, world.add_partner()) | world.environ_archive)
    partner = world.add_partner()
    world.faults.add("archive", Status(403), times=None)
    result = run_once(environ_of(world, partner) | world.environ_archive)
    assert result.success
    (failed,) = marked(result.logs, "ARCHIVE_FAILED")
    assert failed["code"] == "table-access-denied"
    assert failed["remedy"]
    assert marked(result.logs, "SNAPSHOT_RUN")[0]["failed"] == 0
    assert partner.tenant_id in {row["PartitionKey"] for row in rows(world)}


@pytest.mark.parametrize("lost", [False, True], ids=["answered", "answer lost"])
def test_killed_between_the_two_inserts(world: StandIn, start: Start, run_once: Run, lost: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """After the archive's insert the worker dies; the next run puts the archived row, not a newer one, into the table."""
    assert run_once(environ_of(world, world.add_partner()) | world.environ_archive).success
    partner = world.add_partner()
    environ = environ_of(world, partner) | world.environ_archive
    world.journal.clear()
    rule = world.faults.add("table", Hang(), method="POST", times=None)
    if lost:
        world.faults.add("archive", AnswerLost(), method="POST")
    with start(environ) as engine:
        engine.submit(invocation_id="killed")
        world.journal.wait_for(2, "table")
        engine.kill()
    rule.remove()
    world.partner_center.balances(partner.tenant_id, summary(BALANCE * 2))
    assert run_once(environ, invocation_id="next").success
    (row,) = (row for row in rows(world) if row["PartitionKey"] == partner.tenant_id)
    assert (row["RunId"], row["BalanceText"]) == ("killed", "68059.03")
    assert [kept for kept in rows(world, archive=True) if kept["PartitionKey"] == partner.tenant_id] == [row]
