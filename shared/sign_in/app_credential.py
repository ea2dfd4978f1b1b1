"""How the app authenticates to Entra ID: with a client secret, a certificate, or the Azure identity's own token."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from azure.core.credentials import TokenCredential

from shared.azure_services.vault import Secret, Vault, check_value
from shared.errors import VaultSecretInvalid, VaultSecretMissing
from shared.settings.accounts import Account
from shared.sign_in.certificate import PEM, PKCS12, UnusableCertificateError, load_certificate
from shared.sign_in.refusals import CERTIFICATE, FEDERATED

_MAX_CLIENT_SECRET_LENGTH = 500
"""Entra ID creates client secrets of about 40 characters; a PKCS#12 file takes several thousand."""


@dataclass(frozen=True)
class AppCredential:
    """MSAL's `client_credential` (excluded from repr), and the name, expiry and kind of the secret it comes from."""

    for_msal: str | Mapping[str, Any] = field(repr=False)
    secret_name: str | None = None
    expires_on: datetime | None = None
    kind: str = "a client secret"


def app_credential(account: Account, vault: Vault | None, identity: TokenCredential) -> AppCredential:
    """Get the account's credential from the vault (its content type gives the kind) or the identity (federated).

    Raises:
        IdentityUnavailable: there was no token for the identity.
        VaultUnreachable, VaultAccessDenied, VaultSecretMissing, VaultSecretDisabled: depending on the vault's response.
        VaultSecretInvalid: the secret is empty or not a usable certificate.

    """
    if account.federated:
        assertion = identity.get_token(f"{account.cloud.federation_audience}/.default").token
        return AppCredential({"client_assertion": lambda: assertion}, kind=FEDERATED)
    if vault is None or account.secret_name is None:
        raise VaultSecretMissing(f"the account {account.name!r} has no secret name")
    return from_secret(vault.secret(account.secret_name))


def from_secret(secret: Secret) -> AppCredential:
    """Turn a secret into the app's credential.

    Raises:
        VaultSecretInvalid: its content type says certificate but it cannot sign in, or it is an unmarked certificate.

    """
    content_type = (secret.content_type or "").strip().lower()
    if content_type not in (PKCS12, PEM):
        _refuse_certificate(secret)
        check_value(secret)
        return AppCredential(secret.value, secret.name, secret.expires_on)
    try:
        certificate = load_certificate(secret.value, content_type)
    except UnusableCertificateError as error:
        raise VaultSecretInvalid(
            f"the secret {secret.name} ({secret.content_type}) is not a usable certificate: {error}"
        ) from None
    for_msal = {"private_key": certificate.private_key, "public_certificate": certificate.public_certificate}
    end = min(secret.expires_on or certificate.expires_on, certificate.expires_on)
    return AppCredential(for_msal, secret.name, end, CERTIFICATE)


def _refuse_certificate(secret: Secret) -> None:
    """Prevent an unmarked certificate from being sent as a client secret, with its private key."""
    if "-----BEGIN" in secret.value:
        found, right = "PEM text", PEM
    elif len(secret.value) > _MAX_CLIENT_SECRET_LENGTH:
        found, right = f"{len(secret.value)} characters long, longer than any client secret", PKCS12
    else:
        return
    raise VaultSecretInvalid(
        f"the secret {secret.name} is {found}, but its content type does not say that it is a certificate",
        remedy=f"Store it again with the content type {right}, or import it into the vault as a certificate.",
    )
