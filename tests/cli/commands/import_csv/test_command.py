"""`import`, through a real process."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cli.support.tables import TableContext
from shared.history.query import Span
from shared.history.row import Entity
from standin import StandIn
from standin.partner import Partner
from tests.cli.conftest import Cli
from tests.support.rows import TENANT, days_ago, row

GOOD = """SnapshotDate,CurrencyCode,BalanceAmount,AccountingDate
2025-01-01,USD,100.50,2024-12-31
2025-01-02,usd,-200,
2025-01-02,EUR,0.12,
"""


@pytest.fixture
def partner(cli: Cli, world: StandIn) -> Partner:
    """Return the only configured account, which has an archive."""
    partner = world.add_partner(tenant_id=TENANT)
    cli.use(partner.environ, world.environ_archive)
    return partner


def csv_file(cli: Cli, text: str) -> Path:
    """Write the file."""
    file = cli.folder / "history.csv"
    file.write_text(text, encoding="utf-8")
    return file


def both(opened: TableContext) -> tuple[list[Entity], list[Entity]]:
    """Return the rows of the table and of the archive."""
    assert opened.archive is not None
    return list(opened.table.rows(Span(TENANT))), list(opened.archive.rows(Span(TENANT)))


def test_nothing_is_written_without_write(cli: Cli, partner: Partner, connect: Callable[[], TableContext]) -> None:
    """A dry run shows what is missing. The import inserts it, marked, into the table and archive; a second one inserts nothing."""
    file = csv_file(cli, GOOD)
    dry = cli("import", file)
    assert (dry.status, dry.err) == (0, "")
    assert dry.out.splitlines() == [
        "Contoso, EUR: 1 row, 2025-01-02 to 2025-01-02, €0.12 to €0.12: 1 new, 0 already recorded",
        "Contoso, USD: 2 rows, 2025-01-01 to 2025-01-02, -$200.00 to $100.50: 2 new, 0 already recorded",
        "Nothing was written. Add --write to insert the new rows.",
    ]
    opened = connect()
    assert both(opened) == ([], [])
    first, second = cli("import", file, "--write"), cli("import", file, "--write")
    assert (first.status, first.out.splitlines()[-1]) == (0, "Inserted 3 rows.")
    assert (second.status, second.out.splitlines()[-1]) == (0, "Inserted 0 rows.")
    table, archive = both(opened)
    assert [row["RowKey"] for row in table] == ["2025-01-01_USD", "2025-01-02_EUR", "2025-01-02_USD"]
    assert {row["Source"] for row in table} == {"imported"}
    assert [row["BalanceText"] for row in table] == ["100.50", "0.12", "-200"]
    assert table == archive


def test_existing_rows_are_never_changed(cli: Cli, partner: Partner, connect: Callable[[], TableContext]) -> None:
    """A row with another amount, or that is not a snapshot, is reported and kept. A row that only the archive has is copied unchanged."""
    opened = connect()
    assert opened.archive is not None
    mine, theirs = row(days_ago(9), "1.00"), row(days_ago(8), "2.00", RunId="archived")
    opened.table.insert([mine, row(days_ago(6), "3.00", BalanceText="three")])
    opened.archive.insert([theirs])
    lines = "".join(f"{days_ago(number)},USD,99\n" for number in (9, 8, 7, 6))
    done = cli("import", csv_file(cli, "SnapshotDate,CurrencyCode,BalanceAmount\n" + lines), "--write")
    assert (done.status, done.out.splitlines()[-1]) == (1, "Inserted 2 rows.")
    assert "$1.00 is recorded; the file has $99.00" in done.err
    assert "$2.00 is recorded; the file has $99.00" in done.err
    assert "the recorded row is not a snapshot (BalanceText is not BalanceAmount)" in done.err
    table, _ = both(opened)
    assert [(found["BalanceText"], found["Source"]) for found in table] == [
        ("1.00", "partner-center"),
        ("2.00", "partner-center"),
        ("99", "imported"),
        ("three", "partner-center"),
    ]
    assert table[1]["RunId"] == "archived"


def test_every_line_is_checked_before_the_first_is_written(
    cli: Cli, partner: Partner, connect: Callable[[], TableContext]
) -> None:
    """Each problem has its line, the limit and the remedy; one wrong line prevents all writing."""
    text = GOOD + "2025-02-30,USD,1,\n2025-03-01,UDS,1,\n" + "2025-01-03,USD,x,\n" * 30
    done = cli("import", csv_file(cli, text), "--write")
    assert done.status == 1
    reported = done.err.splitlines()
    assert reported[0].startswith("line 5, SnapshotDate: ")
    assert reported[1].startswith("line 6, CurrencyCode: ")
    assert reported[20] == "... and 12 more"
    assert "32 lines of " in done.err
    assert "nothing was written" in done.err
    assert both(connect()) == ([], [])


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_an_export_can_be_imported(
    cli: Cli, partner: Partner, connect: Callable[[], TableContext], ending: str
) -> None:
    """Over itself, today's row included, and elsewhere with every digit. Elsewhere today's row is left to the job."""
    read = datetime.now(UTC).replace(microsecond=0)
    columns: dict[str, Any] = {
        "CurrencySymbol": "د.إ.\u200f",
        "LastPaymentAmount": 5.0,
        "Details": '[{"invoiceType":"x"}]',
        "RetrievedAt": read,
    }
    amounts = {3: "2586324174976.9345", 0: "123456789012345678.12"}
    connect().table.insert([row(days_ago(number), amount, **columns) for number, amount in amounts.items()])
    export, past = cli.folder / f"all.{ending}", cli.folder / f"past.{ending}"
    assert cli("history", "--output", export).status == 0
    again = cli("import", export, "--write")
    one_sheet = "note  only the first visible sheet is read: 'rows'\n" if ending == "xlsx" else ""
    assert (again.status, again.err) == (0, one_sheet)
    assert ": 0 new, 2 already recorded" in again.out
    assert again.out.endswith("Inserted 0 rows.\n")
    assert cli("import", export).out.endswith("\nNothing was written.\n")
    elsewhere = cli("import", export, "--write", SNAPSHOT_TABLE_NAME="elsewhere")
    assert elsewhere.status == 1
    assert f"3, SnapshotDate: {days_ago(0)} is today: remove this row" in elsewhere.err
    assert cli("history", "--to", days_ago(1), "--last", "9d", "--output", past).status == 0
    moved = cli("import", past, "--write", SNAPSHOT_TABLE_NAME="elsewhere")
    assert (moved.status, moved.out.splitlines()[-1]) == (0, "Inserted 1 row.")
    [there] = json.loads(cli("history", "--format", "json", SNAPSHOT_TABLE_NAME="elsewhere").out)["rows"]
    [here] = json.loads(cli("history", "--to", days_ago(1), "--last", "9d", "--format", "json").out)["rows"]
    made = {"Source": "imported", "RequestId": None, "CorrelationId": None, "RunId": there["RunId"]}
    assert there == here | made


def test_the_template_can_be_imported(cli: Cli, partner: Partner) -> None:
    """It has every possible column."""
    done = cli("import", csv_file(cli, cli("import", "--template").out))
    assert (done.status, done.out.splitlines()[0]) == (
        0,
        "Contoso, USD: 1 row, 2026-01-31 to 2026-01-31, $68,059.03 to $68,059.03: 1 new, 0 already recorded",
    )
