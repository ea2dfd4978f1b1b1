"""The table and its archive as a single history."""

from datetime import date

import pytest

from shared.errors import SnapshotError
from shared.history.history import History
from shared.history.table import HistoryTable
from standin import StandIn
from standin.faults import Cut, CutBody, Fault, Status, unavailable
from tests.shared.history.test_table import DAY, row
from tests.support.samples import TENANT, append


def test_every_row_goes_into_both(world: StandIn, table: HistoryTable, archive: HistoryTable) -> None:
    """The archive comes first, so it has everything that the table has."""
    append(History(table, archive), [row(day=date(2020, 1, 1))])
    kept = append(History(table, archive), [row("USD"), row("EUR")])
    assert (kept.recorded, kept.archive_error) == (True, None)
    assert table.rows_of(TENANT, DAY) == archive.rows_of(TENANT, DAY) != ()
    inserts = [call.service for call in world.journal.calls(method="POST", path_contains="$batch", status=202)]
    assert inserts == ["archive", "table"]


@pytest.mark.parametrize("later", [["USD"], ["EUR"], ["EUR", "GBP"], ["EUR", "USD"]])
def test_the_archived_row_is_the_days_row(table: HistoryTable, archive: HistoryTable, later: list[str]) -> None:
    """If only the archive has it, it is copied unchanged, even if the currency has changed since."""
    append(archive, [row(run="first")])
    history = History(table, archive)
    assert history.rows_of(TENANT, DAY) == (), "the table that Power BI reads decides whether the day is complete"
    kept = append(history, [row(currency, run="second") for currency in later])
    assert kept.recorded
    assert table.rows_of(TENANT, DAY) == archive.rows_of(TENANT, DAY) == kept.rows == (row(run="first"),)


def test_existing_rows_in_the_table_are_kept(table: HistoryTable, archive: HistoryTable) -> None:
    """Another run was first, between the check and the insert."""
    append(History(table, archive), [row(run="first")])
    kept = append(History(table, archive), [row(run="second")])
    assert (kept.recorded, kept.rows) == (False, (row(run="first"),))


@pytest.mark.parametrize("status", [403, 503])
def test_a_conflict_whose_row_cannot_be_read_fails_the_day(
    world: StandIn, table: HistoryTable, archive: HistoryTable, status: int
) -> None:
    """Otherwise the table would get a row that differs from the archived one; a later run inserts the archived one."""
    append(archive, [row(run="first")])
    world.faults.add("archive", Status(status), method="GET", times=None)
    with pytest.raises(SnapshotError, match="archive"):
        append(History(table, archive), [row(run="second")])
    assert table.rows_of(TENANT, DAY) == ()
    world.faults.clear()
    assert append(History(table, archive), [row(run="third")]).rows[0]["RunId"] == "first"


@pytest.mark.parametrize(
    "fault", [Status(403), unavailable(), Cut(), CutBody(5)], ids=["403", "503", "cut", "cut body"]
)
def test_the_archives_day_is_read_after_any_failed_insert(
    world: StandIn, table: HistoryTable, archive: HistoryTable, fault: Fault
) -> None:
    """Whatever the failure was, an archived row is the day's row."""
    append(archive, [row(run="first")])
    world.faults.add("archive", Status(403), method="GET")  # the check before the insert
    world.faults.add("archive", fault, method="POST", times=None)
    kept = append(History(table, archive), [row(run="second")])
    assert ([one["RunId"] for one in kept.rows], kept.archive_error) == (["first"], None)
