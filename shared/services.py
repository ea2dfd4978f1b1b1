"""Builds what reads balances: the clients of Key Vault, the sign-in and Partner Center.

Imported when a run begins to need it, beside the first call of the table: importing these packages takes about as long as
that call, and most runs of a day find it complete and need none of them.
"""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from http.cookiejar import DefaultCookiePolicy

import requests
from azure.core.credentials import TokenCredential
from azure.keyvault.secrets import SecretClient

from shared.azure_services.call import CLIENT_OPTIONS
from shared.azure_services.vault import Vault
from shared.balance_reader import Reader
from shared.net.retry import Retry
from shared.settings.read import Settings
from shared.sign_in.entra import SignIn
from shared.sign_in.refresh_token import Renewals


@dataclass(frozen=True)
class Reading:
    """What reads balances and looks after the tokens behind them; it has to be closed."""

    vault: Vault | None
    reader: Reader
    renewals: Renewals | None
    clients: ExitStack

    def close(self) -> None:
        """Close every connection."""
        self.clients.close()


def open_reading(
    settings: Settings,
    identity: TokenCredential,
    retry: Retry,
    now: Callable[[], datetime],
    new_id: Callable[[], str],
) -> Reading:
    """Build the clients; nothing is called yet."""
    clients = ExitStack()
    vault = None
    if settings.vault_url is not None:
        client = clients.enter_context(SecretClient(settings.vault_url, identity, **CLIENT_OPTIONS))
        vault = Vault(client, retry)
    login = clients.enter_context(http_session())
    partner = clients.enter_context(http_session())
    reader = Reader(vault, identity, SignIn(login, retry, now), partner, retry, now, new_id)
    return Reading(vault, reader, Renewals(vault) if vault else None, clients)


def http_session() -> requests.Session:
    """Return a connection pool that keeps no cookies: accounts of different tenants share it."""
    session = requests.Session()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    return session
