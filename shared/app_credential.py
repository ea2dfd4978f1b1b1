"""How the app proves itself to Entra ID: a client secret, a certificate, or the Azure identity's own token."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from azure.core.credentials import TokenCredential

from shared.accounts import Account
from shared.certificate import PEM, PKCS12, UnusableCertificateError, load_certificate
from shared.errors import VaultSecretInvalid
from shared.vault import Secret, Vault


@dataclass(frozen=True)
class AppCredential:
    """What MSAL takes as `client_credential`, in no repr; and the name and end of the secret behind it, if there is one."""

    for_msal: str | Mapping[str, Any] = field(repr=False)
    secret_name: str | None = None
    expires_on: datetime | None = None


def app_credential(account: Account, vault: Vault | None, identity: TokenCredential) -> AppCredential:
    """Fetch the account's credential: from the vault, its kind told by the content type, or from the identity (federated).

    Raises:
        IdentityUnavailable: the identity gave no token.
        VaultUnreachable, VaultAccessDenied, VaultSecretMissing, VaultSecretDisabled: by the vault's answer.
        VaultSecretInvalid: empty, or no usable certificate.

    """
    if account.federated or vault is None or account.secret_name is None:
        assertion = identity.get_token(f"{account.cloud.federation_audience}/.default").token
        return AppCredential({"client_assertion": lambda: assertion})
    return from_secret(vault.secret(account.secret_name))


def from_secret(secret: Secret) -> AppCredential:
    """Turn a secret into the app's credential.

    Raises:
        VaultSecretInvalid: it is marked as a certificate and is none that can sign in, or is one and not marked so.

    """
    if secret.content_type not in (PKCS12, PEM):
        if "-----BEGIN" in secret.value:
            raise VaultSecretInvalid(
                f"the secret {secret.name} is PEM text, but its content type does not say so",
                remedy=f"Put it with the content type {PEM}, or import it as a certificate of the vault.",
            )
        return AppCredential(secret.value, secret.name, secret.expires_on)
    try:
        certificate = load_certificate(secret.value, secret.content_type)
    except UnusableCertificateError as error:
        raise VaultSecretInvalid(
            f"the secret {secret.name} ({secret.content_type}) is no usable certificate: {error}"
        ) from None
    ends = [end for end in (secret.expires_on, certificate.expires_on) if end is not None]
    return AppCredential(
        {"private_key": certificate.private_key, "public_certificate": certificate.public_certificate},
        secret.name,
        min(ends),
    )
