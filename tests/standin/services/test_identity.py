"""The managed-identity endpoint, with azure-identity's own client."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ManagedIdentityCredential

from standin import StandIn
from standin.faults import Status


def claims_of(token: str) -> dict[str, Any]:
    """Read a token without asking who signed it."""
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


@pytest.mark.parametrize("resource", ["https://vault.azure.net", "https://storage.azure.com"])
def test_a_token_is_for_its_resource(world: StandIn, credential: ManagedIdentityCredential, resource: str) -> None:
    """The audience, the tenant and the identity are what a service checks."""
    token = credential.get_token(f"{resource}/.default")
    claims = claims_of(token.token)
    identity = world.identity.user_assigned
    assert (claims["aud"], claims["tid"], claims["appid"], claims["oid"]) == (
        resource,
        identity.tenant_id,
        identity.client_id,
        identity.object_id,
    )
    assert claims["iss"] == f"https://sts.windows.net/{identity.tenant_id}/"
    assert token.expires_on > datetime.now(UTC).timestamp()


@pytest.mark.parametrize("suffix", ["", "USGov", "China"])
def test_a_federation_token_has_the_issuer_of_a_federated_credential(
    world: StandIn, credential: ManagedIdentityCredential, suffix: str
) -> None:
    """Issuer, subject and audience are what an app registration names."""
    claims = claims_of(credential.get_token(f"api://AzureADTokenExchange{suffix}/.default").token)
    identity = world.identity.user_assigned
    assert (claims["iss"], claims["sub"]) == (identity.issuer, identity.object_id)
    assert claims["aud"] == f"api://AzureADTokenExchange{suffix}"


def test_without_a_client_id_it_is_the_system_assigned_identity(world: StandIn) -> None:
    """As on App Service."""
    with ManagedIdentityCredential() as credential:
        claims = claims_of(credential.get_token("https://vault.azure.net/.default").token)
    assert claims["oid"] == world.identity.system_assigned.object_id


def test_an_unknown_identity_is_refused(world: StandIn) -> None:
    """400, and the credential says why."""
    stranger = ManagedIdentityCredential(client_id="00000000-0000-0000-0000-000000000000", retry_total=0)
    with stranger, pytest.raises(ClientAuthenticationError, match="No User Assigned or Delegated Managed Identity"):
        stranger.get_token("https://vault.azure.net/.default")
    assert [call.status for call in world.journal.calls("identity")] == [400]


def test_a_wrong_header_is_refused(
    world: StandIn, credential: ManagedIdentityCredential, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a process that knows IDENTITY_HEADER gets a token."""
    monkeypatch.setenv("IDENTITY_HEADER", "guessed")
    with pytest.raises(ClientAuthenticationError):
        credential.get_token("https://vault.azure.net/.default")
    assert [call.status for call in world.journal.calls("identity")] == [401]


def test_another_api_version_is_refused(world: StandIn, session: requests.Session) -> None:
    """2019-08-01 is the only one."""
    answer = session.get(
        world.identity.endpoint,
        params={"api-version": "2017-09-01", "resource": "https://vault.azure.net"},
        headers={"X-IDENTITY-HEADER": world.identity.header},
        timeout=10,
    )
    assert (answer.status_code, answer.json()["statusCode"]) == (400, 400)


@pytest.mark.parametrize("status", [429, 500])
def test_it_can_be_out_of_order(world: StandIn, status: int) -> None:
    """A status that passes by itself is retried by the client, and then there is a token."""
    world.faults.add("identity", Status(status))
    with ManagedIdentityCredential(retry_backoff_factor=0) as credential:
        assert credential.get_token("https://vault.azure.net/.default").token
    assert [call.status for call in world.journal.calls("identity")] == [status, 200]


def test_the_lifetime_of_tokens_can_be_chosen(world: StandIn, credential: ManagedIdentityCredential) -> None:
    """Tokens that are over are handed out all the same, for tests of the services that refuse them."""
    world.tokens.lifetime = timedelta(hours=-1)
    claims = claims_of(credential.get_token("https://vault.azure.net/.default").token)
    assert claims["exp"] < datetime.now(UTC).timestamp()
