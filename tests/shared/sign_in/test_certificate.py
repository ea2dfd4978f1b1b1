"""Certificates as Key Vault returns them, and invalid ones."""

import base64
import textwrap

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from hypothesis import given
from hypothesis import strategies as st

from shared.sign_in.certificate import PEM, PKCS12, UnusableCertificateError, load_certificate
from standin.certificate import Certificate as MadeUp

ONE, ISSUER, OTHER = (MadeUp.create(name, valid_days=40) for name in ("one", "issuer", "other"))
"""Certificates with their keys."""


def key_pem(password: bytes | None = None, *, old: bool = False) -> str:
    """Return only the private key as PEM, optionally in the old PKCS#1 format."""
    form = PrivateFormat.TraditionalOpenSSL if old else PrivateFormat.PKCS8
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    return ONE.key.private_bytes(Encoding.PEM, form, encryption).decode()


def certificate_pem(of: MadeUp = ONE) -> str:
    """Return only the certificate as PEM."""
    return of.certificate.public_bytes(Encoding.PEM).decode()


def base64_pkcs12(*, key: bool = True, certificate: bool = True) -> str:
    """Return a base64 PKCS#12 with only one of its two parts."""
    parts = (ONE.key if key else None, ONE.certificate if certificate else None)
    return base64.b64encode(pkcs12.serialize_key_and_certificates(b"n", *parts, None, NoEncryption())).decode()


@pytest.mark.parametrize(
    "value",
    [
        ONE.pkcs12(),
        textwrap.fill(ONE.pkcs12(), 64),
        key_pem() + certificate_pem(),
        certificate_pem() + key_pem(),
        key_pem(old=True) + certificate_pem(),
        "Bag Attributes\n    friendlyName: n\n" + key_pem() + "subject=CN = one\n" + certificate_pem(),
        key_pem() + certificate_pem(ISSUER) + certificate_pem(),
        (key_pem() + certificate_pem()).replace("\n", "\r\n"),
    ],
    ids=str.split("pkcs12 wrapped key-first certificate-first old-key with-notes with-its-issuer-first Windows-lines"),
)
def test_a_certificate_is_read_in_any_form(value: str) -> None:
    """Base64 PKCS#12, as Key Vault creates it or imports it from a PFX, and PEM in any order, with its chain or other text."""
    loaded = load_certificate(value, PEM if "-----" in value else PKCS12)
    assert x509.load_pem_x509_certificate(loaded.public_certificate.encode()) == ONE.certificate
    assert loaded.private_key == key_pem()
    assert loaded.expires_on == ONE.certificate.not_valid_after_utc
    assert "PRIVATE" not in repr(loaded)


def of_unknown_kind(pem: str) -> str:
    """Return PEM with an unknown key type: its RSA identifier is changed."""
    first, *lines, last = pem.splitlines()
    rsa = bytes.fromhex("2a864886f70d010101")
    changed = base64.b64decode("".join(lines)).replace(rsa, rsa[:-1] + b"\x63")
    return f"{first}\n{base64.encodebytes(changed).decode()}{last}\n"


EC_KEY = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize(
    ("value", "content_type", "why"),
    [
        *((value, PKCS12, "marked as PKCS#12 but is not base64") for value in ("aGVs~bG8=", ONE.pem())),
        *((value, PKCS12, "content is unreadable or protected by a password") for value in ("aGVsbG8=", "ü" * 8)),
        (ONE.pkcs12()[:400], PKCS12, "its PKCS#12 content is unreadable or protected by a password"),
        (ONE.pkcs12(b"hush"), PKCS12, "its PKCS#12 content is unreadable or protected by a password"),
        (base64_pkcs12(key=False), PKCS12, "its PKCS#12 content has no private key"),
        (base64_pkcs12(certificate=False), PKCS12, "its PKCS#12 content has no certificate for its private key"),
        *((value, PEM, "has no private key") for value in (certificate_pem(), ONE.pkcs12(), "just text")),
        (ONE.pem().replace("\n", " "), PEM, "its PEM content has lost its line breaks"),
        *((key_pem() + end, PEM, "no readable certificate") for end in ("", certificate_pem()[:300], "\ud800")),
        *((key_pem(b"hush", old=old) + certificate_pem(), PEM, "protected by a password") for old in (False, True)),
        (key_pem().replace("MII", "MIX") + certificate_pem(), PEM, "the private key in its PEM content is unreadable"),
        (of_unknown_kind(key_pem()) + certificate_pem(), PEM, "the private key in its PEM content is unreadable"),
        (key_pem() + of_unknown_kind(certificate_pem()), PEM, "no readable certificate"),
        (key_pem() + certificate_pem(OTHER), PEM, "its private key belongs to another certificate"),
        (EC_KEY.decode() + certificate_pem(), PEM, "its key is not RSA"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 80 and value.isascii() else "",
)
def test_an_unusable_certificate_is_refused_with_the_reason(value: str, content_type: str, why: str) -> None:
    """Unreadable, password-protected, incomplete, or the wrong kind: the message says what was found and shows none of it."""
    with pytest.raises(UnusableCertificateError) as raised:
        load_certificate(value, content_type)
    assert why in str(raised.value)
    assert "hush" not in str(raised.value)
    assert len(str(raised.value)) < 100


@given(value=st.text(max_size=100) | st.binary(max_size=100).map(lambda raw: base64.b64encode(raw).decode()))
def test_any_text_is_a_certificate_or_unusable(value: str) -> None:
    """Whatever is in the vault, there is only one kind of error."""
    framed = f"-----BEGIN PRIVATE KEY-----\n{value}\n-----END PRIVATE KEY-----"
    for text, content_type in ((value, PKCS12), (value, PEM), (framed, PEM)):
        with pytest.raises(UnusableCertificateError):
            load_certificate(text, content_type)
