"""The M queries: written as Microsoft's formatter writes them, and right when run over the rows that the function recorded."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from shared.history.row import COLUMNS, Edm
from tests.powerbi.tools import demo, mashup, node_runner
from tests.powerbi.tools.demo import Row
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
    assert sources == {"SnapshotTable"}
    assert "AzureStorage.Tables(StorageAccount)" in model.queries["SnapshotTable"]
    assert "[Name = TableName]" in model.queries["SnapshotTable"]


def test_each_table_filters_first_and_types_last(model: Model) -> None:
    """Incremental refresh needs the filter in the table's own query; types are set once, independent of the reader's culture."""
    for name in ("Balances", "Parts"):
        first = model.tables[name].query.split(",\n    ")[0]
        assert "SnapshotTable" in first
        assert "RangeStart" in model.tables[name].query
        assert "RangeEnd" in model.tables[name].query
    for table in model.tables.values():
        steps = re.findall(r"Table\.TransformColumnTypes", table.query)
        assert len(steps) == 1, table.name
        assert re.search(r'"en-US"\s*\)\nin\n    Typed$', table.query), table.name


def test_the_query_alone_is_the_same_query(model: Model) -> None:
    """balances.pq is the query of Balances with the parameters as its first steps."""
    alone = ALONE.read_text(encoding="utf-8").rstrip("\n")
    steps = model.tables["Balances"].query.removeprefix("let\n")
    assert alone.endswith(steps)
    head = alone.removesuffix(steps)
    for name in ("StorageAccount", "TableName", "RangeStart", "RangeEnd"):
        assert f"{name} = {model.queries[name].split(' meta')[0]}," in head
    for line in ("Source = AzureStorage.Tables(StorageAccount)", "Source{[Name = TableName]}[Data]"):
        assert line in head
        assert line in model.queries["SnapshotTable"]


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


def as_money(records: Sequence[Record]) -> list[Record]:
    """Return records with their amounts as decimals of four places."""
    amounts = [column.name for column in COLUMNS if column.edm is Edm.DOUBLE]
    return [
        record
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
    assert as_money(tables["Balances"]) == [in_the_model(row) for row in rows]


def test_amounts_are_exact(rows: Sequence[Row], tables: Mapping[str, list[Record]]) -> None:
    """An amount of up to 15 digits is the service's decimal itself; BalanceText is, whatever its length."""
    longer = 0
    for row, record in zip(rows, tables["Balances"], strict=True):
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


def test_moments_are_utc_whatever_the_connector_gives(model: Model, rows: Sequence[Row]) -> None:
    """Values with a zone, which a type step alone would turn into the reader's local time, come out the same."""
    some = rows[:3]
    with_zone = {"SnapshotTable": mashup.navigated(some, with_zone=True)} | mashup.DEFAULT_RANGE
    records = mashup.run(model.tables["Balances"].query, with_zone)
    assert as_money(records) == [in_the_model(row) for row in some]


def test_the_range_is_whole_days_and_its_end_is_not_in_it(model: Model, rows: Sequence[Row]) -> None:
    """Neighbouring ranges, as incremental refresh makes them, take every row once."""
    chosen = {"RangeStart": datetime(2026, 10, 1), "RangeEnd": datetime(2026, 10, 3)}  # noqa: DTZ001 - M's datetime has no zone
    found = mashup.run_tables(model, rows, **chosen)
    expected = [row["RowKey"] for row in rows if row["SnapshotDate"] in {"2026-10-01", "2026-10-02"}]
    assert [record["RowKey"] for record in found["Balances"]] == expected
    assert {record["SnapshotDate"] for record in found["Parts"]} == {date(2026, 10, 1), date(2026, 10, 2)}
    assert [record["Date"] for record in found["Date"]] == [date(2026, 10, 1), date(2026, 10, 2)]


