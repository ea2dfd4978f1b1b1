"""Whether a row is a snapshot: what may be shown, and given to the archive, which nobody can change."""

import re
from collections.abc import Sequence
from datetime import date, datetime

from shared.history.row import COLUMNS, SCHEMA_VERSION, Edm, Entity, RowSource

_TYPES = {Edm.STRING: str, Edm.DOUBLE: float, Edm.DATETIME: datetime, Edm.INT32: int}


def why_not_snapshot(row: Entity, read: Sequence[str] | None = None) -> str | None:
    """Return what keeps a row from being a snapshot, in words for a message; None when it is one. `read` are its columns if not all."""
    for column in COLUMNS:
        if read is not None and column.name not in read:
            continue
        value = row.get(column.name)
        if value is None and column.always:
            return f"{column.name} is missing"
        if value is not None and (not isinstance(value, _TYPES[column.edm]) or isinstance(value, bool)):
            return f"{column.name} is not {column.edm.value}"
    if unknown := sorted(set(row) - {column.name for column in COLUMNS}):
        newer = int(str(row["SchemaVersion"])) > SCHEMA_VERSION
        return None if newer else f"{unknown[0]} is not a column of a snapshot"
    key_day, _, key_currency = str(row["RowKey"]).partition("_")
    day, currency = str(row.get("SnapshotDate", key_day)), str(row.get("CurrencyCode", key_currency))
    balance = str(row["BalanceText"])
    amount = re.fullmatch(r"[+-]?[0-9]{1,300}(\.[0-9]+)?", balance)
    checks = {
        "PartitionKey is not a tenant id": re.fullmatch(
            "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", str(row["PartitionKey"])
        ),
        "SnapshotDate is not a day": _is_day(day),
        "CurrencyCode is not a currency": re.fullmatch("[A-Z]{3}", currency),
        "RowKey is not day and currency": row["RowKey"] == f"{day}_{currency}",
        "BalanceText is not BalanceAmount": amount and float(balance) == row["BalanceAmount"],
        "Source is unknown": row["Source"] in set(RowSource),
    }
    return next((wrong for wrong, right in checks.items() if not right), None)


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
