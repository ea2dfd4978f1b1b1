"""Secrets from a simulated vault, through the real client."""

import json
from datetime import UTC, datetime

import pytest
from azure.keyvault.secrets._shared import http_challenge_cache

from shared.azure_services.vault import Secret, Vault, check_value
from shared.errors import IdentityUnavailable, VaultSecretInvalid, VaultUnreachable
from standin import StandIn
from standin.faults import Cut, Fault, Status, unavailable
from tests.support.samples import TENANT

END = datetime(2027, 1, 31, 12, 30, tzinfo=UTC)
HUSH = "hush-hush-8Q~secret"


def test_a_secret_comes_with_its_metadata(world: StandIn, vault: Vault) -> None:
    """Its kind, expiry and age decide how it is handled; most secrets have neither kind nor expiry. Names ignore case."""
    created = datetime(2026, 10, 1, tzinfo=UTC)
    world.vault.put("app", HUSH, content_type="text/plain", expires_on=END, created=created, tags={"a": "b"})
    assert vault.secret("app") == Secret("app", HUSH, "text/plain", END, created, {"a": "b"})
    world.vault.put("bare", HUSH, created=created)
    assert vault.secret("bare") == Secret("bare", HUSH, created_on=created)
    assert HUSH not in repr(vault.secret("bare"))
    answer = {"id": f"{world.vault.url}/secrets/OTHER/1", "value": HUSH, "attributes": {}}
    world.faults.add("vault", Status(200, json.dumps(answer)))
    assert vault.secret("other") == Secret("other", HUSH)


@pytest.mark.parametrize(
    "stored", [" {}\r\n", "\ufeff{}", "\u200b{}\u200d", " \ufeff {} \u2060\u00a0", "\u00ef\u00bb\u00bf{}"], ids=ascii
)
def test_the_newest_version_counts_and_marks_around_it_do_not(world: StandIn, vault: Vault, stored: str) -> None:
    """Storing a secret from a file adds a line break and a byte order mark; a renewal still recognizes its token."""
    world.vault.put("app", "old")
    world.vault.put("app", stored.format(HUSH))
    assert vault.secret("app").value == HUSH
    vault.store("app", "new", content_type="x", expires_on=END, tags={}, replacing=HUSH)
    assert [version.value for version in world.vault.versions("app")] == ["old", stored.format(HUSH), "new"]


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (unavailable(), "503"),
        (Cut(), "the response was cut off"),
        (Status(200, "{}", {"Content-Encoding": "gzip"}), "cannot be decompressed"),
        (Status(200, '{"value": "hush-hu'), "not a JSON object"),
        (
            Status(401, "{}", {"WWW-Authenticate": 'Bearer authorization="https://x/t", resource="https://evil.net"'}),
            "did not identify itself as this vault",
        ),
    ],
    ids=["503", "cut", "not compressed", "cut json", "somebody else's challenge"],
)
def test_without_a_usable_response_the_vault_is_unreachable(
    world: StandIn, vault: Vault, fault: Fault, why: str
) -> None:
    """A gateway, a wrong URL or a broken response: the vault is not reached, and no token is sent to anybody else."""
    world.vault.put("app", HUSH)
    http_challenge_cache.clear()
    world.faults.add("vault", fault, times=None)
    with pytest.raises(VaultUnreachable, match=f"^the secret app in {world.vault.url}.*{why}") as raised:
        vault.secret("app")
    assert ("own address" in raised.value.remedy) == ("identify itself" in why)
    assert "hush" not in str(raised.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": 5},
        {"id": "https://x.vault.azure.net/secrets/other/1"},
        {"value": ["hush"]},
        {"value": True},
        {"attributes": "hush"},
        {"attributes": [[]]},
        {"attributes": {"exp": -1e300}},
        {"attributes": {"exp": 10**30}},
        {"attributes": {"created": "hush"}},
        {"tags": "hush"},
    ],
    ids=str,
)
def test_a_response_of_the_wrong_form_is_unreadable(world: StandIn, vault: Vault, wrong: dict[str, object]) -> None:
    """When reading, and when a renewal checks first; the vault's client does not check types and decodes late."""
    answer = {"id": f"{world.vault.url}/secrets/app/1", "value": "old", "attributes": {"enabled": True}}
    world.vault.put("app", "old")
    world.faults.add("vault", Status(200, json.dumps(answer | wrong)), method="GET", times=None)
    with pytest.raises(VaultUnreachable):
        vault.secret("app")
    with pytest.raises(VaultUnreachable):
        vault.store("app", "new", content_type="x/y", expires_on=END, tags={}, replacing="old")
    assert [version.value for version in world.vault.versions("app")] == ["old"]


def test_only_the_token_that_was_used_is_replaced(world: StandIn, vault: Vault) -> None:
    """Checked before each attempt, because somebody may have stored a new consent in the meantime."""
    world.vault.put("token", "old")
    world.faults.add("vault", unavailable(), method="PUT", times=2)
    vault.store("token", "new", content_type="x/y", expires_on=END, tags={}, replacing="old")
    vault.store("token", "newest", content_type="x/y", expires_on=END, tags={}, replacing="old")
    assert [version.value for version in world.vault.versions("token")] == ["old", "new"]


def test_a_missing_identity_is_named_as_such(world: StandIn, vault: Vault) -> None:
    """The vault is not at fault if there is no token for it, even after it has sent its challenge."""
    http_challenge_cache.clear()
    world.faults.add("identity", unavailable(), times=None)
    with pytest.raises(IdentityUnavailable):
        vault.secret("app")


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        *((value, "is in quotes") for value in ('"hush', "\u201chush\u201d", "hush'")),
        *((value, "is a GUID") for value in (TENANT.upper(), f"{{{TENANT}}}")),
        *((value, "is JSON") for value in ('{"value": "hush"}', '["hush"]')),
        ("@Microsoft.KeyVault(SecretUri=https://hush/)", "is a Key Vault reference"),
        ("HTTPS://contoso.vault.azure.net/secrets/hush", "is an address"),
        ("hu sh", "has a space at position 3"),
        ("hush\nhush", "has the character U+000A at position 5"),
        ("hush\u00fc", "has the character U+00FC at position 5"),
        ("hu\u200bsh", "has the character U+200B at position 3"),
        ("h\x00ush", "has the character U+0000 at position 2"),
    ],
)
def test_an_unusable_secret_is_refused(value: str, wrong: str) -> None:
    """The message says what was found, without the value."""
    with pytest.raises(VaultSecretInvalid) as raised:
        check_value(Secret("app", value))
    assert str(raised.value).startswith(f"the secret app {wrong}")
    assert "hush" not in str(raised.value)
