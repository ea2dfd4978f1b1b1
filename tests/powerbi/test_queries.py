"""The M queries: written as Microsoft's formatter writes them, and right when run over the rows that the function recorded."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from shared.history.row import COLUMNS, Edm
from tests.powerbi.tools import demo, mashup, node_runner
from tests.powerbi.tools.demo import Row
from tests.powerbi.tools.histories import History, readings
from tests.powerbi.tools.mashup import Record
from tests.powerbi.tools.model import PROJECT, Model

ALONE = PROJECT / "balances.pq"
DOUBLES_DIGITS = 15


@pytest.fixture(scope="session")
def formatted(model: Model) -> dict[str, Any]:
    """Every M expression of the project, through Microsoft's parser and formatter."""
    if not (node_runner.FOLDER / "node_modules").is_dir():
        pytest.skip("Microsoft's M packages are not installed: npm ci --ignore-scripts in tests/powerbi/tools/node")
    sources = model.bodies | {"balances.pq": ALONE.read_text(encoding="utf-8"), "broken": "let a = 1, in a"}
    return node_runner.formatted(sources)


def test_every_expression_parses_and_is_formatted(model: Model, formatted: Mapping[str, Any]) -> None:
    """Microsoft's parser accepts each, and the formatter would change nothing."""
    assert "error" in formatted["broken"], "this check would pass anything"
    sources = model.bodies | {"balances.pq": ALONE.read_text(encoding="utf-8").rstrip("\n")}
    assert {name: formatted[name].get("text", formatted[name]) for name in sources} == sources


def test_only_one_query_reads_from_the_account(model: Model) -> None:
    """One connector call, with the plain parameter, and the table by its name."""
    sources = {name for name, body in model.bodies.items() if re.search(r"\bAzureStorage\.|\bWeb\.|\.Database\(", body)}
    assert sources == {"StorageTables"}
    assert "AzureStorage.Tables(StorageAccount)" in model.queries["StorageTables"]
    assert "StorageTables{[Name = TableName]}[Data]" in model.queries["SnapshotTable"]


def test_the_history_is_read_once(model: Model) -> None:
    """One query loads the rows, and names their source once; a second read at another moment would see other rows."""
    readers = [name for name, body in model.bodies.items() if "SnapshotTable" in body and name != "SnapshotTable"]
    assert sorted(readers) == ["Balances", "START HERE"]
    assert model.bodies["Balances"].count("SnapshotTable") == 1
    assert model.bodies["Balances"].count("Table.Buffer") == 1


def test_each_query_filters_first_and_types_last(model: Model) -> None:
    """Incremental refresh needs the filter in the table's own query; types are set once, independent of the reader's culture."""
    first = model.tables["Balances"].source.split(",\n    ")[0]
    assert all(name in model.tables["Balances"].source for name in ("RangeStart", "RangeEnd"))
    assert "SnapshotTable" in first
    for table in model.tables.values():
        if not table.calculated:
            assert len(re.findall(r"Table\.TransformColumnTypes", table.source)) == 1, table.name
            assert re.search(r'"en-US"\s*\)\nin\n    Typed$', table.source), table.name


def test_the_query_alone_is_the_same_query(model: Model) -> None:
    """balances.pq is the query of Balances with the parameters as its first steps."""
    alone = ALONE.read_text(encoding="utf-8").rstrip("\n")
    steps = model.tables["Balances"].source.removeprefix("let\n")
    assert alone.endswith(steps)
    head = alone.removesuffix(steps)
    for name in ("StorageAccount", "TableName", "RangeStart", "RangeEnd"):
        assert f"{name} = {model.queries[name].split(' meta')[0]}," in head
    for line in ("AzureStorage.Tables(StorageAccount)", "StorageTables{[Name = TableName]}[Data]"):
        assert line in head
    assert " ".join(model.queries["Utc"].split()) in " ".join(head.split())


