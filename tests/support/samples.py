"""Values that several tests of settings and related objects share."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any, Protocol, TypeVar

import pytest

from shared.history.row import Entity
from shared.history.runs import RunContext
from shared.settings.accounts import Account
from shared.settings.clouds import CLOUDS
from shared.settings.setting import WrongValue

R_co = TypeVar("R_co", covariant=True)

TENANT = "0a1b2c3d-0000-4000-8000-00000000000a"
OTHER_TENANT = "0a1b2c3d-0000-4000-8000-00000000000b"
CLIENT = "0a1b2c3d-0000-4000-8000-0000000000c1"
IDENTITY = "0a1b2c3d-0000-4000-8000-0000000000d1"
NOW = datetime(2026, 11, 23, 6, 17, tzinfo=UTC)
DAY = NOW.date()

TABLE_AND_VAULT = {
    "SNAPSHOT_TABLE_ENDPOINT": "https://contosohistory.table.core.windows.net",
    "KEY_VAULT_URL": "https://contoso.vault.azure.net",
}
SINGLE = TABLE_AND_VAULT | {
    "PARTNER_TENANT_ID": TENANT,
    "PARTNER_CLIENT_ID": CLIENT,
    "PARTNER_SECRET_NAME": "partner-app",
}
"""The minimum settings for a single account."""

FULL_ACCOUNT = {
    "name": "Contoso",
    "tenantId": TENANT,
    "clientId": CLIENT,
    "credential": "vault",
    "secretName": "partner-app",
    "auth": "app_user",
    "refreshTokenName": "partner-token",
    "balances": "summaries",
    "creditLimit": "85000.50 usd",
    "cloud": "usgov",
}
"""A PARTNER_ACCOUNTS object with every member."""


def many(*accounts: Any) -> dict[str, str]:
    """Return the settings of several accounts."""
    return TABLE_AND_VAULT | {"PARTNER_ACCOUNTS": json.dumps(accounts)}


def wrong_of(read: Callable[[str], Any], text: str) -> tuple[str, str | None]:
    """Return what is wrong with a text that a reader refuses, and what would be right, if the reader says so."""
    with pytest.raises(WrongValue) as raised:
        read(text)
    return str(raised.value), raised.value.right


def account(**fields: Any) -> Account:
    """Return an account with `fields` instead of the defaults."""
    usual: dict[str, Any] = {
        "tenant_id": TENANT,
        "client_id": CLIENT,
        "name": "Contoso",
        "cloud": CLOUDS["global"],
        "secret_name": "partner-app",
    }
    return Account(**usual | fields)


def run_of(day: date = DAY, run_id: str = "run 1", **fields: Any) -> RunContext:
    """Return a run for a day."""
    return RunContext(day, run_id, NOW, **fields)


class Appending(Protocol[R_co]):
    """What accepts rows: a table, or the history of a table and its archive."""

    def append(self, rows: Sequence[Entity], run_id: str) -> R_co:
        """Append the rows in the name of a run."""


def append(where: Appending[R_co], rows: Sequence[Entity]) -> R_co:
    """Append the rows on behalf of a run."""
    return where.append(rows, str(rows[0]["RunId"]))
