"""Key Vault, with the Azure SDK's own client."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.keyvault.secrets import SecretClient

from standin import StandIn
from standin.faults import Status, throttled

MOMENT = datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)


def inner_code(refusal: HttpResponseError) -> object:
    """Return the code that tells one 403 from another."""
    assert refusal.error is not None
    return refusal.error.innererror["code"]


def test_a_secret_comes_with_all_it_has(world: StandIn, secret_client: SecretClient) -> None:
    """Value, content type, times, tags and version are what the job decides on."""
    stored = world.vault.put(
        "name", "value", content_type="application/x-pkcs12", expires_on=MOMENT, created=MOMENT, tags={"kind": "test"}
    )
    secret = secret_client.get_secret("name")
    properties = secret.properties
    assert (secret.value, properties.content_type, properties.version) == ("value", "application/x-pkcs12", stored.id)
    assert (properties.expires_on, properties.created_on, properties.not_before) == (MOMENT, MOMENT, None)
    assert (properties.enabled, properties.tags) == (True, {"kind": "test"})


def test_the_first_call_is_challenged(world: StandIn, session: requests.Session) -> None:
    """401 names where to get a token, and for what; the client insists on a parent domain of the vault."""
    answer = session.get(f"{world.vault.url}/secrets/name", timeout=10)
    assert answer.status_code == 401
    assert f'resource="https://0.0.1:{world.vault.port}"' in answer.headers["WWW-Authenticate"]
    assert answer.json()["error"]["code"] == "Unauthorized"


def test_the_latest_version_is_read_unless_one_is_named(world: StandIn, secret_client: SecretClient) -> None:
    """Rotation adds versions; old ones stay readable."""
    old = world.vault.put("name", "old")
    world.vault.put("name", "new")
    assert secret_client.get_secret("name").value == "new"
    assert secret_client.get_secret("name", old.id).value == "old"


def test_setting_a_secret_adds_a_version(world: StandIn, secret_client: SecretClient) -> None:
    """What the client sends is stored, at the simulated time."""
    world.clock.advance(days=10)
    secret_client.set_secret("name", "value", content_type="text/plain", expires_on=MOMENT, tags={"a": "b"})
    version = world.vault.versions("name")[-1]
    assert (version.value, version.content_type, version.expires_on, version.tags) == (
        "value",
        "text/plain",
        MOMENT,
        {"a": "b"},
    )
    assert version.created - datetime.now(UTC) > timedelta(days=9)


@pytest.mark.parametrize("version", [None, "0123456789abcdef0123456789abcdef"])
def test_a_missing_secret_is_not_found(world: StandIn, secret_client: SecretClient, version: str | None) -> None:
    """The same for a name and for a version that is not there."""
    if version:
        world.vault.put("name", "value")
    with pytest.raises(ResourceNotFoundError, match="SecretNotFound"):
        secret_client.get_secret("name", version)


def test_a_deleted_secret_is_not_found(world: StandIn, secret_client: SecretClient) -> None:
    """`delete` is what an operator does."""
    world.vault.put("name", "value")
    world.vault.delete("name")
    with pytest.raises(ResourceNotFoundError):
        secret_client.get_secret("name")


def test_a_disabled_secret_is_refused_by_its_inner_code(world: StandIn, secret_client: SecretClient) -> None:
    """403 like a missing right: only the inner code tells them apart."""
    world.vault.put("name", "value", enabled=False)
    with pytest.raises(HttpResponseError, match="disabled") as caught:
        secret_client.get_secret("name")
    assert (caught.value.status_code, inner_code(caught.value)) == (403, "SecretDisabled")


def test_a_secret_is_refused_before_its_time(world: StandIn, secret_client: SecretClient) -> None:
    """By the simulated clock."""
    world.vault.put("name", "value", not_before=datetime.now(UTC) + timedelta(days=1))
    with pytest.raises(HttpResponseError, match="activation date") as caught:
        secret_client.get_secret("name")
    assert caught.value.status_code == 403
    world.clock.advance(days=2)
    assert secret_client.get_secret("name").value == "value"


def test_an_expired_secret_is_still_handed_out(world: StandIn, secret_client: SecretClient) -> None:
    """As Key Vault does: the date is information."""
    world.vault.put("name", "value", expires_on=datetime(2020, 1, 1, tzinfo=UTC))
    assert secret_client.get_secret("name").value == "value"


@pytest.mark.parametrize(("right", "action"), [("get", "getSecret"), ("set", "setSecret")])
def test_each_right_can_be_taken_away(world: StandIn, secret_client: SecretClient, right: str, action: str) -> None:
    """The refusal is that of role-based access control and names the action."""
    world.vault.put("name", "value")
    world.identity.user_assigned.vault_rights.discard(right)
    calls: dict[str, Callable[[], object]] = {
        "get": lambda: secret_client.get_secret("name"),
        "set": lambda: secret_client.set_secret("name", "new"),
    }
    with pytest.raises(HttpResponseError, match=f"secrets/{action}/action") as caught:
        calls[right]()
    assert (caught.value.status_code, inner_code(caught.value)) == (403, "ForbiddenByRbac")
    for other in calls.keys() - {right}:
        calls[other]()
    assert len(world.vault.versions("name")) == (1 if right == "set" else 2)


def test_a_token_that_is_over_is_refused(world: StandIn, secret_client: SecretClient) -> None:
    """The vault reads the token's end."""
    world.vault.put("name", "value")
    world.tokens.lifetime = timedelta(hours=-1)
    with pytest.raises(ClientAuthenticationError, match="expired"):
        secret_client.get_secret("name")


def test_a_token_for_another_service_is_refused(world: StandIn, session: requests.Session) -> None:
    """The vault reads the token's audience."""
    token = world.tokens.sign({"aud": "https://storage.azure.com", "iss": "https://sts.windows.net/x/"})
    answer = session.get(f"{world.vault.url}/secrets/name", headers={"Authorization": f"Bearer {token}"}, timeout=10)
    assert answer.status_code == 401
    assert "The audience 'https://storage.azure.com' in the token is invalid" in answer.text


def test_an_identity_without_any_role_is_refused(world: StandIn, session: requests.Session) -> None:
    """A valid token of a stranger is not enough."""
    token = world.tokens.sign(
        {"aud": f"https://0.0.1:{world.vault.port}", "iss": "https://sts.windows.net/x/", "oid": "stranger"}
    )
    answer = session.get(f"{world.vault.url}/secrets/name", headers={"Authorization": f"Bearer {token}"}, timeout=10)
    assert (answer.status_code, answer.json()["error"]["innererror"]["code"]) == (403, "ForbiddenByRbac")


def test_a_set_without_a_value_is_refused(world: StandIn, session: requests.Session) -> None:
    """400 BadParameter."""
    identity = world.identity.user_assigned
    claims = {"aud": f"https://0.0.1:{world.vault.port}", "iss": identity.issuer, "oid": identity.object_id}
    headers = {"Authorization": f"Bearer {world.tokens.sign(claims)}"}
    answer = session.put(f"{world.vault.url}/secrets/name", json={"tags": {}}, headers=headers, timeout=10)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadParameter")


@pytest.mark.parametrize("fault", [throttled(1), Status(503)])
def test_it_can_be_out_of_order(world: StandIn, secret_client: SecretClient, fault: Status) -> None:
    """429 and 5xx instead of the challenge."""
    world.vault.put("name", "value")
    world.faults.add("vault", fault)
    with pytest.raises(HttpResponseError) as caught:
        secret_client.get_secret("name")
    assert caught.value.status_code == fault.status
    assert secret_client.get_secret("name").value == "value"
