"""Results for programs: CSV or JSON, in UTF-8 whatever the console. Times are ISO 8601 in UTC."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import IO, Any

from cli.support.files import stdout_for_programs
from cli.support.options import Format
from cli.support.row_view import as_text
from shared.settings.accounts import Account

Record = Mapping[str, Any]


def print_records(how: Format, names: Sequence[str], records: Iterable[Record], document: Mapping[str, Any]) -> None:
    """Print the records as CSV with these columns, or the whole document as JSON."""
    with stdout_for_programs() as stream:
        if how is Format.JSON:
            write_json(document, stream)
        else:
            write_csv(names, records, stream)


def write_csv(names: Sequence[str], records: Iterable[Record], stream: IO[str]) -> None:
    """Write a header and a line per record; what a record does not have is empty."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(names)
    for record in records:
        writer.writerow([as_text(value) if isinstance(value, datetime) else value for value in map(record.get, names)])


def write_json(document: Mapping[str, Any], stream: IO[str]) -> None:
    """Write one object; a member that is a list or any other series of records is taken when it is written, a record per line."""
    encode = json.JSONEncoder(default=as_text).encode
    stream.write("{")
    for number, (member, value) in enumerate(document.items()):
        stream.write(f"{',' if number else ''}\n{encode(member)}: ")
        if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
            stream.write(encode(value))
            continue
        stream.write("[")
        for place, record in enumerate(value):
            stream.write(("," if place else "") + "\n  " + encode(record))
        stream.write("]")
    stream.write("\n}\n")


def account_fields(account: Account) -> dict[str, str]:
    """Return what names an account in a record."""
    return {"account": account.name, "tenantId": account.tenant_id}


def credit_fields(account: Account, currency: str, balance: Decimal) -> dict[str, Any]:
    """Return the account's credit limit, as text, and the percentage that is used; null for a balance of another currency."""
    limit = account.credit_limit
    if limit is None or limit.currency != currency:
        return {"creditLimit": None, "creditUsedPercent": None}
    return {"creditLimit": f"{limit.amount:f}", "creditUsedPercent": limit.used_percent(balance)}
