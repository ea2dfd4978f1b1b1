"""The row as written: its columns are a contract."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.history.row import COLUMNS, SCHEMA_VERSION, RowSource, snapshot_row
from shared.partner_center.invoice_summary import InvoiceSummary, ResponseMetadata
from shared.settings.values import CreditLimit
from tests.support.samples import NOW, TENANT, account

DAY = date(2026, 11, 23)
RECEIPT = ResponseMetadata(NOW, "request", "correlation")
FULL = InvoiceSummary(
    balance_amount=Decimal("68059.03"),
    currency_code="USD",
    receipt=RECEIPT,
    currency_symbol="$",
    accounting_date=datetime(2026, 11, 22, tzinfo=UTC),
    first_invoice_creation_date=datetime(2017, 1, 21, tzinfo=UTC),
    latest_invoice_date=datetime(2026, 11, 8, tzinfo=UTC),
    last_payment_date=datetime(2026, 10, 30, tzinfo=UTC),
    last_payment_amount=Decimal(250),
    details='[{"invoiceType":"Recurring"}]',
)
BARE = InvoiceSummary(balance_amount=Decimal("-0.10"), currency_code="EUR", receipt=RECEIPT)
LIMITED = account(credit_limit=CreditLimit(Decimal("85000.50"), "USD"))

CONTRACT: dict[str, tuple[str, object]] = {
    "PartitionKey": ("String", TENANT),
    "RowKey": ("String", "2026-11-23_USD"),
    "SnapshotDate": ("String", "2026-11-23"),
    "AccountName": ("String", "Contoso"),
    "CurrencyCode": ("String", "USD"),
    "CurrencySymbol": ("String", "$"),
    "BalanceAmount": ("Double", 68059.03),
    "BalanceText": ("String", "68059.03"),
    "AccountingDate": ("DateTime", datetime(2026, 11, 22, tzinfo=UTC)),
    "FirstInvoiceCreationDate": ("DateTime", datetime(2017, 1, 21, tzinfo=UTC)),
    "LatestInvoiceDate": ("DateTime", datetime(2026, 11, 8, tzinfo=UTC)),
    "LastPaymentDate": ("DateTime", datetime(2026, 10, 30, tzinfo=UTC)),
    "LastPaymentAmount": ("Double", 250.0),
    "CreditLimit": ("Double", 85000.5),
    "Details": ("String", '[{"invoiceType":"Recurring"}]'),
    "RetrievedAt": ("DateTime", NOW),
    "RequestId": ("String", "request"),
    "CorrelationId": ("String", "correlation"),
    "RunId": ("String", "run"),
    "Source": ("String", "partner-center"),
    "SchemaVersion": ("Int32", 1),
}
"""A full row. Other people's reports depend on these names and types: columns may be added, but never removed or changed."""


def row(summary: InvoiceSummary) -> dict[str, Any]:
    """Return a summary's row, for an account with a limit in dollars."""
    return dict(snapshot_row(LIMITED, DAY, summary, "run"))


def test_columns_are_those_of_the_contract() -> None:
    """In order, with their types and descriptions; everything that was read is in its column."""
    assert [(column.name, column.edm.value) for column in COLUMNS] == [
        (name, edm) for name, (edm, _) in CONTRACT.items()
    ]
    assert all(column.meaning for column in COLUMNS)
    assert row(FULL) == {name: value for name, (_, value) in CONTRACT.items()}
    assert {source.value for source in RowSource} == {"partner-center", "imported"}
    assert SCHEMA_VERSION == 1


@pytest.mark.parametrize("summary", [FULL, BARE], ids=["full", "bare"])
def test_each_value_has_its_columns_type(summary: InvoiceSummary) -> None:
    """An integer amount would create a column with two types, which Power BI refuses."""
    assert [wrong for column in COLUMNS if (wrong := column.problem_with(row(summary).get(column.name)))] == []


def test_missing_values_are_absent() -> None:
    """The smallest row has only the columns that every row has and the two IDs; a limit in another currency is left out."""
    always = {column.name for column in COLUMNS if column.always}
    assert set(row(BARE)) == always | {"RequestId", "CorrelationId"}


@given(
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**18), max_value=10**18).filter(
        lambda amount: abs(int(amount.as_tuple().exponent)) <= 30
    )
)
def test_the_balances_text_is_the_exact_decimal(amount: Decimal) -> None:
    """In plain notation, even where a Double would lose digits."""
    written = row(replace(BARE, balance_amount=amount))
    text = written["BalanceText"]
    assert set(text) <= set("-0123456789.")
    assert Decimal(text) == amount
    assert written["BalanceAmount"] == float(amount)
