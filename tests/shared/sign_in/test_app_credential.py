"""How the app authenticates, depending on what is in the vault."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from shared.azure_services.vault import Secret
from shared.errors import VaultSecretInvalid
from shared.sign_in.app_credential import AppCredential, from_secret
from shared.sign_in.certificate import PEM, PKCS12
from standin.certificate import Certificate
from tests.support.samples import TENANT

END = datetime(2027, 1, 31, tzinfo=UTC)
CERTIFICATE = Certificate.create("app", valid_days=100)
OWN_END = CERTIFICATE.certificate.not_valid_after_utc


@pytest.mark.parametrize("content_type", [None, "", "text/plain", "password"])
def test_any_other_secret_is_a_client_secret(content_type: str | None) -> None:
    """Unchanged, up to a length that no secret has, with the vault's expiry. It may begin like an ID."""
    value = f"{TENANT}~hush".ljust(500, "~")
    credential = from_secret(Secret("app", value, content_type, END))
    assert credential == AppCredential(value, "app", END)
    assert "hush" not in repr(credential)


@pytest.mark.parametrize(
    ("value", "content_type"),
    [(CERTIFICATE.pkcs12(), PKCS12), (CERTIFICATE.pem(), PEM), (CERTIFICATE.pem(), f" {PEM.upper()} ")],
    ids=["pkcs12", "pem", "by hand"],
)
def test_a_certificate_is_recognized_by_its_content_type(value: str, content_type: str) -> None:
    """Key Vault sets the content type of a certificate; one typed by hand may have capitals and spaces."""
    credential = from_secret(Secret("app", value, content_type))
    assert credential.kind == "a certificate"
    assert isinstance(credential.for_msal, Mapping)
    assert "PRIVATE KEY" in credential.for_msal["private_key"]
    assert credential.for_msal["public_certificate"].startswith("-----BEGIN CERTIFICATE-----")
    assert "PRIVATE" not in repr(credential)
    for vaults_end in (None, OWN_END - timedelta(days=50), OWN_END + timedelta(days=50)):
        earlier = from_secret(Secret("app", value, content_type, vaults_end)).expires_on
        assert earlier == min(vaults_end or OWN_END, OWN_END)


@pytest.mark.parametrize(
    ("value", "found", "right"),
    [
        (CERTIFICATE.pem(), "is PEM text", PEM),
        (CERTIFICATE.pkcs12(), r"is \d+ characters long, longer than any client secret", PKCS12),
        (TENANT, "is a GUID", "its Value, not its Secret ID"),
    ],
    ids=["pem", "pkcs12", "id"],
)
def test_anything_else_is_refused(value: str, found: str, right: str) -> None:
    """A certificate without its content type would be sent to the sign-in service, private key included."""
    with pytest.raises(VaultSecretInvalid, match=f"the secret app {found}") as raised:
        from_secret(Secret("app", value))
    assert right in raised.value.remedy
    assert "PRIVATE KEY" not in str(raised.value)
