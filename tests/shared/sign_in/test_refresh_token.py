"""When a refresh token is renewed, and what is stored with it."""

from datetime import timedelta

import pytest

from shared.azure_services.vault import Secret, Vault
from shared.errors import VaultAccessDenied, VaultSecretInvalid, VaultSecretMissing
from shared.sign_in import refresh_token
from shared.sign_in.refresh_token import Renewals, expires_on, is_due
from standin import StandIn
from standin.faults import Status
from tests.support.samples import NOW, account


@pytest.mark.parametrize(
    ("created", "end", "due", "expires"),
    [
        *((age, None, False, 90 - age) for age in (0, 6.9, 7, -1)),
        *((age, None, True, 90 - age) for age in (7.001, 89)),
        (None, None, True, None),  # its age is unknown, so it may be on its last day
        (0, 82, True, 82),  # a copy's age follows from its expiry
        (0, 83, False, 83),
        (8, 365, True, 365),
        (None, 3, True, 3),
        (None, -739_900, True, -739_900),  # in the year 1
        (-2_912_100, None, False, None),  # in the year 9999
    ],
)
def test_a_token_is_renewed_after_seven_days_and_expires_after_ninety(
    created: float | None, end: float | None, expires: float | None, *, due: bool
) -> None:
    """Weekly, because a secret with more than 500 versions cannot be backed up. All values are in days."""
    token = Secret(
        "token",
        "hush",
        created_on=None if created is None else NOW - timedelta(days=created),
        expires_on=None if end is None else NOW + timedelta(days=end),
    )
    assert is_due(token, NOW) is due
    assert expires_on(token) == (None if expires is None else NOW + timedelta(days=expires))


def test_accounts_that_share_a_token_share_its_renewal(world: StandIn, vault: Vault) -> None:
    """Another name is another token. Each account reports a failure, and nothing is lost; the remedy names the missing permission."""
    for name in ("one", "two"):
        world.vault.put(name, "old")
    renewals = Renewals(vault)
    for token in ("new 1", "new 2"):
        renewals.renew(account(), vault.secret("one"), token, NOW)
    world.identity.user_assigned.vault_rights.discard("set")
    for _ in range(2):
        with pytest.raises(VaultAccessDenied) as raised:
            renewals.renew(account(), vault.secret("two"), "hush", NOW)
        assert "Key Vault Secrets Officer" in raised.value.remedy
    stored = [[version.value for version in world.vault.versions(name)] for name in ("one", "two")]
    assert stored == [["old", "new 1"], ["old"]]
    assert world.journal.count("vault", method="PUT", status=403) == 1


def test_a_missing_token_needs_a_consent(world: StandIn, vault: Vault) -> None:
    """Nobody can add one by hand; an empty one counts as missing."""
    world.vault.put("empty", " ")
    world.vault.put("quoted", '"hush"')
    kinds = {"missing": VaultSecretMissing, "empty": VaultSecretInvalid, "quoted": VaultSecretInvalid}
    for name, kind in kinds.items():
        with pytest.raises(kind, match=name) as raised:
            refresh_token.read(vault, name)
        assert "python -m cli consent" in raised.value.remedy
    world.faults.add("vault", Status(404, '{"error": {"code": "SecretNotFound"}}', {"x-ms-request-id": "r-1"}))
    with pytest.raises(VaultSecretMissing) as raised:
        refresh_token.read(vault, "other")
    assert raised.value.ids.request_id == "r-1"
