"""Results member by member: CSV or JSON in UTF-8 for programs, a row for a person. Times are ISO 8601 in UTC."""

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
"""Columns that several lists of records have."""


def write_records(
    form: str,
    names: Sequence[str],
    records: Iterable[Record],
    document: Mapping[str, Any],
    stream: IO[str] | None = None,
) -> None:
    """Write the records as `csv` with these columns, or the whole document as `json`; without a stream to stdout."""
    if stream is None:
        stream = sys.stdout
        if isinstance(stream, io.TextIOWrapper):  # whatever the console's encoding
            stream.reconfigure(encoding="utf-8", newline="\n")
    if form == "json":
        _write_json(document, stream)
    else:
        _write_csv(names, records, stream)


def _write_csv(names: Sequence[str], records: Iterable[Record], stream: IO[str]) -> None:
    """Write a header and a line per record; what a record does not have is empty."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(names)
    for record in records:
        writer.writerow(
            [as_text(value) if isinstance(value, datetime | Decimal) else value for value in map(record.get, names)]
        )


def _write_json(document: Mapping[str, Any], stream: IO[str]) -> None:
    """Write one object; a member that is a list or any other series of records is taken when it is written, a record per line."""
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
    """Give a path to write to, which takes the file's place once all is written; a failure leaves the file as it was.

    Raises:
        CommandFailed: it cannot be written.

    """
    target = Path(os.path.realpath(file))  # a link stays, and the file that it leads to is written
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
    """Print a row's columns in the contract's order, a line each; one that the row does not have is shown as absent."""
    width = max(len(column.name) for column in COLUMNS)
    for column in COLUMNS:
        value = row.get(column.name)
        shown = ("(absent)", "dim") if value is None else as_text(value)
        say(f"    {column.name:{width}}  ", (f"{column.edm.value:8}  ", "dim"), shown)


def as_text(value: str | float | date | Decimal) -> str:
    """Write a column's value as text, an amount to its last digit in plain notation."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def account_fields(account: Account) -> dict[str, str]:
    """Return what names an account in a record."""
    return dict(zip(ACCOUNT, (account.name, account.tenant_id), strict=True))


def credit_fields(account: Account, currency: str, balance: Decimal) -> dict[str, Any]:
    """Return the account's credit limit and the percentage that is used; null for a balance of another currency."""
    limit = account.credit_limit
    if limit is None or limit.currency != currency:
        return dict.fromkeys(CREDIT)
    return dict(zip(CREDIT, (limit.amount, limit.used_percent(balance)), strict=True))
