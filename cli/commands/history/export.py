"""The history for other programs: every column of the row contract, in its order, a row at a time."""

import csv
import json
from collections.abc import Iterable
from datetime import datetime
from typing import IO, Any

from cli.support.row_view import as_text
from shared.history.row import COLUMNS, Entity

NAMES = [column.name for column in COLUMNS]


def write_csv(rows: Iterable[Entity], stream: IO[str]) -> None:
    """Write a header and a line a row; what a row does not have is empty. Times are ISO 8601 in UTC."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(NAMES)
    for row in rows:
        writer.writerow([as_text(value) if isinstance(value, datetime) else value for value in map(row.get, NAMES)])


def write_json(rows: Iterable[Entity], stream: IO[str]) -> None:
    """Write one array with an object a line; what a row does not have is null. Times are ISO 8601 in UTC."""
    separator = "[\n"
    for row in rows:
        stream.write(separator + json.dumps({name: _plain(row.get(name)) for name in NAMES}))
        separator = ",\n"
    stream.write("[]\n" if separator == "[\n" else "\n]\n")


def _plain(value: Any) -> Any:
    return as_text(value) if isinstance(value, datetime) else value
