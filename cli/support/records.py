"""Results for programs: CSV or JSON, in UTF-8 whatever the console."""

import csv
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from cli.support.files import stdout_for_programs
from cli.support.options import Format
from shared.settings.accounts import Account


def print_records(
    how: Format, names: Sequence[str], records: Sequence[Mapping[str, Any]], document: Mapping[str, Any]
) -> None:
    """Print the records as CSV with these columns, or the whole document as JSON."""
    with stdout_for_programs() as stream:
        if how is Format.JSON:
            json.dump(document, stream, indent=2)
            stream.write("\n")
        else:
            writer = csv.DictWriter(stream, names, extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
            writer.writerows(records)


def account_fields(account: Account) -> dict[str, str]:
    """Return what names an account in a record."""
    return {"account": account.name, "tenantId": account.tenant_id}


def credit_fields(account: Account, currency: str, balance: Decimal) -> dict[str, Any]:
    """Return the account's credit limit, as text, and the percentage that is used; null for a balance of another currency."""
    limit = account.credit_limit
    if limit is None or limit.currency != currency:
        return {"creditLimit": None, "creditUsedPercent": None}
    return {"creditLimit": f"{limit.amount:f}", "creditUsedPercent": limit.used_percent(balance)}
