"""Which rows are snapshots, and what is wrong with the others."""

from datetime import date
from typing import Any

import pytest

from cli.support.snapshot_row import snapshot_problem
from tests.support.rows import row

SELECTED = ("PartitionKey", "RowKey", "BalanceText", "BalanceAmount", "Source")


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({}, None),
        ({"BalanceText": "+100"}, None),
        ({"BalanceText": None}, "BalanceText is missing"),
        ({"BalanceText": "100.01"}, "BalanceText is not BalanceAmount"),
        ({"BalanceText": "1e2"}, "BalanceText is not BalanceAmount"),
        ({"BalanceAmount": 100}, "BalanceAmount is not Double"),
        ({"SchemaVersion": True}, "SchemaVersion is not Int32"),
        ({"CreditLimit": "5"}, "CreditLimit is not Double"),
        ({"CreditLimit": float("nan")}, "an amount is not a number"),
        ({"LastPaymentAmount": float("-inf")}, "an amount is not a number"),
        ({"PartitionKey": "X"}, "PartitionKey is not a tenant id"),
        ({"SnapshotDate": "2026-02-30"}, "SnapshotDate is not a day"),
        ({"SnapshotDate": "20260228"}, "SnapshotDate is not a day"),
        ({"CurrencyCode": "usd"}, "CurrencyCode is not a currency"),
        ({"RowKey": "2026-02-27_USD"}, "RowKey is not day and currency"),
        ({"Source": "elsewhere"}, "Source is unknown"),
        ({"Extra": 1}, "Extra is not a column of a snapshot"),
        ({"Extra": 1, "SchemaVersion": 2}, None),
    ],
    ids=str,
)
def test_a_rows_problem_is_named(changed: dict[str, Any], wrong: str | None) -> None:
    """A row of a later version, with unknown columns, is a snapshot."""
    assert snapshot_problem(row(date(2026, 2, 28), **changed)) == wrong


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("2026-02-28_USD", None),
        ("2026-02-30_USD", "SnapshotDate is not a day"),
        ("2026-02-28_USDX", "CurrencyCode is not a currency"),
    ],
)
def test_the_key_gives_a_partly_read_rows_day_and_currency(key: str, wrong: str | None) -> None:
    """Columns that were not read are not missing."""
    whole = row(date(2026, 2, 28), RowKey=key)
    assert snapshot_problem({name: whole[name] for name in SELECTED}, SELECTED) == wrong
