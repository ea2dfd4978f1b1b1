"""Runs the model's M queries, with their text unchanged, over rows that are given in place of the storage account.

Only `StorageTables` and `SnapshotTable`, which read from the account, are replaced. The interpreter is pqtools on Microsoft's parser.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from unittest import mock

from pqtools.evaluate import BUILTINS, evaluate

from tests.powerbi.tools.model import Model
from tests.powerbi.tools.node_runner import find_node

KEYS = ("PartitionKey", "RowKey")
DEFAULTS = {
    "StorageAccount": "mybalances",
    "TableName": "partnerbalances",
    "RangeStart": datetime(2000, 1, 1),  # noqa: DTZ001 - M's datetime has no zone
    "RangeEnd": datetime(2100, 1, 1),  # noqa: DTZ001 - M's datetime has no zone
}

Record = dict[str, Any]
Builtin = Callable[[list[Any], Any], Any]

_builtins: dict[str, Builtin] = BUILTINS


def navigated(rows: Sequence[Mapping[str, Any]], *, with_zone: bool = False) -> list[Record]:
    """Return rows as AzureStorage.Tables gives them: the keys, Timestamp, and everything else as a record in Content.

    The connector's DateTime values are documented nowhere in detail: they come without a zone, or `with_zone`.
    """

    def value(given: Any) -> Any:
        if not isinstance(given, datetime):
            return given
        plain = datetime.fromtimestamp(given.timestamp(), UTC)
        return plain if with_zone else plain.replace(tzinfo=None)

    return [
        {key: row[key] for key in KEYS}
        | {"Timestamp": datetime(2026, 11, 23, tzinfo=UTC)}
        | {"Content": {name: value(given) for name, given in row.items() if name not in KEYS}}
        for row in rows
    ]


def account(rows: Sequence[Mapping[str, Any]], ledger: Sequence[Mapping[str, Any]] | None = None) -> list[Record]:
    """Return the account's tables as the connector lists them; without a `ledger` there is no such table."""
    tables = [{"Name": "partnerbalances", "Data": navigated(rows)}]
    return tables if ledger is None else [*tables, {"Name": "partnerbalancesruns", "Data": navigated(ledger)}]


def run(source: str, values: Mapping[str, Any], at: datetime = datetime(2026, 11, 24, 6, tzinfo=UTC)) -> Any:
    """Evaluate one M expression `at` a moment; `values` are what its free names mean."""
    with _engine(at):
        return evaluate(source, bindings=dict(values))


def fill(model: Model, tables: Sequence[Record], at: datetime, **parameters: Any) -> dict[str, list[Record]]:
    """Fill every table that has an M query from the account's tables; columns are named as in the queries."""
    (snapshots,) = [table["Data"] for table in tables if table["Name"] == "partnerbalances"]
    values: dict[str, Any] = DEFAULTS | {"StorageTables": tables, "SnapshotTable": snapshots} | parameters
    queries = {name: table.source for name, table in model.tables.items() if not table.calculated}
    together = ", ".join(f"{name} = {source}" for name, source in queries.items())
    filled: dict[str, list[Record]] = run(f"let Utc = {model.queries['Utc']} in [{together}]", values, at)
    return filled


@contextmanager
def _engine(at: datetime) -> Iterator[None]:
    """Give pqtools a Node, the clock, and what the queries need of the real engine and pqtools leaves out."""
    additions: dict[str, Builtin] = {
        "Table.TransformColumnTypes": _transform_column_types,
        "DateTimeZone.ToUtc": lambda args, _: args[0].astimezone(UTC),
        "DateTimeZone.RemoveZone": lambda args, _: args[0].replace(tzinfo=None),
        "DateTimeZone.UtcNow": lambda _, __: at,
    }
    with mock.patch.dict(_builtins, additions), mock.patch.dict("os.environ", {"MQUERY_NODE": find_node()}):
        yield


_without_culture = _builtins["Table.TransformColumnTypes"]


def _transform_column_types(args: list[Any], context: Any) -> Any:
    """Accept the culture en-US, whose reading of ISO dates and plain numbers is pqtools' own, and no other."""
    *others, culture = args
    if culture != "en-US":
        raise AssertionError(f"Table.TransformColumnTypes needs the culture en-US, not {culture!r}")
    return _without_culture(others, context)
