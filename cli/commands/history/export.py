"""The history for other programs: CSV and JSON, a record at a time. Times are ISO 8601 in UTC."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import IO, Any

from cli.commands.history.gaps import Gap
from cli.support.row_view import as_text
from shared.history.row import COLUMNS

ROW_NAMES = tuple(column.name for column in COLUMNS)
GAP_NAMES = ("account", "tenantId", "first", "last", "days", "code", "runs", "firstTried", "lastTried")

Record = Mapping[str, Any]


def write_csv(names: Sequence[str], records: Iterable[Record], stream: IO[str]) -> None:
    """Write a header and a line per record; what a record does not have is empty."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(names)
    for record in records:
        writer.writerow([as_text(value) if isinstance(value, datetime) else value for value in map(record.get, names)])


def write_json(members: Mapping[str, tuple[Sequence[str], Iterable[Record]]], stream: IO[str]) -> None:
    """Write one object whose members are arrays with a record per line; what a record does not have is null.

    A member's records are taken when the members before it are written.
    """
    encode = json.JSONEncoder(default=_plain).encode
    stream.write("{")
    for number, (member, (names, records)) in enumerate(members.items()):
        stream.write(f'{"," if number else ""}\n"{member}": [')
        for place, record in enumerate(records):
            stream.write(("," if place else "") + "\n" + encode({name: record.get(name) for name in names}))
        stream.write("]")
    stream.write("\n}\n")


def gap_record(name: str, tenant_id: str, gap: Gap) -> Record:
    """Return what programs get of a gap; without `runs` nothing is known about why, with 0 no run left a record."""
    reason = gap.reason
    known = (None, None, None, None) if reason is None else (reason.code, reason.runs, reason.first, reason.last)
    if reason is not None and reason.code is None:
        known = (None, reason.runs, None, None)
    days = (gap.first.isoformat(), gap.last.isoformat(), gap.days)
    return dict(zip(GAP_NAMES, (name, tenant_id, *days, *known), strict=True))


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return as_text(value)
    raise TypeError(f"{type(value).__name__} has no place in JSON")
