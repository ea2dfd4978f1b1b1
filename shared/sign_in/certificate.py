"""Converts a certificate with its private key from Key Vault's format to the one that MSAL signs with."""

import base64
import binascii
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)

PKCS12 = "application/x-pkcs12"
PEM = "application/x-pem-file"


class UnusableCertificateError(ValueError):
    """The secret has no certificate that can sign in. The text says what was found but shows none of it."""


@dataclass(frozen=True)
class Certificate:
    """A certificate and its private key (excluded from repr), both as PEM. `expires_on` is the certificate's own."""

    private_key: str = field(repr=False)
    public_certificate: str
    expires_on: datetime


def load_certificate(value: str, content_type: str) -> Certificate:
    """Read a certificate from a secret's value: base64 of PKCS#12, or PEM.

    Source: https://learn.microsoft.com/azure/key-vault/certificates/about-certificates#composition-of-a-certificate

    Raises:
        UnusableCertificateError: it is unreadable, password-protected or without its key, or the key is not RSA.

    """
    key, certificate = _from_pkcs12(value) if content_type == PKCS12 else _from_pem(value)
    if not isinstance(key, RSAPrivateKey):
        raise UnusableCertificateError("its key is not RSA, the only kind that Entra ID accepts for sign-in")
    if key.public_key() != certificate.public_key():
        raise UnusableCertificateError("its private key belongs to another certificate")
    return Certificate(
        private_key=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        public_certificate=certificate.public_bytes(Encoding.PEM).decode(),
        expires_on=certificate.not_valid_after_utc,
    )


def _from_pkcs12(value: str) -> tuple[PrivateKeyTypes, x509.Certificate]:
    try:
        key, certificate, _ = pkcs12.load_key_and_certificates(
            base64.b64decode("".join(value.split()), validate=True), None
        )
    except binascii.Error:
        raise UnusableCertificateError("it is marked as PKCS#12 but is not base64") from None
    except (ValueError, UnsupportedAlgorithm):
        raise UnusableCertificateError("its PKCS#12 content is unreadable or protected by a password") from None
    if key is None:
        raise UnusableCertificateError("its PKCS#12 content has no private key")
    if certificate is None:
        raise UnusableCertificateError("its PKCS#12 content has no certificate for its private key")
    return key, certificate


def _from_pem(value: str) -> tuple[PrivateKeyTypes, x509.Certificate]:
    content = value.encode(errors="replace")
    if b"PRIVATE KEY-----" not in content:
        raise UnusableCertificateError("its PEM content has no private key")
    if b"\n" not in content:
        raise UnusableCertificateError("its PEM content has lost its line breaks; store it in the vault from a file")
    try:
        key = load_pem_private_key(content, None)
    except TypeError:
        raise UnusableCertificateError("its private key is protected by a password") from None
    except (ValueError, UnsupportedAlgorithm):
        raise UnusableCertificateError("the private key in its PEM content is unreadable") from None
    try:
        certificates = x509.load_pem_x509_certificates(content)
        own = [certificate for certificate in certificates if certificate.public_key() == key.public_key()]
    except (ValueError, UnsupportedAlgorithm):
        raise UnusableCertificateError("its PEM content has no readable certificate") from None
    return key, (own or certificates)[0]
