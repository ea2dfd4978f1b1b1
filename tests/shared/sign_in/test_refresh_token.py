"""When a refresh token is renewed, and what is stored with it."""

from datetime import timedelta

import pytest

from shared.azure_services.vault import Secret, Vault
from shared.errors import VaultAccessDenied, VaultSecretInvalid, VaultSecretMissing
from shared.sign_in import refresh_token
from shared.sign_in.refresh_token import Renewals, expires_on, is_due
from standin import StandIn
from tests.support.samples import NOW, account


@pytest.mark.parametrize(
    ("created", "end", "due", "expires"),
    [
        *((age, None, False, 90 - age) for age in (0, 6.9, 7, -1)),
        *((age, None, True, 90 - age) for age in (7.001, 89)),
        (None, None, True, None),  # of unknown age: it may be on its last day
        (0, 82, True, 82),  # a copy is as old as its end says
        (0, 83, False, 83),
        (8, 365, True, 365),
        (None, 3, True, 3),
    ],
)
def test_a_token_is_renewed_after_seven_days_and_ends_after_ninety(
    created: float | None, end: float | None, expires: float | None, *, due: bool
) -> None:
    """Weekly: a secret with more than 500 versions cannot be backed up. All in days."""
    token = Secret(
        "token",
        "hush",
        created_on=None if created is None else NOW - timedelta(days=created),
        expires_on=None if end is None else NOW + timedelta(days=end),
    )
    assert is_due(token, NOW) is due
    assert expires_on(token) == (None if expires is None else NOW + timedelta(days=expires))


def renewed(world: StandIn, vault: Vault, *, name: str = "token") -> Secret:
    """Put a token into the vault, and return it as a run reads it."""
    world.vault.put(name, "old")
    return vault.secret(name)


def test_accounts_that_share_a_token_store_it_once(world: StandIn, vault: Vault) -> None:
    """Each has got a new one; one is enough, and another name is another token."""
    renewals = Renewals(vault)
    used = renewed(world, vault)
    for token in ("new 1", "new 2"):
        renewals.renew(account(), used, token, NOW)
    renewals.renew(account(), renewed(world, vault, name="other"), "new 3", NOW)
    assert [version.value for version in world.vault.versions("token")] == ["old", "new 1"]
    assert [version.value for version in world.vault.versions("other")] == ["old", "new 3"]


def test_a_failure_is_told_to_each_account_and_keeps_the_old_token(world: StandIn, vault: Vault) -> None:
    """Nothing is lost: the version before it stays the newest; the remedy names the right that is missing."""
    used = renewed(world, vault)
    world.identity.user_assigned.vault_rights.discard("set")
    renewals = Renewals(vault)
    for _ in range(2):
        with pytest.raises(VaultAccessDenied) as raised:
            renewals.renew(account(), used, "hush", NOW)
        assert "Key Vault Secrets Officer" in raised.value.remedy
    assert [version.value for version in world.vault.versions("token")] == ["old"]
    assert world.journal.count("vault", method="PUT", status=403) == 1


def test_a_token_that_is_not_there_needs_a_consent(world: StandIn, vault: Vault) -> None:
    """Nobody can put one there by hand; empty is as good as missing."""
    world.vault.put("empty", " ")
    for name, kind in (("missing", VaultSecretMissing), ("empty", VaultSecretInvalid)):
        with pytest.raises(kind, match=name) as raised:
            refresh_token.read(vault, name)
        assert "python -m cli consent" in raised.value.remedy
