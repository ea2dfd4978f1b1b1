"""Runs the model's M queries, unchanged, over given rows instead of the storage account.

Only `StorageTables` and `SnapshotTable`, which read from the account, are replaced. The interpreter is pqtools with Microsoft's parser.
"""

import importlib
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Any

from standin.azurite_process import find_node
from tests.powerbi.tools.model import read_model

Record = dict[str, Any]

KEYS = ("PartitionKey", "RowKey")
EAST = timezone(timedelta(hours=5))
DEFAULTS: Record = {
    "StorageAccount": "mybalances",
    "TableName": "partnerbalances",
    "RangeStart": datetime(2000, 1, 1),  # noqa: DTZ001 - M's datetime has no zone
    "RangeEnd": datetime(2100, 1, 1),  # noqa: DTZ001 - M's datetime has no zone
}
_engine = importlib.import_module("pqtools.evaluate")
_engine._parse_ast = cache(_engine._parse_ast)  # type: ignore[attr-defined] # each text is parsed once: that starts a Node
_without_culture = _engine.BUILTINS["Table.TransformColumnTypes"]


@cache
def node() -> str:
    """Return the Node that runs pqtools and Microsoft's tools."""
    return find_node(oldest=22)


def _transform_column_types(args: list[Any], context: Any) -> Any:
    """Accept only the culture en-US, whose ISO dates and plain numbers pqtools reads by itself."""
    *others, culture = args
    if culture != "en-US":
        raise AssertionError(f"Table.TransformColumnTypes needs the culture en-US, not {culture!r}")
    return _without_culture(others, context)


def navigated(rows: Sequence[Mapping[str, Any]], *, with_zone: bool = False) -> list[Record]:
    """Return rows as AzureStorage.Tables does: the keys, Timestamp, and everything else as a record in Content.

    The connector's DateTime values are not documented in detail. They come without a zone, or `with_zone`, here one other than UTC.
    """

    def value(given: Any) -> Any:
        if not isinstance(given, datetime):
            return given
        plain = datetime.fromtimestamp(given.timestamp(), UTC)
        return plain.astimezone(EAST) if with_zone else plain.replace(tzinfo=None)

    return [
        {key: row[key] for key in KEYS}
        | {"Timestamp": datetime(2026, 11, 23, tzinfo=UTC)}
        | {"Content": {name: value(given) for name, given in row.items() if name not in KEYS}}
        for row in rows
    ]


def run(source: str, at: datetime, values: Mapping[str, Any]) -> Any:
    """Evaluate an M expression `at` a given time; `values` are its free names, in addition to the parameters."""
    os.environ["MQUERY_NODE"] = node()
    # The clock, and features of the real engine that the queries need and pqtools lacks.
    _engine.BUILTINS.update(
        {
            "Table.TransformColumnTypes": _transform_column_types,
            "DateTimeZone.ToUtc": lambda args, _: args[0].astimezone(UTC),
            "DateTimeZone.RemoveZone": lambda args, _: args[0].replace(tzinfo=None),
            "DateTimeZone.UtcNow": lambda _, __: at,
        }
    )
    return _engine.evaluate(source, bindings=DEFAULTS | dict(values))


def fill(
    rows: Sequence[Record], ledger: Sequence[Record] | None, at: datetime, **parameters: Any
) -> dict[str, list[Record]]:
    """Fill every table that has an M query from the account's tables, `navigated`; columns have the queries' names."""
    model = read_model()
    tables = {"partnerbalances": rows} | ({} if ledger is None else {"partnerbalancesruns": ledger})
    account = [{"Name": name, "Data": data} for name, data in tables.items()]
    queries = [f"{name} = {table.source}" for name, table in model.tables.items() if not table.calculated]
    source = f"let Utc = {model.queries['Utc']} in [{', '.join(queries)}]"
    filled: dict[str, list[Record]] = run(source, at, {"StorageTables": account, "SnapshotTable": rows} | parameters)
    return filled
