"""Test certificates: for the stand-in's own servers, and for an app registration in the form that Key Vault returns."""

import base64
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import trustme
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
    """Return the key for a name, created once per process because that takes longer than most tests."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A self-signed certificate with its key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    @classmethod
    def create(cls, name: str = "stand-in", *, valid_days: float = 365, now: datetime | None = None) -> "Certificate":
        """Return a new certificate, valid from a year before `now` until `valid_days` after it."""
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
        """The base64url SHA-1 and SHA-256 thumbprints, as in the x5t and x5t#S256 fields of assertions."""
        algorithms = (hashes.SHA1(), hashes.SHA256())  # noqa: S303 - x5t is defined over SHA-1 (RFC 7515, 4.1.7)
        prints = (self.certificate.fingerprint(algorithm) for algorithm in algorithms)
        return frozenset(base64.urlsafe_b64encode(value).decode().rstrip("=") for value in prints)

    def pkcs12(self, password: bytes | None = None) -> str:
        """Return the certificate and key as base64 PKCS#12, as Key Vault stores them (without a password)."""
        encryption = BestAvailableEncryption(password) if password else NoEncryption()
        raw = pkcs12.serialize_key_and_certificates(b"stand-in", self.key, self.certificate, None, encryption)
        return base64.b64encode(raw).decode()

    def pem(self) -> str:
        """Return the key and the certificate as PEM."""
        key = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return (key + self.certificate.public_bytes(Encoding.PEM)).decode()


class Authority:
    """A temporary certificate authority, trusted only by clients that get its bundle.

    It issues one server certificate for 127.0.0.1 and writes what others need to `folder`.

    `bundle` has only the CA (for REQUESTS_CA_BUNDLE); `certificate` and `key` are for a server in another process.
    """

    def __init__(self, folder: Path) -> None:
        ca = trustme.CA()
        self._server = ca.issue_cert("127.0.0.1", "localhost")
        self.bundle = folder / "ca.pem"
        self.certificate = folder / "server.pem"
        self.key = folder / "server.key"
        ca.cert_pem.write_to_path(self.bundle)
        self.certificate.write_bytes(b"".join(blob.bytes() for blob in self._server.cert_chain_pems))
        self._server.private_key_pem.write_to_path(self.key)

    def server_context(self) -> ssl.SSLContext:
        """Return the context for a TLS listener."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._server.configure_cert(context)
        return context
