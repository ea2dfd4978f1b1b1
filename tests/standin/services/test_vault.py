"""Key Vault's rights, challenge and tokens; what a secret's state means is tested with the job's own client."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.keyvault.secrets import SecretClient

from standin import StandIn


def inner_code(refusal: HttpResponseError) -> object:
    """Return the code that distinguishes one 403 from another."""
    assert refusal.error is not None
    return refusal.error.innererror["code"]


def test_the_first_call_is_challenged(world: StandIn, session: requests.Session) -> None:
    """401 names where to get a token, and for what; the client insists on a parent domain of the vault."""
    answer = session.get(f"{world.vault.url}/secrets/name", timeout=10)
    assert answer.status_code == 401
    assert f'resource="https://0.0.1:{world.vault.port}"' in answer.headers["WWW-Authenticate"]


def test_the_latest_version_is_read_unless_one_is_named(world: StandIn, secret_client: SecretClient) -> None:
    """Rotation adds versions; old ones stay readable."""
    old = world.vault.put("name", "old")
    secret_client.set_secret("name", "new")
    assert secret_client.get_secret("name").value == "new"
    assert secret_client.get_secret("name", old.id).value == "old"


@pytest.mark.parametrize(("right", "action"), [("get", "getSecret"), ("set", "setSecret")])
def test_each_right_can_be_taken_away(world: StandIn, secret_client: SecretClient, right: str, action: str) -> None:
    """The refusal is that of role-based access control and names the action; the other right is not affected."""
    world.vault.put("name", "value")
    world.identity.user_assigned.vault_rights.discard(right)
    calls: dict[str, Callable[[], object]] = {
        "get": lambda: secret_client.get_secret("name"),
        "set": lambda: secret_client.set_secret("name", "new"),
    }
    with pytest.raises(HttpResponseError, match=f"secrets/{action}/action") as caught:
        calls.pop(right)()
    assert (caught.value.status_code, inner_code(caught.value)) == (403, "ForbiddenByRbac")
    for other in calls.values():
        other()


def test_an_expired_token_is_refused(world: StandIn, secret_client: SecretClient) -> None:
    """The vault reads the token's end."""
    world.tokens.lifetime = timedelta(hours=-1)
    with pytest.raises(ClientAuthenticationError, match="expired"):
        secret_client.get_secret("name")


@pytest.mark.parametrize(
    ("claims", "status"), [({"aud": "https://storage.azure.com"}, 401), ({"oid": "stranger"}, 403)]
)
def test_a_foreign_token_is_refused(
    world: StandIn, session: requests.Session, claims: dict[str, Any], status: int
) -> None:
    """One for another service, and one of an identity without any role."""
    own = {"aud": f"https://0.0.1:{world.vault.port}", "oid": world.identity.user_assigned.object_id, "iss": "x"}
    headers = {"Authorization": f"Bearer {world.tokens.sign(own | claims)}"}
    assert session.get(f"{world.vault.url}/secrets/name", headers=headers, timeout=10).status_code == status
