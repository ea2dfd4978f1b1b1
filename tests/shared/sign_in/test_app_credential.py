"""How the app proves itself, by what is in the vault."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.azure_services.identity import CachedCredential
from shared.azure_services.vault import Secret, Vault
from shared.errors import IdentityUnavailable, VaultSecretInvalid
from shared.settings.accounts import Account
from shared.sign_in.app_credential import AppCredential, app_credential, from_secret
from shared.sign_in.certificate import PEM, PKCS12
from standin import StandIn
from standin.certificate import Certificate
from standin.faults import unavailable
from standin.partner import Partner
from tests.support.samples import NOW

END = datetime(2027, 1, 31, tzinfo=UTC)
CERTIFICATE = Certificate.create("app", valid_days=100)
OWN_END = CERTIFICATE.certificate.not_valid_after_utc


@pytest.mark.parametrize("content_type", [None, "", "text/plain", "password"])
def test_any_other_secret_is_a_client_secret(content_type: str | None) -> None:
    """As it is, with the end that the vault knows."""
    credential = from_secret(Secret("app", "hush~hush", content_type, END))
    assert credential == AppCredential("hush~hush", "app", END)
    assert "hush" not in repr(credential)


@pytest.mark.parametrize(
    ("value", "content_type"),
    [(CERTIFICATE.pkcs12(), PKCS12), (CERTIFICATE.pem(), PEM), (CERTIFICATE.pem(), f" {PEM.upper()} ")],
    ids=["pkcs12", "pem", "by hand"],
)
def test_a_certificate_is_recognized_by_its_content_type(value: str, content_type: str) -> None:
    """Key Vault marks what it keeps as a certificate; a mark typed by hand may have capitals and spaces."""
    credential = from_secret(Secret("app", value, content_type))
    assert isinstance(credential.for_msal, Mapping)
    assert "PRIVATE KEY" in credential.for_msal["private_key"]
    assert credential.for_msal["public_certificate"].startswith("-----BEGIN CERTIFICATE-----")
    assert credential.expires_on == OWN_END
    assert "PRIVATE" not in repr(credential)


@pytest.mark.parametrize("vaults_end", [OWN_END - timedelta(days=50), OWN_END + timedelta(days=50)])
def test_the_earlier_end_counts(vaults_end: datetime) -> None:
    """A certificate ends by its own date, whatever was noted in the vault, and the note may be earlier."""
    credential = from_secret(Secret("app", CERTIFICATE.pem(), PEM, vaults_end))
    assert credential.expires_on == min(vaults_end, OWN_END)


def test_a_certificate_without_its_mark_is_refused() -> None:
    """It would be sent to the sign-in service as a client secret, private key and all."""
    with pytest.raises(VaultSecretInvalid, match="the secret app is PEM text") as raised:
        from_secret(Secret("app", CERTIFICATE.pem()))
    assert PEM in raised.value.remedy
    assert "PRIVATE KEY" not in str(raised.value)


def test_a_long_secret_without_a_mark_is_refused() -> None:
    """PKCS#12 in base64 would be sent as a client secret too; a client secret is never that long."""
    with pytest.raises(VaultSecretInvalid, match=r"the secret app is [0-9]+ characters long") as raised:
        from_secret(Secret("app", CERTIFICATE.pkcs12()))
    assert PKCS12 in raised.value.remedy


@pytest.mark.parametrize(
    ("credential", "advice"),
    [
        (AppCredential("hush", "app"), "create a new client secret"),
        (AppCredential({"private_key": "hush", "public_certificate": "x"}, "app"), "clock of this machine"),
        (AppCredential({"client_assertion": lambda: "hush"}), "clock of this machine"),
    ],
    ids=["secret", "certificate", "federated"],
)
def test_a_refusals_remedy_fits_the_credential(credential: AppCredential, advice: str) -> None:
    """A new secret does not help an account without one; an expired credential is mentioned first."""
    assert advice in credential.remedy(NOW)
    over = replace(credential, expires_on=NOW - timedelta(days=1)).remedy(NOW)
    assert over.startswith("The app's secret or certificate expired on 2026-11-22. ")
    assert advice in over


def test_no_usable_certificate_is_refused_with_the_reason() -> None:
    """What was found is said; the library's own error, which may show more, is not kept."""
    with pytest.raises(
        VaultSecretInvalid, match=r"the secret app \(application/x-pkcs12\) is not a usable .* not base64"
    ) as raised:
        from_secret(Secret("app", "hush~hush", PKCS12))
    assert raised.value.__suppress_context__
    assert "hush" not in str(raised.value)


def test_the_accounts_secret_is_read_from_the_vault(
    world: StandIn, vault: Vault, identity: CachedCredential, account_of: Callable[[Partner], Account]
) -> None:
    """By the configured name."""
    partner = world.add_partner(secret="hush~hush")
    credential = app_credential(account_of(partner), vault, identity)
    assert (credential.for_msal, credential.secret_name) == ("hush~hush", partner.secret_name)
    world.vault.delete(str(partner.secret_name))


@pytest.mark.parametrize("cloud", ["global", "usgov", "china"])
def test_a_federated_account_uses_the_identitys_own_token(
    world: StandIn, vault: Vault, identity: CachedCredential, account_of: Callable[[Partner], Account], cloud: str
) -> None:
    """For the audience of its cloud; the vault is not asked, and nothing expires."""
    account = account_of(world.add_partner(credential="federated", cloud=cloud))
    credential = app_credential(account, vault, identity)
    assert isinstance(credential.for_msal, Mapping)
    assert set(credential.for_msal) == {"client_assertion"}
    assert (credential.secret_name, credential.expires_on) == (None, None)
    assert [call.detail for call in world.journal.calls("identity")] == [account.cloud.federation_audience]
    assert world.journal.count("vault") == 0


def test_no_token_for_a_federated_account(
    world: StandIn, identity: CachedCredential, account_of: Callable[[Partner], Account]
) -> None:
    """The identity is at fault, and said to be."""
    account = account_of(world.add_partner(credential="federated"))
    world.faults.add("identity", unavailable(), times=None)
    with pytest.raises(IdentityUnavailable):
        app_credential(account, None, identity)