def test_the_pbids_opens_the_same_connector() -> None:
    """The shortcut names Table Storage and the same placeholder, not a live account."""
    connection = json.loads((PROJECT / "PartnerBalances.pbids").read_text(encoding="utf-8"))["connections"][0]
    assert connection["details"]["protocol"] == "azure-tables"
    assert connection["details"]["address"]["account"] in ALONE.read_text(encoding="utf-8")


def in_the_model(row: Row) -> Record:
    """Return what Balances should hold of a row: days as dates, moments in UTC without a zone, amounts with four places."""
    values: Record = {}
    for column in COLUMNS:
        value = row.get(column.name)
        if column.name == "SnapshotDate":
            value = date.fromisoformat(row["SnapshotDate"])
        elif column.edm is Edm.DATETIME and value is not None:
            value = datetime.fromtimestamp(value.timestamp(), UTC).replace(tzinfo=None)
        elif column.edm is Edm.DOUBLE and value is not None:
            value = Decimal(repr(value)).quantize(Decimal("0.0001"))
        values[column.name] = value
    return values


def in_order(rows: Sequence[Row]) -> list[Row]:
    """Return rows in the order of Balances."""
    return sorted(rows, key=lambda row: (row["PartitionKey"], row["CurrencyCode"], row["SnapshotDate"]))


def as_money(records: Sequence[Record]) -> list[Record]:
    """Return records with the columns of the row alone, and their amounts as decimals of four places."""
    amounts = [column.name for column in COLUMNS if column.edm is Edm.DOUBLE]
    return [
        {column.name: record[column.name] for column in COLUMNS}
        | {
            name: None if record[name] is None else Decimal(repr(record[name])).quantize(Decimal("0.0001"))
            for name in amounts
        }
        for record in records
    ]


def test_balances_holds_every_recorded_row_value_by_value(
    rows: Sequence[Row], tables: Mapping[str, list[Record]]
) -> None:
    """Nothing is lost, changed or shifted on the way from the table into the model."""
    assert len(rows) > 200
    assert as_money(tables["Balances"]) == [in_the_model(row) for row in in_order(rows)]


def test_amounts_are_exact(rows: Sequence[Row], tables: Mapping[str, list[Record]]) -> None:
    """An amount of up to 15 digits is the service's decimal itself; BalanceText is, whatever its length."""
    longer = 0
    for row, record in zip(in_order(rows), tables["Balances"], strict=True):
        exact = Decimal(row["BalanceText"])
        assert record["BalanceText"] == row["BalanceText"]
        if len(exact.as_tuple().digits) <= DOUBLES_DIGITS:
            assert Decimal(repr(record["BalanceAmount"])) == exact
        else:
            longer += 1
    assert longer == sum(row["CurrencyCode"] == "IDR" for row in rows) > 0


def test_the_demo_covers_what_can_happen(rows: Sequence[Row]) -> None:
    """Several accounts and currencies, a missed day, a credit, absent optionals and a limit are among the rows."""
    assert {row["CurrencyCode"] for row in rows} == {"USD", "EUR", "IDR"}
    assert len({row["PartitionKey"] for row in rows}) == 4
    assert not {str(day) for day in demo.NOBODY_READ} & {row["SnapshotDate"] for row in rows}
    assert any(row["BalanceAmount"] < 0 for row in rows)
    assert any("CreditLimit" in row for row in rows)
    assert any("CurrencySymbol" not in row and "Details" not in row for row in rows)


def test_the_ledger_holds_every_row_of_the_runs(recorded: demo.Recorded, tables: Mapping[str, list[Record]]) -> None:
    """Each value of what the function wrote, the run's own rows and the failure's."""
    assert len(recorded.ledger) > 60
    assert {row["PartitionKey"] for row in recorded.ledger} == {"run", demo.CONTOSO}
    for row, record in zip(recorded.ledger, tables["Ledger"], strict=True):
        assert set(record) >= set(row) - {"SchemaVersion", "RunId", "RequestId", "CorrelationId"}
        for name, value in record.items():
            expected = row.get(name)
            if name == "SnapshotDate":
                expected = date.fromisoformat(row[name])
            elif isinstance(expected, datetime):
                expected = expected.replace(tzinfo=None)
            assert value == expected, (row["RowKey"], name)


