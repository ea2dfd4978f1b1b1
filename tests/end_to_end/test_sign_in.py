"""What happens when signing in is refused: the code, what to do about it, and no second try that cannot help."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.errors import SnapshotError
from standin import StandIn
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
    """Side by side in one run; what cannot pass is asked once, what may pass four times at most."""
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


def test_a_certificate_may_be_marked_in_any_case(world: StandIn) -> None:
    """A content type is compared without regard to upper and lower case (RFC 9110, 8.3.1)."""
    partner = world.add_partner(credential="pkcs12")
    (version,) = world.vault.versions(str(partner.secret_name))
    version.content_type = "application/X-PKCS12"
    assert run_now(world, environ_of(world, partner)).recorded == 1
