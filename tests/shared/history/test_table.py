"""The table in the real Azurite: it is append-only, and a conflict decides who was first."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from shared.errors import TableMissing, TableUnreachable
from shared.history.row import Entity, snapshot_row
from shared.history.table import HistoryTable
from shared.partner_center.invoice_summary import InvoiceSummary, ResponseMetadata
from shared.settings.values import CreditLimit
from standin import StandIn
from standin.faults import AnswerLost, Status, unavailable
from tests.support.samples import NOW, OTHER_TENANT, TENANT, account, append

DAY = date(2026, 11, 23)
FULL = InvoiceSummary(
    balance_amount=Decimal("68059.03"),
    currency_code="USD",
    receipt=ResponseMetadata(NOW, "request", "correlation"),
    currency_symbol="د.إ",
    accounting_date=datetime(1601, 1, 1, tzinfo=UTC),
    first_invoice_creation_date=datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    latest_invoice_date=datetime(2026, 11, 8, 1, 2, 3, 123_456, tzinfo=UTC),
    last_payment_amount=Decimal(0),
    details='[{"invoiceType":"\\ud83d\\ude00' + "x" * 31_000 + '"}]',
)


def row(currency: str = "USD", *, day: date = DAY, run: str = "run", tenant: str = TENANT) -> Entity:
    """Return a row."""
    limited = account(tenant_id=tenant, credit_limit=CreditLimit(Decimal(85000), "USD"))
    return snapshot_row(limited, day, replace(FULL, currency_code=currency), run)


def keys(rows: tuple[Entity, ...]) -> list[Any]:
    """Return the row keys."""
    return [one["RowKey"] for one in rows]


def test_a_row_is_read_as_it_was_written(table: HistoryTable) -> None:
    """Every column, the earliest and the latest date, the longest details; the first use creates the table."""
    written = row()
    assert append(table, [written]).recorded
    (read,) = table.rows_of(TENANT, DAY)
    assert read == written
    assert {name: type(value) for name, value in read.items()} == {name: type(written[name]) for name in read}


def test_only_the_days_and_the_tenants_rows_are_read(table: HistoryTable) -> None:
    """Rows of the previous day, the next day or another tenant are not."""
    for day in (date(2026, 11, 22), DAY, date(2026, 11, 24), date(2026, 12, 23), date(2027, 11, 23)):
        append(table, [row(day=day)])
    append(table, [row("EUR"), row("GBP")])
    append(table, [row("CHF", tenant=OTHER_TENANT)])
    assert keys(table.rows_of(TENANT, DAY)) == ["2026-11-23_EUR", "2026-11-23_GBP", "2026-11-23_USD"]
    assert keys(table.rows_of(OTHER_TENANT, DAY)) == ["2026-11-23_CHF"]


@pytest.mark.parametrize("later", [["USD"], ["EUR", "USD"]], ids=["insert", "transaction"])
def test_the_first_row_of_the_day_is_kept(table: HistoryTable, later: list[str]) -> None:
    """A later run gets the earlier run's row and changes nothing in any currency; otherwise half a day would look complete."""
    append(table, [row(run="first")])
    kept = append(table, [row(currency, run="second") for currency in later])
    assert not kept.recorded
    for rows in (kept.rows, table.rows_of(TENANT, DAY)):
        assert [(one["RowKey"], one["RunId"]) for one in rows] == [("2026-11-23_USD", "first")]


@pytest.mark.parametrize("currencies", [["USD"], ["USD", "EUR", "CHF"]], ids=["insert", "transaction"])
def test_a_lost_response_to_a_successful_insert_is_a_success(
    world: StandIn, table: HistoryTable, waits: list[float], currencies: list[str]
) -> None:
    """The retry meets a conflict with the run's own row."""
    append(table, [row(tenant=OTHER_TENANT)])
    world.faults.add("table", AnswerLost(), method="POST")
    appended = append(table, [row(currency) for currency in currencies])
    assert (appended.recorded, len(appended.rows), waits) == (True, len(currencies), [1])


@pytest.mark.parametrize("action", ["rows_of", "append"])
def test_a_service_that_stays_down_is_unreachable(
    world: StandIn, table: HistoryTable, waits: list[float], action: str
) -> None:
    """There are four attempts, and the error names the table and its URL."""
    world.faults.add("table", unavailable(), times=None)
    with pytest.raises(TableUnreachable, match=f"the table partnerbalances at {world.table.url}.* answered 503"):
        table.rows_of(TENANT, DAY) if action == "rows_of" else append(table, [row()])
    assert waits == [1, 2, 4]


