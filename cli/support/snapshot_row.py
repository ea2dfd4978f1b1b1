"""Whether a row is a snapshot. Only snapshots are shown, or copied to the archive, where nobody can change them."""

import re
from collections.abc import Sequence
from datetime import date
from math import isfinite

from shared.history.row import COLUMNS, SCHEMA_VERSION, Entity, RowSource
from shared.settings.values import GUID

_SOURCES = frozenset(source.value for source in RowSource)
_COLUMNS = {column.name: column for column in COLUMNS}
_CURRENCY = re.compile("[A-Z]{3}")
_OTHER_AMOUNTS = ("LastPaymentAmount", "CreditLimit")
_AMOUNT = re.compile(r"[+-]?[0-9]{1,300}(\.[0-9]+)?")


def snapshot_problem(row: Entity, read: Sequence[str] | None = None) -> str | None:
    """Return why a row is not a snapshot, for a message; None if it is one. `read` lists the columns that were read (default: all)."""
    for name in _COLUMNS if read is None else read:
        if problem := _COLUMNS[name].problem_with(row.get(name)):
            return problem
    if unknown := sorted(row.keys() - _COLUMNS.keys()):
        newer = int(str(row["SchemaVersion"])) > SCHEMA_VERSION
        return None if newer else f"{unknown[0]} is not a column of a snapshot"
    key_day, _, key_currency = str(row["RowKey"]).partition("_")
    day, currency = str(row.get("SnapshotDate", key_day)), str(row.get("CurrencyCode", key_currency))
    balance = str(row["BalanceText"])
    checks = {
        "PartitionKey is not a tenant id": GUID.fullmatch(str(row["PartitionKey"])),
        "SnapshotDate is not a day": _is_day(day),
        "CurrencyCode is not a currency": _CURRENCY.fullmatch(currency),
        "RowKey is not day and currency": row["RowKey"] == f"{day}_{currency}",
        "BalanceText is not BalanceAmount": _AMOUNT.fullmatch(balance) and float(balance) == row["BalanceAmount"],
        "Source is unknown": row["Source"] in _SOURCES,
        "an amount is not a number": all(isfinite(float(str(row.get(name) or 0))) for name in _OTHER_AMOUNTS),
    }
    return next((problem for problem, passed in checks.items() if not passed), None)


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