def test_a_ledger_that_is_not_there_is_empty(model: Model, rows: Sequence[Row]) -> None:
    """An older deployment has no such table, and the refresh succeeds."""
    assert History(rows[:3]).load(model)["Ledger"] == []


def test_moments_are_utc_whatever_the_connector_gives(model: Model, rows: Sequence[Row]) -> None:
    """Values with a zone, which a type step alone would turn into the reader's local time, come out the same."""
    account = [{"Name": "partnerbalances", "Data": mashup.navigated(rows[:3], with_zone=True)}]
    found = mashup.fill(model, account, datetime(2026, 11, 24, tzinfo=UTC))
    assert as_money(found["Balances"]) == [in_the_model(row) for row in in_order(rows[:3])]


def test_the_range_is_whole_days_and_its_end_is_not_in_it(model: Model, rows: Sequence[Row]) -> None:
    """Neighbouring ranges, as incremental refresh makes them, take every row once."""
    chosen = {"RangeStart": datetime(2026, 10, 1), "RangeEnd": datetime(2026, 10, 3)}  # noqa: DTZ001 - M's datetime has no zone
    found = mashup.fill(model, mashup.account(rows), datetime(2026, 11, 24, tzinfo=UTC), **chosen)
    expected = [row["RowKey"] for row in in_order(rows) if row["SnapshotDate"] in {"2026-10-01", "2026-10-02"}]
    assert [record["RowKey"] for record in found["Balances"]] == expected


KINDS = {"Recurring": "Recurring", "recurring": "Recurring", "OneTime": "OneTime", "one_time": "OneTime"}


def test_parts_are_those_of_details(rows: Sequence[Row], tables: Mapping[str, list[Record]]) -> None:
    """Each kind's amount, exact, whatever the spelling of the invoice type."""
    for row, record in zip(in_order(rows), tables["Balances"], strict=True):
        expected: dict[str, Decimal] = {}
        for item in json.loads(row.get("Details", "[]"), parse_float=Decimal, parse_int=Decimal):
            kind = KINDS.get(item["invoiceType"], "Other")
            expected[kind] = expected.get(kind, Decimal()) + item["summary"]["balanceAmount"]
        found = {name: record[name] for name in ("Recurring", "OneTime", "Other") if record[name] is not None}
        assert {name: Decimal(repr(amount)) for name, amount in found.items()} == expected
        assert record["DetailsUnreadable"] is False


@pytest.mark.parametrize(
    ("details", "amounts", "unreadable"),
    [
        (None, (None, None, None), False),
        ("[]", (None, None, None), False),
        ('[{"summary": {"balanceAmount": 5}}, {"summary": {"balanceAmount": 7}}]', (None, None, 12), False),
        ('[{"invoiceType": "Recurring"}]', (None, None, None), False),
        ('[{"invoiceType": null, "summary": {"balanceAmount": 5, "currencyCode": "USD"}}]', (None, None, 5), False),
        ("see invoice 123", (None, None, None), True),
        ("", (None, None, None), True),
        ("null", (None, None, None), True),
        ("7", (None, None, None), True),
        ('"text"', (None, None, None), True),
        ('{"a": 1}', (None, None, None), True),
        ("[1]", (None, None, None), True),
        ("[null]", (None, None, None), True),
        ("[[]]", (None, None, None), True),
        ('[{"invoiceType": 5, "summary": {"balanceAmount": 5}}]', (None, None, None), True),
        ('[{"invoiceType": "Recurring", "summary": "5"}]', (None, None, None), True),
        ('[{"invoiceType": "Recurring", "summary": {}}]', (None, None, None), True),
        ('[{"invoiceType": "Recurring", "summary": {"balanceAmount": "5"}}]', (None, None, None), True),
        ('[{"invoiceType": "Recurring", "summary": {"balanceAmount": 5}}, 1]', (None, None, None), True),
    ],
)
def test_details_of_any_shape_do_not_stop_the_refresh(
    model: Model, details: str | None, amounts: tuple[float | None, ...], *, unreadable: bool
) -> None:
    """Such a row becomes one part, Unreadable, without an amount; the other rows are not touched."""
    more = {} if details is None else {"Details": details}
    history = History(readings("Contoso", "2026-11-27", "2026-11-27", 5, **more))
    (record,) = history.load(model)["Balances"]
    assert (record["Recurring"], record["OneTime"], record["Other"]) == amounts
    assert record["DetailsUnreadable"] is unreadable
    if unreadable:
        (part,) = history.open(model).records("Parts")
        assert (part["Part"], part["Amount"]) == ("Unreadable", None)


