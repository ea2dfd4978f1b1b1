"""When a refresh token is renewed, and what is stored with it."""

from datetime import datetime, timedelta

import pytest

from shared.azure_services.vault import Secret, Vault
from shared.errors import ConsentRequired, VaultAccessDenied, VaultSecretInvalid, VaultSecretMissing
from shared.sign_in import refresh_token
from shared.sign_in.refresh_token import Renewals, expires_on, is_due
from standin import StandIn
from tests.support.samples import NOW, account


def stored(*, created: datetime | None = None, end: datetime | None = None) -> Secret:
    """Return a stored token of this age and end."""
    return Secret("token", "hush", created_on=created, expires_on=end)


@pytest.mark.parametrize(
    ("age", "due"),
    [
        (timedelta(0), False),
        (timedelta(days=6, hours=23), False),
        (timedelta(days=7), False),
        (timedelta(days=7, seconds=1), True),
        (timedelta(days=89), True),
        (timedelta(days=-1), False),
    ],
)
def test_a_token_is_renewed_when_it_is_older_than_seven_days(age: timedelta, due: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Weekly: a secret with more than 500 versions cannot be backed up."""
    assert is_due(stored(created=NOW - age), NOW) is due


def test_a_token_of_unknown_age_is_renewed() -> None:
    """It may be on its last day."""
    assert is_due(stored(), NOW)


def test_a_token_that_was_copied_is_as_old_as_its_end_says() -> None:
    """A version's own age is that of the copy."""
    assert is_due(stored(created=NOW, end=NOW + timedelta(days=82)), NOW)
    assert not is_due(stored(created=NOW, end=NOW + timedelta(days=83)), NOW)
    assert is_due(stored(created=NOW - timedelta(days=8), end=NOW + timedelta(days=365)), NOW)


def test_the_end_is_what_was_stored_with_it_else_its_age() -> None:
    """A token put there by hand has only an age; without that, nothing is known."""
    end = NOW + timedelta(days=3)
    assert expires_on(stored(created=NOW, end=end)) == end
    assert expires_on(stored(created=NOW)) == NOW + timedelta(days=90)
    assert expires_on(stored()) is None


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


def test_a_refused_token_that_is_over_is_said_to_be() -> None:
    """The likeliest cause comes first; of a token that is not over, nothing is guessed."""
    error = ConsentRequired("refused")
    over = refresh_token.refusal(stored(end=NOW - timedelta(days=1)), error, NOW)
    assert over.message == "refused"
    assert over.remedy.startswith("The refresh token token expired on 2026-11-22. ")
    assert refresh_token.refusal(stored(end=NOW + timedelta(days=1)), error, NOW) is error
    assert refresh_token.refusal(stored(), error, NOW) is error
