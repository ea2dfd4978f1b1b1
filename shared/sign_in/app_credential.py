"""How the app proves itself to Entra ID: a client secret, a certificate, or the Azure identity's own token."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from azure.core.credentials import TokenCredential

from shared.azure_services.vault import Secret, Vault
from shared.errors import SignInRejected, VaultSecretInvalid, VaultSecretMissing
from shared.settings.accounts import Account
from shared.sign_in.certificate import PEM, PKCS12, UnusableCertificateError, load_certificate
from shared.sign_in.secret_value import check_value

_CERTIFICATE_REMEDY = (
    "Upload the public part (CER) of the vault's newest certificate to the app (App registrations > Certificates & secrets > "
    "Certificates), check PARTNER_TENANT_ID and PARTNER_CLIENT_ID, and check the clock of this machine: it dates the signature."
)
_FEDERATED_REMEDY = (
    "Check PARTNER_TENANT_ID, PARTNER_CLIENT_ID and the app's federated credential (App registrations > Certificates & secrets > "
    "Federated credentials): its subject is the object id of the identity named in AZURE_CLIENT_ID, and both are of one tenant "
    "(docs/sign-in.md). If the message says that the token has expired or is not valid yet, check the clock of this machine."
)

_LONGEST_CLIENT_SECRET = 500
"""Characters; Entra ID makes client secrets of about 40, and a PKCS#12 file takes some thousands."""


@dataclass(frozen=True)
class AppCredential:
    """What MSAL takes as `client_credential`, in no repr; and the name and end of the secret behind it, if there is one."""

    for_msal: str | Mapping[str, Any] = field(repr=False)
    secret_name: str | None = None
    expires_on: datetime | None = None

    def remedy(self, now: datetime) -> str:
        """Return what to do when Entra ID refuses it, and that it is over if it is known to be."""
        match self.for_msal:
            case str():
                advice = SignInRejected.usual_remedy
            case {"client_assertion": _}:
                advice = _FEDERATED_REMEDY
            case _:
                advice = _CERTIFICATE_REMEDY
        if self.expires_on is None or self.expires_on > now:
            return advice
        return f"The app's secret or certificate expired on {self.expires_on:%Y-%m-%d}. {advice}"


def app_credential(account: Account, vault: Vault | None, identity: TokenCredential) -> AppCredential:
    """Fetch the account's credential: from the vault (the content type says which kind), or from the identity (federated).

    Raises:
        IdentityUnavailable: the identity gave no token.
        VaultUnreachable, VaultAccessDenied, VaultSecretMissing, VaultSecretDisabled: by the vault's answer.
        VaultSecretInvalid: empty, or not a usable certificate.

    """
    if account.federated:
        assertion = identity.get_token(f"{account.cloud.federation_audience}/.default").token
        return AppCredential({"client_assertion": lambda: assertion})
    if vault is None or account.secret_name is None:
        raise VaultSecretMissing(f"the account {account.name!r} names no secret")
    return from_secret(vault.secret(account.secret_name))


def from_secret(secret: Secret) -> AppCredential:
    """Turn a secret into the app's credential.

    Raises:
        VaultSecretInvalid: it is marked as a certificate and cannot sign in, or is a certificate without the mark.

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
    ends = [end for end in (secret.expires_on, certificate.expires_on) if end is not None]
    return AppCredential(
        {"private_key": certificate.private_key, "public_certificate": certificate.public_certificate},
        secret.name,
        min(ends),
    )


def _refuse_certificate(secret: Secret) -> None:
    """Keep a certificate that is not marked as one from being sent, private key and all, as a client secret."""
    if "-----BEGIN" in secret.value:
        found, right = "PEM text", PEM
    elif len(secret.value) > _LONGEST_CLIENT_SECRET:
        found, right = f"{len(secret.value)} characters long, longer than any client secret", PKCS12
    else:
        return
    raise VaultSecretInvalid(
        f"the secret {secret.name} is {found}, but its content type does not say that it is a certificate",
        remedy=f"Put it with the content type {right}, or import it as a certificate of the vault.",
    )
