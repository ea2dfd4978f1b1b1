"""The job's parts over the stand-in: real clients, real connections, and retries that take no time."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from azure.core.pipeline.transport import RequestsTransport
from azure.data.tables import TableClient
from azure.identity import ManagedIdentityCredential
from azure.keyvault.secrets import SecretClient

from shared.azure_services.call import CLIENT_OPTIONS
from shared.azure_services.identity import CachedCredential, azure_credential
from shared.azure_services.vault import Vault
from shared.balance_reader import BalanceReader
from shared.history.table import HistoryTable
from shared.net.http_session import HttpSession, tls_context
from shared.net.retry import Retry
from shared.settings.accounts import Account
from shared.settings.read import read_settings
from shared.sign_in.entra import SignIn
from standin import StandIn
from standin.partner import Partner


@pytest.fixture
def waits() -> list[float]:
    """Return the seconds that the retries would have waited."""
    return []


@pytest.fixture
def retry(world: StandIn, waits: list[float]) -> Retry:
    """Return a retry layer that notes its waits, always the longest, and does not wait."""
    return Retry(deadline=time.monotonic() + 120, sleep=waits.append, jitter=max, now=world.clock.now)


@pytest.fixture
def session(world: StandIn) -> Iterator[HttpSession]:
    """Return the HTTP session of a run."""
    with HttpSession(tls=tls_context(str(world.ca_bundle)), now=world.clock.now) as built:
        yield built


@pytest.fixture
def options(session: HttpSession) -> dict[str, Any]:
    """Return what every Azure client of a run is built with."""
    return CLIENT_OPTIONS | {"transport": RequestsTransport(session=session, session_owner=False)}


@pytest.fixture
def credential(world: StandIn, options: dict[str, Any]) -> Iterator[ManagedIdentityCredential]:
    """Return the managed identity's credential, as in Azure."""
    client_id = world.identity.user_assigned.client_id
    built = azure_credential(in_azure=True, client_id=client_id, transport=options["transport"])
    assert isinstance(built, ManagedIdentityCredential)
    with built:
        yield built


@pytest.fixture
def identity(credential: ManagedIdentityCredential, retry: Retry) -> CachedCredential:
    """Return the identity that the Azure clients ask for tokens."""
    return CachedCredential(credential, retry)


@pytest.fixture
def vault(world: StandIn, identity: CachedCredential, retry: Retry, options: dict[str, Any]) -> Iterator[Vault]:
    """Return the vault of a run."""
    with SecretClient(world.vault.url, identity, **options) as client:
        yield Vault(client, retry)


@pytest.fixture
def table(
    world: StandIn, session: HttpSession, identity: CachedCredential, retry: Retry, options: dict[str, Any]
) -> Iterator[HistoryTable]:
    """Return the table, which does not exist yet."""
    with TableClient(world.table.endpoint, "partnerbalances", credential=identity, **options) as client:
        yield HistoryTable(client, session, retry, lambda: identity.get_token("https://storage.azure.com/.default"))


@pytest.fixture
def archive(
    world: StandIn, session: HttpSession, identity: CachedCredential, retry: Retry, options: dict[str, Any]
) -> Iterator[HistoryTable]:
    """Return the archive's table, which does not exist yet."""
    with TableClient(world.archive.endpoint, "partnerbalances", credential=identity, **options) as client:
        yield HistoryTable(client, session, retry, lambda: identity.get_token("https://storage.azure.com/.default"))


@pytest.fixture
def sign_in(session: HttpSession, retry: Retry) -> SignIn:
    """Return what signs in at the stand-in's Entra ID, at its time."""
    return SignIn(session, retry)


@pytest.fixture
def reader(vault: Vault, identity: CachedCredential, session: HttpSession, retry: Retry) -> BalanceReader:
    """Return what reads balances."""
    return BalanceReader(vault, identity, session, retry)


@pytest.fixture
def account_of(world: StandIn) -> Callable[[Partner], Account]:
    """Return what makes the job's account of a partner of the stand-in, by its settings."""

    def account(partner: Partner) -> Account:
        (read,) = read_settings(world.environ | partner.environ).accounts
        return read

    return account
