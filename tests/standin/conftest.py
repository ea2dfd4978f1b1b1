"""The real clients that the job uses, without retries."""

from collections.abc import Iterator

import pytest
import requests
from azure.data.tables import TableClient
from azure.identity import ManagedIdentityCredential
from azure.keyvault.secrets import SecretClient

from standin import StandIn


@pytest.fixture
def session(world: StandIn) -> Iterator[requests.Session]:
    """Return a session that trusts the world only because of the environment."""
    with requests.Session() as session:
        yield session


@pytest.fixture
def credential(world: StandIn) -> Iterator[ManagedIdentityCredential]:
    """Return the user-assigned identity, without retries."""
    client_id = world.identity.user_assigned.client_id
    with ManagedIdentityCredential(client_id=client_id, retry_total=0) as credential:
        yield credential


@pytest.fixture
def secret_client(world: StandIn, credential: ManagedIdentityCredential) -> Iterator[SecretClient]:
    """Return a client for the vault, without retries."""
    with SecretClient(world.vault.url, credential, retry_total=0) as client:
        yield client


@pytest.fixture
def table_client(world: StandIn, credential: ManagedIdentityCredential) -> Iterator[TableClient]:
    """Return a client for an existing table, without retries."""
    with TableClient(world.table.endpoint, "partnerbalances", credential=credential, retry_total=0) as client:
        client.create_table()
        world.journal.clear()
        yield client
