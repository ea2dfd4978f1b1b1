"""Results as CSV or JSON in UTF-8 for programs, and a row for people. Times are ISO 8601 in UTC."""

import csv
import io
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Annotated, Any, Literal

import typer

from cli.support.console import say
from cli.support.failure import CommandFailed
from shared.history.row import COLUMNS, Entity
from shared.settings.accounts import Account

Record = Mapping[str, Any]

AsFormat = Annotated[
    Literal["table", "csv", "json"], typer.Option("--format", help="A table for people; CSV or JSON for programs.")
]

ACCOUNT = ("account", "tenantId")
CREDIT = ("creditLimit", "creditUsedPercent")
"""Columns that several kinds of records share."""


def write_records(
    form: str,
    names: Sequence[str],
    records: Iterable[Record],
    document: Mapping[str, Any],
    stream: IO[str] | None = None,
) -> None:
    """Write the records as `csv` with these columns, or the whole document as `json`. The default stream is stdout."""
    if stream is None:
        stream = sys.stdout
        if isinstance(stream, io.TextIOWrapper):  # regardless of the console's encoding
            stream.reconfigure(encoding="utf-8", newline="\n")
    if form == "json":
        _write_json(document, stream)
    else:
        _write_csv(names, records, stream)


def _write_csv(names: Sequence[str], records: Iterable[Record], stream: IO[str]) -> None:
    """Write a header and one line per record; missing members are empty."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(names)
    for record in records:
        writer.writerow(
            [as_text(value) if isinstance(value, datetime | Decimal) else value for value in map(record.get, names)]
        )


def _write_json(document: Mapping[str, Any], stream: IO[str]) -> None:
    """Write one object, with one record per line. A list or iterator of records is consumed as it is written."""
    encode = json.JSONEncoder(default=as_text).encode
    stream.write("{")
    for number, (member, value) in enumerate(document.items()):
        stream.write(f"{',' if number else ''}\n{encode(member)}: ")
        if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
            stream.write(encode(value))
            continue
        stream.write("[")
        for index, record in enumerate(value):
            stream.write(("," if index else "") + "\n  " + encode(record))
        stream.write("]")
    stream.write("\n}\n")


@contextmanager
def atomic_write(file: Path) -> Iterator[Path]:
    """Yield a path to write to, which replaces the file when everything is written; a failure leaves the file unchanged.

    Raises:
        CommandFailed: it cannot be written.

    """
    target = Path(os.path.realpath(file))  # keeps a link, and writes to its target
    part = target.with_name(f".{target.name}.part")
    try:
        if file.exists() and not file.is_file():  # a device
            yield file
            return
        try:
            yield part
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise CommandFailed(
            f"{file} was not written: {error.strerror or error}.", "Close it, free some space, or name another file."
        ) from error


def print_row(row: Entity) -> None:
    """Print a row's columns, one per line, in the contract's order; missing columns are shown as absent."""
    width = max(len(column.name) for column in COLUMNS)
    for column in COLUMNS:
        value = row.get(column.name)
        shown = ("(absent)", "dim") if value is None else as_text(value)
        say(f"    {column.name:{width}}  ", (f"{column.edm.value:8}  ", "dim"), shown)


def as_text(value: str | float | date | Decimal) -> str:
    """Return a column's value as text: amounts are exact, without an exponent."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def account_fields(account: Account) -> dict[str, str]:
    """Return the members that identify an account in a record."""
    return dict(zip(ACCOUNT, (account.name, account.tenant_id), strict=True))


def credit_fields(account: Account, currency: str, balance: Decimal) -> dict[str, Any]:
    """Return the account's credit limit and the percentage used; None for a balance in another currency."""
    limit = account.credit_limit
    if limit is None or limit.currency != currency:
        return dict.fromkeys(CREDIT)
    return dict(zip(CREDIT, (limit.amount, limit.used_percent(balance)), strict=True))