def test_parts_are_those_of_details(rows: Sequence[Row], tables: Mapping[str, list[Record]]) -> None:
    """One row a part, exact, with its kind whatever the spelling."""
    kinds = {"Recurring": "Recurring", "recurring": "Recurring", "OneTime": "One-time", "one_time": "One-time"}
    expected = [
        (
            row["PartitionKey"],
            row["SnapshotDate"],
            row["CurrencyCode"],
            item["invoiceType"],
            kinds.get(item["invoiceType"], "Other"),
            item["summary"]["balanceAmount"],
        )
        for row in rows
        if "Details" in row
        for item in json.loads(row["Details"], parse_float=Decimal, parse_int=Decimal)
    ]
    found = [
        (
            part["PartitionKey"],
            str(part["SnapshotDate"]),
            part["CurrencyCode"],
            part["InvoiceType"],
            part["Part"],
            Decimal(repr(part["Amount"])),
        )
        for part in tables["Parts"]
    ]
    assert found == expected
    assert {part[4] for part in found} == {"Recurring", "One-time", "Other"}


def made_up(tenant: str, day: date, **changes: Any) -> Row:
    """Return a row with what the small tables look at."""
    columns = {
        "PartitionKey": tenant,
        "RowKey": f"{day}_USD",
        "SnapshotDate": str(day),
        "AccountName": "Contoso",
        "CurrencyCode": "USD",
        "Source": "partner-center",
    }
    return columns | changes


def accounts_of(model: Model, rows: Sequence[Row]) -> list[Record]:
    """Return the table Accounts over made-up rows."""
    return mashup.run_tables(model, rows)["Accounts"]


def test_an_account_retires_after_35_days(model: Model) -> None:
    """35 days before the newest row of all accounts it is still expected; one more, and its last snapshot was its end."""
    newest = date(2026, 11, 23)
    still, gone = newest - timedelta(days=35), newest - timedelta(days=36)
    found = accounts_of(model, [made_up("a", newest), made_up("b", still), made_up("c", gone)])
    assert [(account["Status"], account["Last expected day"]) for account in found] == [
        ("Active", newest),
        ("Active", newest),
        ("Retired", gone),
    ]


def test_an_account_has_its_present_name(model: Model) -> None:
    """A rename does not split the history: the newest row's name is shown, for all days."""
    day = date(2026, 11, 1)
    rows = [made_up("a", day, AccountName="Old"), made_up("a", day + timedelta(days=1), AccountName="New")]
    (account,) = accounts_of(model, rows)
    assert account["Account"] == "New"
    assert account["First day"] == day


def test_accounts_of_one_name_are_told_apart(model: Model) -> None:
    """Two tenants of the same name, in any case, would be added up as one."""
    day = date(2026, 11, 1)
    rows = [made_up("a", day), made_up("b", day, AccountName="contoso"), made_up("c", day, AccountName="Fabrikam")]
    assert [account["Account"] for account in accounts_of(model, rows)] == ["Contoso (a)", "contoso (b)", "Fabrikam"]


def test_imported_history_is_not_expected_to_be_daily(model: Model) -> None:
    """The first expected day is the first that the function itself recorded."""
    day = date(2026, 11, 1)
    rows = [
        made_up("a", day, Source="imported"),
        made_up("a", day + timedelta(days=9)),
        made_up("b", day, Source="imported"),
    ]
    assert [account["First expected day"] for account in accounts_of(model, rows)] == [day + timedelta(days=9), None]


def test_every_day_is_in_the_date_table(tables: Mapping[str, list[Record]]) -> None:
    """From the first to the newest snapshot without a gap, missed days too."""
    assert [record["Date"] for record in tables["Date"]] == list(demo.days())
    assert tables["Date"][0] == {"Date": date(2026, 9, 15), "Year": 2026, "Month": "2026-09", "Day": 15}


