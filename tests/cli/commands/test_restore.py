"""`restore`, through a real process."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from cli.support.tables import OperatorTable, TableContext
from shared.history.query import Span
from standin import StandIn
from standin.faults import Status
from tests.cli.conftest import Cli
from tests.support.rows import TENANT, days, days_ago, row

Sides = tuple[OperatorTable, OperatorTable]
OTHER = "99999999-9999-9999-9999-999999999999"


@pytest.fixture
def sides(cli: Cli, world: StandIn, connect: Callable[[], TableContext]) -> Sides:
    """Return the table and the archive of the only configured account."""
    cli.use(world.add_partner(tenant_id=TENANT).environ, world.environ_archive)
    opened = connect()
    assert opened.archive is not None
    return opened.table, opened.archive


def test_missing_rows_are_inserted_unchanged_on_either_side(cli: Cli, sides: Sides) -> None:
    """First a dry run; then every column of every type is copied as is. A former account comes last, by the name in its rows."""
    table, archive = sides
    odd = row(
        days_ago(5),
        "1000",
        BalanceAmount=1000.0,
        Moment=datetime(2020, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
        Truth=True,
        Blob=b"\x00\x01",
        Count=7,
    )
    both = list(days(4, 3, AccountName="Before it was renamed"))
    table.insert([*both, row(days_ago(2))])
    archive.insert([odd, *both])
    table.insert([row(days_ago(2), tenant=OTHER, AccountName="Former")])
    dry = cli("restore")
    assert (dry.status, dry.err) == (1, "")
    assert dry.out.splitlines() == [
        "Contoso: 2 rows equal",
        f"    missing in the table: 1 row: {days_ago(5)}_USD",
        f"    missing in the archive: 1 row: {days_ago(2)}_USD",
        "Former: 0 rows equal",
        f"    missing in the archive: 1 row: {days_ago(2)}_USD",
        "Nothing was written. Add --write to insert the missing rows.",
    ]
    assert len(list(table.rows(Span(TENANT)))) == 3
    written = cli("restore", "--write")
    assert written.status == 0
    assert "    inserted into the table: 1 row" in written.out.splitlines()
    restored, original = next(table.rows(Span(TENANT))), next(archive.rows(Span(TENANT)))
    assert restored == original
    assert {name: type(value) for name, value in restored.items()} == {
        name: type(value) for name, value in original.items()
    }
    again = cli("restore")
    assert (again.status, again.out.splitlines()) == (0, ["Contoso: 4 rows equal", "Former: 1 row equal"])


def test_an_interrupted_restore_continues(cli: Cli, world: StandIn, sides: Sides) -> None:
    """Rows inserted before the failure stay, and the next call inserts the rest."""
    table, archive = sides
    for first, last in ((250, 151), (150, 51), (9, 9)):
        archive.insert(list(days(first, last)))
    # The first transaction creates the table (the second call to $batch); the next one is refused.
    rule = world.faults.add("table", Status(403), path_contains="$batch", skip=2, times=None)
    failed = cli("restore", "--write")
    assert (failed.status, len(list(table.rows(Span(TENANT))))) == (1, 100)
    assert "table-access-denied" in failed.err
    rule.remove()
    assert cli("restore", "--write", "--account", "Contoso").status == 0
    assert len(list(table.rows(Span(TENANT)))) == 201


def test_rows_unfit_for_the_archive_and_differing_rows_are_shown_and_left_alone(cli: Cli, sides: Sides) -> None:
    """Nobody could delete such a row from the archive. The other rows are copied, and the exit status stays 1."""
    table, archive = sides
    table.insert([row(days_ago(3)), row(days_ago(2), BalanceText=None), {"PartitionKey": TENANT, "RowKey": "note"}])
    table.insert([row(days_ago(1), "1.00")])
    archive.insert([differing := row(days_ago(1), "2.00", CreditLimit=5.0)])
    done = cli("restore", "--write")
    assert done.status == 1
    assert done.out.startswith("Contoso: 0 rows equal\n")
    assert f"    not a snapshot: {TENANT} {days_ago(2)}_USD: BalanceText is missing" in done.out.splitlines()
    assert (
        f"    differs: {days_ago(1)}_USD: BalanceAmount table 1.0 / archive 2.0, BalanceText table 1.00 / archive 2.00, "
        "CreditLimit table - / archive 5.0"
    ) in done.out.splitlines()
    assert "Not snapshots, and not copied into the archive: 2 rows." in done.err
    assert "Different in the table and the archive: 1 row." in done.err
    assert list(archive.rows(Span())) == [row(days_ago(3)), differing]
    assert [found["BalanceText"] for found in table.rows(Span(TENANT, days_ago(1), days_ago(1)))] == ["1.00"]


@pytest.mark.parametrize("side", ["table", "archive"])
def test_only_the_chosen_side_is_restored(cli: Cli, sides: Sides, side: str) -> None:
    """What the other side lacks is neither counted nor inserted."""
    table, archive = sides
    table.insert([row(days_ago(3))])
    archive.insert([row(days_ago(2))])
    done = cli("restore", "--to", side, "--write")
    assert (done.status, done.err) == (0, "")
    assert f"    inserted into the {side}: 1 row" in done.out.splitlines()
    assert [len(list(one.rows(Span()))) for one in sides] == ([2, 1] if side == "table" else [1, 2])


def test_two_empty_tables_are_called_empty(cli: Cli, sides: Sides) -> None:
    """To call them equal would be true but falsely reassuring."""
    done = cli("restore")
    assert (done.status, done.out) == (
        0,
        "Neither the table nor the archive has rows to compare.\n",
    )
