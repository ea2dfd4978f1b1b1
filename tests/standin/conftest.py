"""The real clients that the job uses, without retries."""

from collections.abc import Callable, Iterator
from typing import Any

import msal
import pytest
import requests
from azure.data.tables import TableClient
from azure.identity import ManagedIdentityCredential
from azure.keyvault.secrets import SecretClient

from standin import StandIn
from standin.partner import Partner

PARTNER_CENTER = "https://api.partnercenter.microsoft.com"


@pytest.fixture
def session(world: StandIn) -> Iterator[requests.Session]:
    """Give a session that trusts the world by the environment alone."""
    with requests.Session() as session:
        yield session


@pytest.fixture
def credential(world: StandIn) -> Iterator[ManagedIdentityCredential]:
    """Give the user-assigned identity, without retries."""
    client_id = world.identity.user_assigned.client_id
    with ManagedIdentityCredential(client_id=client_id, retry_total=0) as credential:
        yield credential


@pytest.fixture
def secret_client(world: StandIn, credential: ManagedIdentityCredential) -> Iterator[SecretClient]:
    """Give a client of the vault, without retries."""
    with SecretClient(world.vault.url, credential, retry_total=0) as client:
        yield client


@pytest.fixture
def table_client(world: StandIn, credential: ManagedIdentityCredential) -> Iterator[TableClient]:
    """Give a client of an existing table, without retries."""
    with TableClient(world.table.endpoint, "partnerbalances", credential=credential, retry_total=0) as client:
        client.create_table()
        world.journal.clear()
        yield client


@pytest.fixture
def app_of(world: StandIn, session: requests.Session) -> Callable[..., Any]:
    """MSAL's client for a partner; its stored secret is the credential unless another one is given."""

    def make(partner: Partner, credential: object | None = None) -> Any:
        stored = world.vault.versions(partner.secret_name or "")
        return msal.ConfidentialClientApplication(
            partner.client_id,
            client_credential=credential or stored[-1].value,
            authority=f"{world.entra.url}/{partner.tenant_id}",
            instance_discovery=False,
            http_client=session,
        )

    return make


@pytest.fixture
def app_token(app_of: Callable[..., Any]) -> Callable[[Partner], str]:
    """Get an app-only access token for Partner Center."""

    def sign_in(partner: Partner) -> str:
        return str(app_of(partner).acquire_token_for_client([f"{PARTNER_CENTER}/.default"])["access_token"])

    return sign_in


@pytest.fixture
def user_token(world: StandIn, app_of: Callable[..., Any]) -> Callable[[Partner], str]:
    """Get an access token for Partner Center with the user behind the stored refresh token."""

    def sign_in(partner: Partner) -> str:
        stored = world.vault.versions(str(partner.refresh_token_name))[-1].value
        scopes = [f"{PARTNER_CENTER}/user_impersonation"]
        return str(app_of(partner).acquire_token_by_refresh_token(stored, scopes)["access_token"])

    return sign_in


@pytest.fixture
def balance(world: StandIn, session: requests.Session) -> Callable[..., requests.Response]:
    """Ask Partner Center for a balance."""

    def ask(token: str, endpoint: str = "summary", **headers: str) -> requests.Response:
        return session.get(
            f"{world.partner_center.url}/v1/invoices/{endpoint}",
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json", **headers},
            timeout=10,
        )

    return ask