def test_a_currency_has_its_format(tables: Mapping[str, list[Record]]) -> None:
    """The symbol before, the code behind, two places; the code alone where there is no symbol."""
    formats = {record["CurrencyCode"]: record["Format"] for record in tables["Currencies"]}
    assert formats == {
        "EUR": '"€"#,##0.00" EUR";-"€"#,##0.00" EUR"',
        "USD": '"$"#,##0.00" USD";-"$"#,##0.00" USD"',
        "IDR": '#,##0.00" IDR";-#,##0.00" IDR"',
    }


def test_an_empty_table_gives_empty_tables(model: Model) -> None:
    """Before the first snapshot a refresh succeeds and shows nothing."""
    assert not any(mashup.run_tables(model, []).values())


def start_here(model: Model, rows: Sequence[Row], **parameters: Any) -> dict[str, str]:
    """Return the result of each check of START HERE, by what it checks."""
    values = {"StorageAccount": "mybalances", "TableName": "partnerbalances"} | mashup.DEFAULT_RANGE | parameters
    values["SnapshotTable"] = mashup.navigated(rows) if parameters.get("readable", True) else [{"Message": "Forbidden"}]
    steps = mashup.run(model.queries["START HERE"], values)
    assert all(bool(step["Next"]) == (step["Result"] == "TO DO") for step in steps), (
        "each thing to do says what to do next"
    )
    return {step["Check"]: step["Result"] for step in steps}


ACCOUNT = "StorageAccount is a storage account's name"
TABLE = "TableName is a table's name"
RANGE = "RangeStart is before RangeEnd"
READ = "The table can be read"
ROWS = "The table has rows"
INSIDE = "Every row is between RangeStart and RangeEnd"
FRESH = "The newest row is at most two days old"
READY = "All is ready"


def todo(results: Mapping[str, str]) -> set[str]:
    """Return the checks that are not fine."""
    return {check for check, result in results.items() if result == "TO DO"}


def test_start_here_is_content_with_a_working_setup(model: Model) -> None:
    """Nothing to do, by the name and by the URL of another cloud."""
    rows = [made_up("a", datetime.now(UTC).date())]
    assert todo(start_here(model, rows)) == set()
    assert todo(start_here(model, rows, StorageAccount="https://mybalances.table.core.usgovcloudapi.net")) == set()


def test_start_here_begins_with_the_placeholder(model: Model) -> None:
    """As shipped, the account's name is to be typed, and nothing is read before that."""
    placeholder = model.queries["StorageAccount"].split('"')[1]
    assert {ACCOUNT, READ, READY} <= todo(start_here(model, [], readable=False, StorageAccount=placeholder))


@pytest.mark.parametrize(
    ("expected", "parameters"),
    [
        (ACCOUNT, {"StorageAccount": "MyBalances"}),
        (ACCOUNT, {"StorageAccount": "mybalances.table.core.windows.net"}),
        (ACCOUNT, {"StorageAccount": "https://mybalances.table.core.windows.net/"}),
        (ACCOUNT, {"StorageAccount": ""}),
        (TABLE, {"TableName": "PartnerBalances"}),
        (RANGE, {"RangeStart": datetime(2100, 1, 1)}),  # noqa: DTZ001 - M's datetime has no zone
        (INSIDE, {"RangeStart": datetime(2090, 1, 1)}),  # noqa: DTZ001 - M's datetime has no zone
        (READ, {"readable": False}),
    ],
)
def test_start_here_names_what_is_wrong(model: Model, expected: str, parameters: dict[str, Any]) -> None:
    """Each wrong parameter, and a table that cannot be read, is found by its own check."""
    assert expected in todo(start_here(model, [made_up("a", datetime.now(UTC).date())], **parameters))


def test_start_here_notices_an_empty_and_a_stale_table(model: Model) -> None:
    """No snapshot yet, and no snapshot any more."""
    assert {ROWS, FRESH, READY} == todo(start_here(model, []))
    assert {FRESH} == todo(start_here(model, [made_up("a", datetime.now(UTC).date() - timedelta(days=5))]))
