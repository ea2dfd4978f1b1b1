"""What happens when signing in is refused: the code, what to do about it, and no second try that cannot help."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

from shared.errors import SnapshotError
from standin import StandIn
from standin.certificate import PEM_TYPE, PKCS12_TYPE, Certificate
from standin.directory import SignIn
from standin.faults import Status, throttled, unavailable
from standin.partner import Partner
from tests.end_to_end.conftest import environ_of, rows
from tests.support.in_process import run_now

TOKEN = "/token"
CONSENT = "python -m cli consent"
Arrange = Callable[[StandIn, Partner], object]


@dataclass(frozen=True)
class Case:
    """A way to be refused: the mode, how it comes about, the code, what the message and the remedy say, the calls made."""

    auth: str
    arrange: Arrange
    code: str
    message: str
    remedy: str
    calls: int = 1


def _refused(code: int, error: str | None = None) -> Arrange:
    return lambda world, partner: world.entra.refuse(partner.tenant_id, code, error=error)


def _answers(status: Status, path: str = TOKEN) -> Arrange:
    return lambda world, partner: world.faults.add(
        "entra", status, path_contains=path, tenant=partner.tenant_id, times=None
    )


def _token(make: Callable[[StandIn, Partner], str | None]) -> Arrange:
    """Put another refresh token into the vault; None takes it away."""

    def arrange(world: StandIn, partner: Partner) -> None:
        name, value = str(partner.refresh_token_name), make(world, partner)
        world.vault.delete(name) if value is None else world.vault.put(name, value)

    return arrange


def _of_another_app(world: StandIn, _: Partner) -> str:
    other = world.add_partner(auth="app_user")
    return world.vault.versions(str(other.refresh_token_name))[0].value


def _of_day_90(world: StandIn, partner: Partner) -> str:
    issued = world.clock.now() - timedelta(days=90)
    return world.entra.directory.issue_refresh_token(partner.app, SignIn(), issued=issued)


def _without_mfa(world: StandIn, partner: Partner) -> str:
    return world.entra.directory.issue_refresh_token(partner.app, SignIn(mfa=False))


def _disabled(world: StandIn, partner: Partner) -> None:
    world.vault.put(str(partner.refresh_token_name), "x", enabled=False)


def _expired_secret(world: StandIn, partner: Partner) -> None:
    (version,) = world.vault.versions(str(partner.secret_name))
    version.expires_on = partner.app.secrets[version.value] = datetime(2026, 1, 31, tzinfo=UTC)


def _no_consent(_: StandIn, partner: Partner) -> None:
    partner.app.consented = False


def _no_secrets(_: StandIn, partner: Partner) -> None:
    partner.app.secrets.clear()


def _no_certificates(_: StandIn, partner: Partner) -> None:
    partner.app.certificates.clear()


def _no_federation(_: StandIn, partner: Partner) -> None:
    partner.app.federated.clear()


GATEWAY = '{"statusCode":429,"message":"Rate limit is exceeded."}'
TRANSIENT = '{"error":"temporarily_unavailable","error_description":"AADSTS90033: A transient error has occurred."}'

CASES = {
    "expired token": Case("app_user", _token(_of_day_90), "consent-required", "AADSTS700082", CONSENT),
    "revoked token": Case("app_user", _token(lambda *_: "0.unknown"), "consent-required", "AADSTS70000", CONSENT),
    "another app's token": Case("app_user", _token(_of_another_app), "consent-required", "AADSTS700007", CONSENT),
    "token of a changed password": Case("app_user", _refused(50173), "consent-required", "AADSTS50173", CONSENT),
    "token that a policy ended": Case("app_user", _refused(50076), "consent-required", "AADSTS50076", CONSENT),
    "policy with interaction": Case(
        "app_user", _refused(50076, "interaction_required"), "consent-required", "interaction_required", CONSENT
    ),
    "no consent": Case("app_user", _no_consent, "consent-required", "consent_required: AADSTS65001", CONSENT),
    "token without MFA": Case("app_user", _token(_without_mfa), "mfa-required", "900421", CONSENT),
    "no token in the vault": Case("app_user", _token(lambda *_: None), "vault-secret-missing", "404", CONSENT, 0),
    "empty token": Case("app_user", _token(lambda *_: " \n"), "vault-secret-invalid", "empty", CONSENT, 0),
    "disabled token": Case("app_user", _disabled, "vault-secret-disabled", "SecretDisabled", "--enabled true", 0),
    "wrong secret": Case("app", _no_secrets, "sign-in-rejected", "AADSTS7000215", "put its Value into the vault"),
    "wrong secret with a user": Case("app_user", _no_secrets, "sign-in-rejected", "AADSTS7000215", "its Value"),
    "expired secret": Case("app", _expired_secret, "sign-in-rejected", "AADSTS7000222", "expired on 2026-01-31"),
    "expired secret with a user": Case(
        "app_user", _expired_secret, "sign-in-rejected", "AADSTS7000222", "expired on 2026-01-31"
    ),
    "unknown app": Case("app", _refused(700016), "sign-in-rejected", "AADSTS700016", "PARTNER_CLIENT_ID"),
    "unknown tenant": Case("app", _refused(90002), "sign-in-rejected", "invalid_tenant", "PARTNER_TENANT_ID"),
    "grant refused to an app": Case("app", _refused(50076), "sign-in-rejected", "AADSTS50076", "in the message"),
    "throttled for long": Case("app", _answers(throttled(600)), "sign-in-unavailable", "429", "next run tries again"),
    "throttled": Case(
        "app", _answers(Status(429, GATEWAY, {"Retry-After": "0"})), "sign-in-unavailable", "429", "next run", 4
    ),
    "throttled with 200": Case(
        "app", _answers(Status(200, GATEWAY)), "sign-in-unavailable", "no readable token", "next run"
    ),
    "passing": Case(
        "app_user",
        _answers(Status(503, TRANSIENT, {"Retry-After": "0"})),
        "sign-in-unavailable",
        "503",
        "next run tries again",
        4,
    ),
    "down": Case("app", _answers(unavailable(0)), "sign-in-unavailable", "503", "next run tries again", 4),
}
CREDENTIALS = {
    "unknown certificate": ("pem", _no_certificates, "AADSTS700027", "clock of this machine"),
    "unknown federation": ("federated", _no_federation, "AADSTS70021", "Federated credentials"),
}


def test_each_refusal_has_its_code_and_remedy(world: StandIn) -> None:
    """Side by side in one run; what does not pass by itself is asked once, what may pass four times at most."""
    partners = {}
    for number, (name, case) in enumerate(CASES.items()):
        partners[name] = world.add_partner(
            name=name, auth=case.auth, secret_name=f"secret-{number}", refresh_token_name=f"token-{number}"
        )
        case.arrange(world, partners[name])
    for name, (credential, arrange, _, _) in CREDENTIALS.items():
        partners[name] = world.add_partner(name=name, credential=credential, secret_name=f"secret-{credential}")
        arrange(world, partners[name])
    result = run_now(world, environ_of(world, *partners.values()))
    errors = {failure.account.name: failure.error for failure in result.failed}
    for name, case in CASES.items():
        check(name, errors, case.code, case.message, case.remedy)
        assert world.journal.count("entra", path_contains=TOKEN, tenant=partners[name].tenant_id) == case.calls, name
    for name, (_, _, message, remedy) in CREDENTIALS.items():
        check(name, errors, "sign-in-rejected", message, remedy)
        assert world.journal.count("entra", path_contains=TOKEN, tenant=partners[name].tenant_id) == 1, name
    assert rows(world) == []


def check(name: str, errors: dict[str, SnapshotError], code: str, message: str, remedy: str) -> None:
    """Fail unless the account failed as it should."""
    error = errors[name]
    assert error.code == code, (name, error)
    assert message in error.message, (name, error)
    assert remedy in error.remedy, (name, error.remedy)


def test_a_transient_refusal_passes(world: StandIn) -> None:
    """`temporarily_unavailable` is asked again, whatever its status, and the day is recorded."""
    partner = world.add_partner(auth="app_user")
    world.faults.add("entra", Status(400, TRANSIENT), path_contains=TOKEN)
    assert run_now(world, environ_of(world, partner)).recorded == 1
    assert world.journal.count("entra", path_contains=TOKEN) == 2


def test_an_expired_secret_that_still_works_is_used(world: StandIn) -> None:
    """The date in the vault may be wrong."""
    partner = world.add_partner(secret_expires_in=timedelta(days=-3))
    partner.app.secrets.update(dict.fromkeys(partner.app.secrets))
    assert run_now(world, environ_of(world, partner)).recorded == 1


def _elliptic() -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "elliptic")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    built = builder.not_valid_before(now).not_valid_after(now + timedelta(days=9)).sign(key, hashes.SHA256())
    return key, built


def _pem(key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> str:
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return (private + certificate.public_bytes(Encoding.PEM)).decode()


def _pkcs12(
    key: ec.EllipticCurvePrivateKey | None, certificate: x509.Certificate | None, *others: x509.Certificate
) -> str:
    raw = pkcs12.serialize_key_and_certificates(b"x", key, certificate, others or None, NoEncryption())
    return base64.b64encode(raw).decode()


def test_what_is_no_usable_certificate_is_told(world: StandIn) -> None:
    """Unreadable, without its key, under a password, of the wrong kind or unmarked: what was found, and none of it."""
    usable, (key, elliptic) = Certificate.create(), _elliptic()
    public = usable.certificate.public_bytes(Encoding.PEM).decode()
    encrypted = usable.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"hush"))
    cases = [
        ("no base64", PKCS12_TYPE, "hush~hush", "is not base64"),
        ("no PKCS#12", PKCS12_TYPE, base64.b64encode(b"hush").decode(), "unreadable or protected by a password"),
        ("PKCS#12 under a password", PKCS12_TYPE, usable.pkcs12(b"hush"), "unreadable or protected by a password"),
        ("PKCS#12 without a key", PKCS12_TYPE, _pkcs12(None, None, usable.certificate), "holds no private key"),
        ("PKCS#12 with an elliptic key", PKCS12_TYPE, _pkcs12(key, elliptic), "is not RSA"),
        ("PEM in place of PKCS#12", PKCS12_TYPE, usable.pem(), "is not base64"),
        ("PEM without a key", PEM_TYPE, public, "holds no private key"),
        ("PEM under a password", PEM_TYPE, encrypted.decode() + public, "protected by a password"),
        (
            "PEM without a certificate",
            PEM_TYPE,
            usable.pem().partition("-----BEGIN CERT")[0],
            "no readable certificate",
        ),
        (
            "PEM with another key",
            PEM_TYPE,
            Certificate.create().pem().partition("-----BEGIN CERT")[0] + public,
            "another",
        ),
        ("PEM with an elliptic key", PEM_TYPE, _pem(key, elliptic), "is not RSA"),
        ("no PEM", PEM_TYPE, "hush~hush", "holds no private key"),
        ("PEM cut short", PEM_TYPE, usable.pem()[:400] + "\n-----END PRIVATE KEY-----\n", "is unreadable"),
        ("PEM unmarked", None, usable.pem(), "is PEM text"),
        ("PKCS#12 unmarked", "text/plain", usable.pkcs12(), "longer than any client secret"),
        ("empty", PKCS12_TYPE, " ", "is empty"),
    ]
    partners = []
    for number, (name, content_type, value, _) in enumerate(cases):
        partner = world.add_partner(name=name, secret_name=f"secret-{number}")
        world.vault.put(str(partner.secret_name), value, content_type=content_type)
        partners.append(partner)
    result = run_now(world, environ_of(world, *partners))
    errors = {failure.account.name: failure.error for failure in result.failed}
    for (name, _, _, found), partner in zip(cases, partners, strict=True):
        check(name, errors, "vault-secret-invalid", found, "certificate")
        assert str(partner.secret_name) in errors[name].message
        assert "hush" not in errors[name].message
    assert world.journal.count("entra") == 0, "none of it was sent anywhere"


def test_a_certificate_may_be_marked_in_any_case(world: StandIn) -> None:
    """A content type is compared without regard to upper and lower case (RFC 9110, 8.3.1)."""
    partner = world.add_partner(credential="pkcs12")
    (version,) = world.vault.versions(str(partner.secret_name))
    version.content_type = "application/X-PKCS12"
    assert run_now(world, environ_of(world, partner)).recorded == 1
