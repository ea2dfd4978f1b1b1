"""Certificates as the vault hands them out."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, pkcs12
from cryptography.x509 import load_pem_x509_certificate

from standin.certificate import Certificate


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    """One for all: making a key takes its time."""
    return Certificate.create(valid_days=10, now=datetime(2026, 11, 23, tzinfo=UTC))


def test_pkcs12_holds_key_and_certificate(certificate: Certificate) -> None:
    """Base64 of PKCS#12 without a password."""
    key, found, _ = pkcs12.load_key_and_certificates(base64.b64decode(certificate.pkcs12()), None)
    assert found == certificate.certificate
    assert key is not None


def test_pkcs12_may_have_a_password(certificate: Certificate) -> None:
    """It cannot be opened without."""
    with pytest.raises(ValueError, match="password"):
        pkcs12.load_key_and_certificates(base64.b64decode(certificate.pkcs12(b"hidden")), None)


def test_pem_holds_key_and_certificate(certificate: Certificate) -> None:
    """Both blocks can be read."""
    pem = certificate.pem().encode()
    assert isinstance(load_pem_private_key(pem, None), RSAPrivateKey)
    assert load_pem_x509_certificate(pem) == certificate.certificate


def test_its_end_is_chosen(certificate: Certificate) -> None:
    """Valid from a year before the given moment until the given number of days after it."""
    assert certificate.certificate.not_valid_after_utc == datetime(2026, 12, 3, tzinfo=UTC)
    assert certificate.certificate.not_valid_before_utc == datetime(2026, 11, 23, tzinfo=UTC) - timedelta(days=365)


def test_thumbprints_are_those_of_assertions(certificate: Certificate) -> None:
    """SHA-1 and SHA-256 in base64url without padding."""
    assert sorted(map(len, certificate.thumbprints)) == [27, 43]
