"""Certificates of an app registration, in the forms that Key Vault returns."""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

PKCS12_TYPE = "application/x-pkcs12"
PEM_TYPE = "application/x-pem-file"


@cache
def _key(_: str) -> rsa.RSAPrivateKey:
    """Return the key of a name, the same as long as the process lives: making one takes longer than most tests."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A self-signed certificate with its key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    @classmethod
    def create(cls, name: str = "stand-in", *, valid_days: float = 365, now: datetime | None = None) -> "Certificate":
        """Return a new one, valid from a year before `now` until `valid_days` after it."""
        moment = now or datetime.now(UTC)
        key = _key(name)
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(moment - timedelta(days=365))
            .not_valid_after(moment + timedelta(days=valid_days))
            .sign(key, hashes.SHA256())
        )
        return cls(certificate, key)

    @property
    def thumbprints(self) -> frozenset[str]:
        """The base64url SHA-1 and SHA-256 thumbprints, as assertions carry them in x5t and x5t#S256."""
        algorithms = (hashes.SHA1(), hashes.SHA256())  # noqa: S303 - x5t is defined over SHA-1 (RFC 7515, 4.1.7)
        prints = (self.certificate.fingerprint(algorithm) for algorithm in algorithms)
        return frozenset(base64.urlsafe_b64encode(value).decode().rstrip("=") for value in prints)

    def pkcs12(self, password: bytes | None = None) -> str:
        """Return it as PKCS#12 in base64, the way Key Vault stores it (without a password)."""
        encryption = BestAvailableEncryption(password) if password else NoEncryption()
        raw = pkcs12.serialize_key_and_certificates(b"stand-in", self.key, self.certificate, None, encryption)
        return base64.b64encode(raw).decode()

    def pem(self) -> str:
        """Return the key and the certificate as PEM."""
        key = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return (key + self.certificate.public_bytes(Encoding.PEM)).decode()
