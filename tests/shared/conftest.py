"""The job's parts over the stand-in: real clients, real connections, and retries that take no time."""

import time
from collections.abc import Callable, Iterator

import pytest
import requests
from azure.data.tables import TableClient
from azure.identity import ManagedIdentityCredential
from azure.keyvault.secrets import SecretClient
from hypothesis import settings

from shared.azure_services.call import CLIENT_OPTIONS
from shared.azure_services.identity import Identity, azure_credential
from shared.azure_services.vault import Vault
from shared.balance_reader import Reader
from shared.history.table import HistoryTable
from shared.job import new_id
from shared.net.retry import Retry
from shared.settings.accounts import Account
from shared.settings.read import read_settings
from shared.sign_in.entra import SignIn
from standin import StandIn
from standin.partner import Partner

# No time limit an example: a busy machine is no defect.
settings.register_profile("calm", deadline=None, max_examples=60)
settings.load_profile("calm")


@pytest.fixture
def waits() -> list[float]:
    """Return the seconds that the retries would have waited."""
    return []


@pytest.fixture
def retry(waits: list[float]) -> Retry:
    """Return a retry layer that notes its waits, always the longest, and does not wait."""
    return Retry(deadline=time.monotonic() + 120, sleep=waits.append, jitter=max)


@pytest.fixture
def credential(world: StandIn) -> Iterator[ManagedIdentityCredential]:
    """Return the managed identity's credential, as in Azure."""
    built = azure_credential(in_azure=True, client_id=world.identity.user_assigned.client_id)
    assert isinstance(built, ManagedIdentityCredential)
    with built:
        yield built


@pytest.fixture
def identity(credential: ManagedIdentityCredential, retry: Retry) -> Identity:
    """Return the identity that the Azure clients ask for tokens."""
    return Identity(credential, retry)


@pytest.fixture
def vault(world: StandIn, identity: Identity, retry: Retry) -> Iterator[Vault]:
    """Return the vault of a run."""
    with SecretClient(world.vault.url, identity, **CLIENT_OPTIONS) as client:
        yield Vault(client, retry)


@pytest.fixture
def table(world: StandIn, identity: Identity, retry: Retry) -> Iterator[HistoryTable]:
    """Return the table, which does not exist yet."""
    with TableClient(world.table.endpoint, "partnerbalances", credential=identity, **CLIENT_OPTIONS) as client:
        yield HistoryTable(client, retry, lambda: identity.get_token("https://storage.azure.com/.default"))


@pytest.fixture
def archive(world: StandIn, identity: Identity, retry: Retry) -> Iterator[HistoryTable]:
    """Return the archive's table, which does not exist yet."""
    with TableClient(world.archive.endpoint, "partnerbalances", credential=identity, **CLIENT_OPTIONS) as client:
        yield HistoryTable(client, retry, lambda: identity.get_token("https://storage.azure.com/.default"))


@pytest.fixture
def session() -> Iterator[requests.Session]:
    """Return a connection pool."""
    with requests.Session() as pool:
        yield pool


@pytest.fixture
def sign_in(world: StandIn, session: requests.Session, retry: Retry) -> SignIn:
    """Return what signs in at the stand-in's Entra ID, at its time."""
    return SignIn(session, retry, world.clock.now)


@pytest.fixture
def reader(
    world: StandIn, vault: Vault, identity: Identity, sign_in: SignIn, session: requests.Session, retry: Retry
) -> Reader:
    """Return what reads balances."""
    return Reader(vault, identity, sign_in, session, retry, world.clock.now, new_id)


@pytest.fixture
def account_of(world: StandIn) -> Callable[[Partner], Account]:
    """Return what makes the job's account of a partner of the stand-in, by its settings."""

    def account(partner: Partner) -> Account:
        (read,) = read_settings(world.environ | partner.environ).accounts
        return read

    return account
