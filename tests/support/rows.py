"""Made-up rows of the history."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from shared.history.row import SCHEMA_VERSION, Entity, row_key

TENANT = "11111111-1111-1111-1111-111111111111"
TODAY = datetime.now(UTC).date()


def row(day: date, balance: str = "100.00", currency: str = "USD", tenant: str = TENANT, **columns: Any) -> Entity:
    """Return a row as the job writes it, with `columns` added, or removed if None."""
    values = {
        "PartitionKey": tenant,
        "RowKey": row_key(day, currency),
        "SnapshotDate": day.isoformat(),
        "AccountName": "Contoso",
        "CurrencyCode": currency,
        "BalanceAmount": float(balance),
        "BalanceText": balance,
        "AccountingDate": datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=1),
        "RetrievedAt": datetime(day.year, day.month, day.day, 6, 17, 3, 123456, tzinfo=UTC),
        "RequestId": "22222222-2222-2222-2222-222222222222",
        "RunId": "33333333-3333-3333-3333-333333333333",
        "Source": "partner-center",
        "SchemaVersion": SCHEMA_VERSION,
        **columns,
    }
    return {name: value for name, value in values.items() if value is not None}


def days_ago(number: int) -> date:
    """Return the date this many days before today."""
    return TODAY - timedelta(days=number)


def days(first: int, last: int = 1, **columns: Any) -> Iterator[Entity]:
    """Yield a row per day from `first` days ago to `last` days ago; the balance grows by one each day."""
    for number in range(first, last - 1, -1):
        yield row(days_ago(number), f"{1000 + first - number}.50", **columns)
