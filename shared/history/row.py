"""The row: one entity per account, currency and day. The columns are a contract: they are only ever added to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from shared.partner_center.invoice_summary import InvoiceSummary
from shared.settings.accounts import Account

SCHEMA_VERSION = 1

Entity = Mapping[str, str | float | int | datetime]
"""A row as azure-data-tables accepts it: a missing property is left out."""


class Edm(StrEnum):
    """A column's type in Table Storage."""

    STRING = "String"
    DOUBLE = "Double"
    DATETIME = "DateTime"
    INT32 = "Int32"


class RowSource(StrEnum):
    """Where a row comes from."""

    PARTNER_CENTER = "partner-center"
    IMPORTED = "imported"


_TYPES: Mapping[Edm, type] = {Edm.STRING: str, Edm.DOUBLE: float, Edm.DATETIME: datetime, Edm.INT32: int}


@dataclass(frozen=True)
class Column:
    """A column of the contract: its name, type, meaning, and whether every row has it."""

    name: str
    edm: Edm
    meaning: str
    always: bool = True

    @cached_property
    def _type(self) -> type:
        return _TYPES[self.edm]

    def problem_with(self, value: object) -> str | None:
        """Return what is wrong with a row's value (None: the row has no value), or None if nothing is."""
        if isinstance(value, self._type) and not isinstance(value, bool):
            return None
        if value is None:
            return f"{self.name} is missing" if self.always else None
        return f"{self.name} is not {self.edm.value}"


COLUMNS = (
    Column("PartitionKey", Edm.STRING, "the partner's tenant id, lower case"),
    Column("RowKey", Edm.STRING, "date and currency, such as 2026-11-23_USD"),
    Column(
        "SnapshotDate", Edm.STRING, "the day in SNAPSHOT_TIME_ZONE, as text so that no reader's time zone can shift it"
    ),
    Column("AccountName", Edm.STRING, "what people call the account"),
    Column("CurrencyCode", Edm.STRING, "the currency, three upper-case letters (ISO 4217)"),
    Column("CurrencySymbol", Edm.STRING, "the currency's symbol as the service sends it", always=False),
    Column("BalanceAmount", Edm.DOUBLE, "the balance, for calculating; negative means credit"),
    Column("BalanceText", Edm.STRING, "the balance as the exact decimal that the service sent, in plain notation"),
    Column("AccountingDate", Edm.DATETIME, "when the service last updated the balance (UTC)", always=False),
    Column("FirstInvoiceCreationDate", Edm.DATETIME, "when the first invoice was made (UTC)", always=False),
    Column("LatestInvoiceDate", Edm.DATETIME, "when the latest invoice was made (UTC)", always=False),
    Column("LastPaymentDate", Edm.DATETIME, "when the last payment was made (UTC)", always=False),
    Column("LastPaymentAmount", Edm.DOUBLE, "the last payment's amount", always=False),
    Column(
        "CreditLimit", Edm.DOUBLE, "the configured credit limit, when it is in the balance's currency", always=False
    ),
    Column("Details", Edm.STRING, "the parts by invoice type, as exact JSON", always=False),
    Column("RetrievedAt", Edm.DATETIME, "when the answer was read (UTC)"),
    Column("RequestId", Edm.STRING, "MS-RequestId, for Microsoft's support", always=False),
    Column("CorrelationId", Edm.STRING, "MS-CorrelationId, for Microsoft's support", always=False),
    Column("RunId", Edm.STRING, "the invocation that wrote the row"),
    Column("Source", Edm.STRING, "partner-center, or imported for a row of earlier history"),
    Column("SchemaVersion", Edm.INT32, "the version of this contract: 1"),
)


def row_key(day: date, currency: str) -> str:
    """Return the RowKey for a day and currency."""
    return f"{day.isoformat()}_{currency}"


def snapshot_row(account: Account, day: date, summary: InvoiceSummary, run_id: str) -> Entity:
    """Build the row for a balance that was read. What the service did not send is left out."""
    limit = account.credit_limit
    values: dict[str, Any] = {
        "PartitionKey": account.tenant_id,
        "RowKey": row_key(day, summary.currency_code),
        "SnapshotDate": day.isoformat(),
        "AccountName": account.name,
        "CurrencyCode": summary.currency_code,
        "CurrencySymbol": summary.currency_symbol,
        "BalanceAmount": float(summary.balance_amount),
        "BalanceText": f"{summary.balance_amount:f}",
        "AccountingDate": summary.accounting_date,
        "FirstInvoiceCreationDate": summary.first_invoice_creation_date,
        "LatestInvoiceDate": summary.latest_invoice_date,
        "LastPaymentDate": summary.last_payment_date,
        "LastPaymentAmount": None if summary.last_payment_amount is None else float(summary.last_payment_amount),
        "CreditLimit": float(limit.amount) if limit and limit.currency == summary.currency_code else None,
        "Details": summary.details,
        "RetrievedAt": summary.receipt.retrieved_at,
        "RequestId": summary.receipt.request_id,
        "CorrelationId": summary.receipt.correlation_id,
        "RunId": run_id,
        "Source": RowSource.PARTNER_CENTER.value,
        "SchemaVersion": SCHEMA_VERSION,
    }
    return {name: value for name, value in values.items() if value is not None}