STORED = {"CurrencyCode": "USD", "BalanceAmount": 1.0, "SchemaVersion": 1, "RetrievedAt": "2026-11-23T06:17:00Z"}
STORED |= {"RetrievedAt@odata.type": "Edm.DateTime"}
STORED |= dict.fromkeys(("AccountName", "BalanceText", "RunId", "Source"), "x")
STORED |= {"Details": 5}  # an optional column may contain anything
STORED |= {"PartitionKey": TENANT, "RowKey": "2026-11-23_USD", "SnapshotDate": "2026-11-23"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"PartitionKey": OTHER_TENANT},
        {"RowKey": "2026-11-22_USD"},
        {"RowKey": 5},
        {"SnapshotDate": "2026-11-22"},
        {"CurrencyCode": "EUR"},
        {"BalanceAmount": None},
        {"BalanceAmount": "1.0"},
        {"BalanceText": 1},
        {"RunId": None},
        {"RetrievedAt": 5},
        {"SchemaVersion": "1"},
        {"SchemaVersion": True},
    ],
    ids=str,
)
def test_only_a_row_of_the_contract_completes_a_day(
    world: StandIn, table: HistoryTable, wrong: dict[str, object]
) -> None:
    """A row for another tenant, day or service, or without a balance, would silently lose the day."""
    world.faults.add("table", Status(200, json.dumps({"value": [STORED]})))
    assert len(table.rows_of(TENANT, DAY)) == 1
    world.faults.add("table", Status(200, json.dumps({"value": [STORED | wrong]})))
    with pytest.raises(TableUnreachable, match=r"not a snapshot|not a page of rows") as raised:
        table.rows_of(TENANT, DAY)
    assert ("Fix or delete the bad row" in raised.value.remedy) == ("not a snapshot" in str(raised.value))


INNER_200 = "--x\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 200 OK\r\nDataServiceVersion: 3.0;\r\n\r\n\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        *(Status(status, "{}", {"ETag": "x"}) for status in (200, 201, 202, 203, 206)),
        Status(204),
        *(Status(202, inner + "--x--", content_type="multipart/mixed; boundary=x") for inner in ("", 2 * INNER_200)),
    ],
    ids=lambda answer: f"{answer.status} {answer.body}",
)
@pytest.mark.parametrize("currencies", [["USD"], ["USD", "EUR"]], ids=["insert", "transaction"])
def test_only_an_inserts_own_response_is_trusted(
    world: StandIn, table: HistoryTable, answer: Status, currencies: list[str]
) -> None:
    """The client treats any 2xx as success, even a gateway's empty 204, which has no ETag."""
    append(table, [row(tenant=OTHER_TENANT)])
    world.faults.add("table", answer, method="POST")
    with pytest.raises(TableUnreachable, match=r"response to the insert|could not be read|not a JSON object"):
        append(table, [row(currency) for currency in currencies])


def test_read_and_add_permissions_are_enough(world: StandIn, table: HistoryTable) -> None:
    """The deployment's append role can neither change nor delete, and a conflict needs neither."""
    append(table, [row(tenant=OTHER_TENANT)])
    world.identity.user_assigned.table_rights = {"read", "add"}
    assert append(table, [row(run="first")]).recorded
    assert not append(table, [row(run="second")]).recorded
    assert append(table, [row("EUR", day=date(2026, 11, 24)), row(day=date(2026, 11, 24))]).recorded


@pytest.mark.parametrize("status", [403, 404])
def test_a_missing_table_that_may_not_be_created(world: StandIn, table: HistoryTable, status: int) -> None:
    """It needs a person with more permissions than the function. The service returns 403 or says that the resource does not exist."""
    world.identity.user_assigned.table_rights.discard("create")
    if status == 404:
        world.faults.add("table", Status(404, '{"error": {"code": "ResourceNotFound"}}'), path_contains="/Tables")
    with pytest.raises(TableMissing, match=f"does not exist and could not be created.* {status}") as raised:
        append(table, [row()])
    assert raised.value.ids.request_id


@pytest.mark.parametrize(
    ("status", "code", "match"),
    [
        (409, "EntityAlreadyExists", "gone when read back"),
        (400, "PropertyValueTooLarge", "400, code PropertyValueTooLarge"),
        (404, "TableNotFound", "just created but does not exist yet"),
    ],
)
def test_a_refusal_is_not_a_success(world: StandIn, table: HistoryTable, status: int, code: str, match: str) -> None:
    """Nor is a conflict with a row that is gone, a table that stays missing, or an unknown refusal."""
    append(table, [row(tenant=OTHER_TENANT)])
    refusal = Status(status, json.dumps({"odata.error": {"code": code}}))
    world.faults.add("table", refusal, method="POST", path_contains="partnerbalances", times=None)
    with pytest.raises(TableUnreachable, match=match):
        append(table, [row()])
