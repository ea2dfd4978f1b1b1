"""Whether a row is a snapshot: what the archive, which nobody can change, may be given."""

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from shared.history.row import COLUMNS, SCHEMA_VERSION, Edm, Entity, RowSource, row_key

_TYPES = {Edm.STRING: str, Edm.DOUBLE: float, Edm.DATETIME: datetime, Edm.INT32: int}
_TENANT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_AMOUNT = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def why_not_snapshot(row: Entity) -> str | None:
    """Return what keeps a row from being a snapshot, in words for a message; None when it is one."""
    for column in COLUMNS:
        value = row.get(column.name)
        if value is None:
            if column.always:
                return f"{column.name} is missing"
        elif not isinstance(value, _TYPES[column.edm]) or isinstance(value, bool):
            return f"{column.name} is not {column.edm.value}"
    if unknown := sorted(set(row) - {column.name for column in COLUMNS}):
        newer = int(str(row["SchemaVersion"])) > SCHEMA_VERSION
        return None if newer else f"{unknown[0]} is not a column of a snapshot"
    return _wrong_value(row)


def _wrong_value(row: Entity) -> str | None:
    day, currency, balance = (str(row[name]) for name in ("SnapshotDate", "CurrencyCode", "BalanceText"))
    checks = (
        (_TENANT.fullmatch(str(row["PartitionKey"])), "PartitionKey is not a tenant id"),
        (_is_day(day), "SnapshotDate is not a day"),
        (_CURRENCY.fullmatch(currency), "CurrencyCode is not a currency"),
        (
            _is_day(day) and row["RowKey"] == row_key(date.fromisoformat(day), currency),
            "RowKey is not day and currency",
        ),
        (_AMOUNT.fullmatch(balance) and _equal(balance, row["BalanceAmount"]), "BalanceText is not BalanceAmount"),
        (row["Source"] in set(RowSource), "Source is unknown"),
    )
    return next((wrong for right, wrong in checks if not right), None)


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _equal(text: str, amount: object) -> bool:
    try:
        return float(Decimal(text)) == amount
    except (InvalidOperation, OverflowError):
        return False