def test_an_empty_table_gives_an_empty_model(model: Model) -> None:
    """Before the first snapshot a refresh succeeds and shows nothing."""
    found = History([]).load(model)
    assert (found["Balances"], found["Ledger"]) == ([], [])


ACCOUNT = "StorageAccount is a storage account's name"
TABLE = "TableName is a table's name"
RANGE = "RangeStart is before RangeEnd"
READ = "The table can be read"
ROWS = "The table has rows"
INSIDE = "Every row is between RangeStart and RangeEnd"
FRESH = "The newest reading is at most two days old"
READY = "All is ready"
YESTERDAY = readings("Contoso", "2026-11-23", "2026-11-23", 1)
LAST_WEEK = readings("Contoso", "2026-11-19", "2026-11-19", 1)
IMPORTED = readings("Contoso", "2026-11-24", "2026-11-24", 1, Source="imported")
LATE = datetime(2100, 1, 1)  # noqa: DTZ001 - M's datetime has no zone


@pytest.mark.parametrize(
    ("rows", "parameters", "todo"),
    [
        (YESTERDAY, {}, set()),
        (YESTERDAY, {"StorageAccount": "https://mybalances.table.core.usgovcloudapi.net"}, set()),
        (None, {"StorageAccount": "type-the-storage-account-name"}, {ACCOUNT, READ, ROWS, FRESH, READY}),
        (None, {}, {READ, ROWS, FRESH, READY}),
        (YESTERDAY, {"StorageAccount": "MyBalances"}, {ACCOUNT, READ, ROWS, FRESH, READY}),
        (YESTERDAY, {"StorageAccount": "mybalances.table.core.windows.net"}, {ACCOUNT, READ, ROWS, FRESH, READY}),
        (
            YESTERDAY,
            {"StorageAccount": "https://mybalances.table.core.windows.net/"},
            {ACCOUNT, READ, ROWS, FRESH, READY},
        ),
        (YESTERDAY, {"StorageAccount": ""}, {ACCOUNT, READ, ROWS, FRESH, READY}),
        (YESTERDAY, {"TableName": "PartnerBalances"}, {TABLE, READ, ROWS, FRESH, READY}),
        (YESTERDAY, {"RangeStart": LATE}, {RANGE, INSIDE, READY}),
        (YESTERDAY, {"RangeEnd": datetime(2026, 11, 23)}, {INSIDE}),  # noqa: DTZ001 - M's datetime has no zone
        ([], {}, {ROWS, FRESH, READY}),
        (LAST_WEEK, {}, {FRESH}),
        (LAST_WEEK + IMPORTED, {}, {FRESH}),
    ],
)
def test_start_here_says_what_to_do(
    model: Model, rows: list[Record] | None, parameters: dict[str, Any], todo: set[str]
) -> None:
    """Each wrong parameter, a table that cannot be read, an empty and a stale one; each thing to do says what to do next."""
    table = [{"Message": "Forbidden"}] if rows is None else mashup.navigated(rows)
    steps = mashup.run(model.queries["START HERE"], mashup.DEFAULTS | {"SnapshotTable": table} | parameters)
    assert {step["Check"] for step in steps if step["Result"] == "TO DO"} == todo
    assert {step["Check"] for step in steps if step["Next"]} == todo
