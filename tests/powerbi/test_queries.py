"""The M queries: formatted by Microsoft's formatter, and correct when run over the rows that the function recorded."""

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shared.history.row import COLUMNS
from tests.powerbi.tools import mashup
from tests.powerbi.tools.histories import LOADED, History, readings
from tests.powerbi.tools.mashup import Record
from tests.powerbi.tools.model import PROJECT, read_model

MODEL = read_model()
ALONE = (PROJECT / "balances.pq").read_text(encoding="utf-8").rstrip("\n")
TOOLS = Path(__file__).with_name("tools") / "node"
COLUMN_NAMES = [column.name for column in COLUMNS]
PARAMETERS = ("StorageAccount", "TableName", "RangeStart", "RangeEnd")
MOMENT = datetime.combine(LOADED, time(6), UTC)


@pytest.mark.skipif(
    not (TOOLS / "node_modules").is_dir(), reason="needs npm ci --ignore-scripts in tests/powerbi/tools/node"
)
def test_every_expression_parses_and_is_formatted() -> None:
    """Microsoft's parser accepts each one, and the formatter would change nothing."""
    sources = MODEL.bodies | {"balances.pq": ALONE}
    done = subprocess.run(  # noqa: S603 - our own script
        [mashup.node(), str(TOOLS / "format.cjs")],
        input=json.dumps(sources | {"broken": "let a = 1, in a"}),
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    formatted = json.loads(done.stdout)
    assert "error" in formatted.pop("broken"), "this check would accept anything"
    assert {name: answer.get("text", answer) for name, answer in formatted.items()} == sources


def test_the_account_is_read_by_one_query_and_the_history_once() -> None:
    """There is one connector call, with the plain parameter. A second read at another moment would see different rows."""
    sources = {name for name, body in MODEL.bodies.items() if re.search(r"\bAzureStorage\.|\bWeb\.|\.Database\(", body)}
    assert sources == {"StorageTables"}
    assert "AzureStorage.Tables(StorageAccount)" in MODEL.queries["StorageTables"]
    assert "StorageTables{[Name = TableName]}[Data]" in MODEL.queries["SnapshotTable"]
    readers = {name for name, body in MODEL.bodies.items() if "SnapshotTable" in body} - {"SnapshotTable"}
    assert readers == {"Balances", "START HERE"}
    assert MODEL.bodies["Balances"].count("SnapshotTable") == MODEL.bodies["Balances"].count("Table.Buffer") == 1


def test_each_query_filters_first_and_types_last() -> None:
    """Incremental refresh needs the filter in the table's own query. Types are set once, regardless of the reader's culture."""
    first = MODEL.tables["Balances"].source.split("    Named = ")[0]
    assert all(name in first for name in ("SnapshotTable", "RangeStart", "RangeEnd"))
    for name, table in MODEL.tables.items():
        if not table.calculated:
            assert table.source.count("Table.TransformColumnTypes") == 1, name
            assert re.search(r'"en-US"\s*\)\nin\n    Typed$', table.source), name


def test_the_standalone_query_is_the_same() -> None:
    """balances.pq is the query of Balances with the parameters as its first steps; the shortcut opens the same account."""
    steps = MODEL.tables["Balances"].source.removeprefix("let\n")
    assert ALONE.endswith(steps)
    head = ALONE.removesuffix(steps)
    for name in PARAMETERS:
        assert f"{name} = {MODEL.queries[name].split(' meta')[0]}," in head
    for line in ("AzureStorage.Tables(StorageAccount)", "StorageTables{[Name = TableName]}[Data]"):
        assert line in head
    assert " ".join(MODEL.queries["Utc"].split()) in " ".join(head.split())
    connection = json.loads((PROJECT / "PartnerBalances.pbids").read_text(encoding="utf-8"))["connections"][0]
    assert connection["details"]["protocol"] == "azure-tables"
    assert f'StorageAccount = "{connection["details"]["address"]["account"]}"' in head


def test_the_parameters_are_plain_and_wide() -> None:
    """A computed source breaks scheduled refresh, narrow ranges hide rows, and the placeholder is nobody's account."""
    assert all("IsParameterQuery = true" in MODEL.queries[name] for name in PARAMETERS)
    account, table, *dates = (MODEL.queries[name].split(" meta")[0] for name in PARAMETERS)
    assert not re.fullmatch(r'"[a-z0-9]{3,24}"', account), "a storage account could have this name"
    assert table == '"partnerbalances"'
    assert dates == ["#datetime(2000, 1, 1, 0, 0, 0)", "#datetime(2100, 1, 1, 0, 0, 0)"]


def in_the_model(row: Mapping[str, Any], names: Sequence[str] = COLUMN_NAMES) -> Record:
    """Return what a table should contain from a row's columns: days as dates, times in UTC without a zone."""

    def value(name: str, given: Any) -> Any:
        if isinstance(given, datetime):
            return datetime.fromtimestamp(given.timestamp(), UTC).replace(tzinfo=None)
        return date.fromisoformat(given) if name == "SnapshotDate" else given

    return {name: value(name, row[name]) for name in names if name in row}


def in_order(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return rows in the order that Balances uses."""
    return sorted(rows, key=lambda row: (row["PartitionKey"], row["CurrencyCode"], row["SnapshotDate"]))


def as_rows(records: Sequence[Record], names: Sequence[str] = COLUMN_NAMES) -> list[Record]:
    """Return records with only these columns, without blanks."""
    return [{name: record[name] for name in names if record[name] is not None} for record in records]


def test_balances_holds_every_recorded_row_value_by_value(recorded: History) -> None:
    """Nothing is lost, changed or shifted between the table and the model."""
    assert as_rows(recorded.tables["Balances"]) == [in_the_model(row) for row in in_order(recorded.rows)]


def test_the_ledger_holds_every_row_of_the_runs(recorded: History) -> None:
    """With every value that the function wrote, in the run rows and the failure rows."""
    ledger = recorded.ledger or ()
    (names,) = {tuple(record) for record in recorded.tables["Ledger"]}
    assert as_rows(recorded.tables["Ledger"], names) == [in_the_model(row, names) for row in ledger]
    unused = {"SchemaVersion", "RunId", "RequestId", "CorrelationId"}
    assert {name for row in ledger for name in row} <= {*names, *unused}


def test_times_are_utc_whatever_the_connector_returns(recorded: History) -> None:
    """Values with a zone come out the same, although a type step alone would convert them to the reader's local time."""
    rows, ledger = recorded.rows[:3], (recorded.ledger or ())[-3:]
    found = mashup.fill(mashup.navigated(rows, with_zone=True), mashup.navigated(ledger, with_zone=True), MOMENT)
    assert as_rows(found["Balances"]) == [in_the_model(row) for row in in_order(rows)]
    assert found["Ledger"] == recorded.tables["Ledger"][-3:]


def test_the_range_is_whole_days_and_excludes_its_end() -> None:
    """Adjacent ranges, as incremental refresh uses them, take every row once."""
    rows = mashup.navigated(readings("Contoso", "2026-09-30", "2026-10-04", 1))
    chosen = {"RangeStart": datetime(2026, 10, 1), "RangeEnd": datetime(2026, 10, 3)}  # noqa: DTZ001 - M's datetime has no zone
    found = mashup.fill(rows, None, MOMENT, **chosen)
    assert [record["RowKey"] for record in found["Balances"]] == ["2026-10-01_USD", "2026-10-02_USD"]


def test_an_invoice_is_new_if_its_date_moved_within_one_account_and_currency() -> None:
    """A previous row with another currency or account does not count, nor does an imported one."""

    def invoiced(on: str, account: str, day: str, **columns: str) -> Record:
        (row,) = readings(account, day, day, 1, LatestInvoiceDate=datetime.fromisoformat(f"{on}T00:00Z"), **columns)
        return row

    rows = [
        invoiced("2026-10-01", "Contoso", "2026-11-06", currency="EUR"),
        invoiced("2026-10-06", "Contoso", "2026-11-06"),
        invoiced("2026-11-05", "Contoso", "2026-11-07"),
        invoiced("2026-11-06", "Fabrikam", "2026-11-06"),
        invoiced("2026-11-01", "Northwind", "2026-11-05", Source="imported"),
        invoiced("2026-11-02", "Northwind", "2026-11-06"),
    ]
    found = [record["InvoicedOn"] for record in History(rows).tables["Balances"]]
    assert found == [None, None, date(2026, 11, 5), None, None, None]


PARTS = ("Recurring", "OneTime", "Other")
READABLE: dict[str | None, tuple[float | None, ...]] = {
    None: (None, None, None),
    "[]": (None, None, None),
    '[{"summary": {"balanceAmount": 5}}, {"invoiceType": "Other", "summary": {"balanceAmount": 7.5}}]': (
        None,
        None,
        12.5,
    ),
    '[{"invoiceType": "Recurring"}]': (None, None, None),
    '[{"invoiceType": "OneTime", "summary": {"balanceAmount": 12345678901.23}}]': (None, 12345678901.23, None),
    '[{"invoiceType": "one_time", "summary": {"balanceAmount": 1}}, '
    '{"invoiceType": "recurring", "summary": {"balanceAmount": -2.5}}]': (-2.5, 1, None),
    '[{"invoiceType": null, "summary": {"balanceAmount": 5, "currencyCode": "USD"}}]': (None, None, 5),
}
UNREADABLE = [
    "see invoice 123",
    "",
    "null",
    "7",
    '"text"',
    '{"a": 1}',
    "[1]",
    "[null]",
    "[[]]",
    '[{"invoiceType": 5, "summary": {"balanceAmount": 5}}]',
    '[{"invoiceType": "Recurring", "summary": "5"}]',
    '[{"invoiceType": "Recurring", "summary": {}}]',
    '[{"invoiceType": "Recurring", "summary": {"balanceAmount": "5"}}]',
    '[{"invoiceType": "Recurring", "summary": {"balanceAmount": 5}}, 1]',
]


def test_details_of_any_shape_do_not_stop_the_refresh() -> None:
    """An unreadable row becomes one part, Unreadable, without an amount; the other rows are unaffected."""
    given = [*READABLE, *UNREADABLE]
    history = History(
        [
            row | ({} if details is None else {"Details": details})
            for number, details in enumerate(given)
            for row in readings(f"account {number:02}", "2026-11-27", "2026-11-27", 5)
        ]
    )
    records = history.tables["Balances"]
    assert [record["DetailsUnreadable"] for record in records] == [details in UNREADABLE for details in given]
    found = {record["Details"]: tuple(record[name] for name in PARTS) for record in records}
    assert found == READABLE | dict.fromkeys(UNREADABLE, (None, None, None))
    parts = [(part["Part"], part["Amount"]) for part in history.dax.records("Parts")]
    amounts = {"Recurring": ["-2.5"], "One-time": ["12345678901.23", "1"], "Other": ["12.5", "5"]}
    readable = [(part, Decimal(amount)) for part, each in amounts.items() for amount in each]
    assert parts == readable + [("Unreadable", None)] * len(UNREADABLE)


STEPS = {
    "account": "StorageAccount is a storage account's name",
    "table": "TableName is a table's name",
    "range": "RangeStart is before RangeEnd",
    "read": "The table can be read",
    "rows": "The table has rows",
    "inside": "Every row is between RangeStart and RangeEnd",
    "fresh": "The newest reading is at most two days old",
    "ready": "Everything is ready",
}
YESTERDAY = readings("Contoso", "2026-11-23", "2026-11-23", 1)
LAST_WEEK = readings("Contoso", "2026-11-19", "2026-11-19", 1)
IMPORTED = readings("Contoso", "2026-11-24", "2026-11-24", 1, Source="imported")
FORBIDDEN = [{"Message": "Forbidden"}]
LATE, EARLY = datetime(2100, 1, 1), datetime(2026, 11, 23)  # noqa: DTZ001 - M's datetime has no zone


@pytest.mark.parametrize(
    ("rows", "parameters", "todo"),
    [
        (YESTERDAY, {}, ""),
        (YESTERDAY, {"StorageAccount": "https://mybalances.table.core.usgovcloudapi.net"}, ""),
        (FORBIDDEN, {"StorageAccount": "type-the-storage-account-name"}, "account read rows fresh ready"),
        (FORBIDDEN, {}, "read rows fresh ready"),
        (YESTERDAY, {"StorageAccount": "MyBalances"}, "account read rows fresh ready"),
        (YESTERDAY, {"StorageAccount": "mybalances.table.core.windows.net"}, "account read rows fresh ready"),
        (YESTERDAY, {"StorageAccount": "https://mybalances.table.core.windows.net/"}, "account read rows fresh ready"),
        (YESTERDAY, {"StorageAccount": ""}, "account read rows fresh ready"),
        (YESTERDAY, {"TableName": "PartnerBalances"}, "table read rows fresh ready"),
        (YESTERDAY, {"RangeStart": LATE}, "range inside ready"),
        (YESTERDAY, {"RangeEnd": EARLY}, "inside"),
        ([], {}, "rows fresh ready"),
        (LAST_WEEK, {}, "fresh"),
        (LAST_WEEK + IMPORTED, {}, "fresh"),
    ],
)
def test_start_here_says_what_to_do(rows: list[Record], parameters: dict[str, Any], todo: str) -> None:
    """Wrong parameters, an unreadable, an empty and a stale table: each has an instruction that names the next step."""
    table = rows if rows is FORBIDDEN else mashup.navigated(rows)
    steps = mashup.run(MODEL.queries["START HERE"], MOMENT, {"SnapshotTable": table} | parameters)
    expected = [STEPS[name] for name in todo.split()]
    assert [step["Check"] for step in steps if step["Result"] == "TO DO"] == expected
    assert [step["Check"] for step in steps if step["Next"]] == expected
