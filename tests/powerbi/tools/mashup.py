"""Runs the model's M queries over rows that are given in place of the storage account, with their text as it stands.

Only `SnapshotTable`, which reads from the account, is replaced. The interpreter is pqtools on Microsoft's parser.
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
DEFAULT_RANGE = {"RangeStart": datetime(2000, 1, 1), "RangeEnd": datetime(2100, 1, 1)}  # noqa: DTZ001 - M's datetime has no zone

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


def run(source: str, values: Mapping[str, Any]) -> Any:
    """Evaluate one M expression; `values` are what its free names mean."""
    with _engine():
        return evaluate(source, bindings=dict(values))


def run_tables(model: Model, rows: Sequence[Mapping[str, Any]], **parameters: Any) -> dict[str, list[Record]]:
    """Fill every table of the model from rows of the storage table; columns are named as in the queries."""
    values: dict[str, Any] = {"SnapshotTable": navigated(rows)} | DEFAULT_RANGE | parameters
    values["SnapshotDays"] = run(model.queries["SnapshotDays"], values)
    return {name: run(table.query, values) for name, table in model.tables.items()}


@contextmanager
def _engine() -> Iterator[None]:
    """Give pqtools a Node, and the three things of the real engine that the queries need and pqtools leaves out."""
    additions: dict[str, Builtin] = {
        "Table.TransformColumnTypes": _transform_column_types,
        "DateTimeZone.ToUtc": lambda args, _: args[0].astimezone(UTC),
        "DateTimeZone.RemoveZone": lambda args, _: args[0].replace(tzinfo=None),
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
