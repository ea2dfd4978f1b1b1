"""Every error code in the contract, caused through the real stack: it is in the log and the ledger, with a remedy, and there is no row."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from shared import errors
from standin import StandIn
from standin.directory import SignIn
from standin.faults import Fault, Status, WrongDate, html, throttled, unavailable
from standin.partner import Partner
from standin.services.partner_center import error_response
from tests.end_to_end.conftest import LEDGER, environ_of, rows
from tests.support.in_process import lines, run_now

CONSENT = "python -m cli consent"
Arrange = Callable[[StandIn, Partner], object]


def _entra(code: int) -> Arrange:
    return lambda world, partner: world.entra.refuse(partner.tenant_id, code)


def _answers(service: str, fault: Fault) -> Arrange:
    return lambda world, partner: world.faults.add(service, fault, tenant=partner.tenant_id, times=None)


def _body(content: bytes) -> Arrange:
    return lambda world, partner: world.partner_center.answer(partner.tenant_id, content)


def _secret(value: str, **properties: Any) -> Arrange:
    return lambda world, partner: world.vault.put(str(partner.secret_name), value, **properties)


def _token(make: Callable[[StandIn, Partner], str], **properties: Any) -> Arrange:
    return lambda world, partner: world.vault.put(str(partner.refresh_token_name), make(world, partner), **properties)


def _issued(sign_in: SignIn, days_ago: int = 0) -> Arrange:
    def issue(world: StandIn, partner: Partner) -> None:
        issued = world.clock.now() - timedelta(days=days_ago)
        token = world.entra.directory.issue_refresh_token(partner.app, sign_in, issued=issued)
        world.vault.put(str(partner.refresh_token_name), token, created=issued)

    return issue


def _of_another_app(world: StandIn, _: Partner) -> str:
    other = world.add_partner(auth="app_user")
    return world.vault.versions(str(other.refresh_token_name))[0].value


def _deleted(world: StandIn, partner: Partner) -> None:
    world.vault.delete(partner.refresh_token_name or str(partner.secret_name))


def _expired(world: StandIn, partner: Partner) -> None:
    (version,) = world.vault.versions(str(partner.secret_name))
    version.expires_on = partner.app.secrets[version.value] = datetime(2026, 1, 31, tzinfo=UTC)


def _no_consent(_: StandIn, partner: Partner) -> None:
    partner.app.consented = False


def _unknown(_: StandIn, partner: Partner) -> None:
    for known in (partner.app.secrets, partner.app.certificates, partner.app.federated):
        known.clear()


CASES: dict[str, tuple[str, Arrange, int, str, str, str]] = {
    # What is wrong: how the account signs in, how to cause it, the number of sign-ins,
    #     the code, part of the message, part of the remedy.
    "no secret": ("secret", _deleted, 0,
        "vault-secret-missing", "404", "az keyvault secret set --vault-name 127 --name secret-0 "),
    "disabled secret": ("secret", _secret("x", enabled=False), 0,
        "vault-secret-disabled", "SecretDisabled", "--enabled true"),
    "empty secret": ("secret", _secret(" \n"), 0,
        "vault-secret-invalid", "is empty", "its Value"),
    "no certificate": ("secret", _secret("x", content_type="application/x-pkcs12"), 0,
        "vault-secret-invalid", "not a usable certificate", "private key"),
    "no token": ("app_user", _deleted, 0,
        "vault-secret-missing", "404", CONSENT),
    "empty token": ("app_user", _token(lambda *_: " \n"), 0,
        "vault-secret-invalid", "is empty", CONSENT),
    "disabled token": ("app_user", _token(lambda *_: "x", enabled=False), 0,
        "vault-secret-disabled", "SecretDisabled", "--enabled true"),
    "wrong secret": ("secret", _unknown, 1,
        "sign-in-rejected", "AADSTS7000215", "store its Value in the vault"),
    "unknown certificate": ("pem", _unknown, 1,
        "sign-in-rejected", "AADSTS700027", "machine's clock"),
    "unknown federation": ("federated", _unknown, 1,
        "sign-in-rejected", "AADSTS70021", "Federated credentials"),
    "expired secret": ("secret", _expired, 1,
        "sign-in-rejected", "AADSTS7000222", "expired on 2026-01-31"),
    "unknown app": ("secret", _entra(700016), 1,
        "sign-in-rejected", "AADSTS700016", "PARTNER_CLIENT_ID"),
    "unknown tenant": ("secret", _entra(90002), 1,
        "sign-in-rejected", "invalid_tenant", "PARTNER_TENANT_ID"),
    "a policy for users": ("secret", _entra(50076), 1,
        "sign-in-rejected", "AADSTS50076", "in the message"),
    "a policy for this user": ("app_user", _entra(50076), 1,
        "consent-required", "AADSTS50076", CONSENT),
    "expired token": ("app_user", _issued(SignIn(), days_ago=90), 1,
        "consent-required", "AADSTS700082", " expired on "),
    "revoked token": ("app_user", _token(lambda *_: "0.unknown"), 1,
        "consent-required", "AADSTS70000", CONSENT),
    "another app's token": ("app_user", _token(_of_another_app), 1,
        "consent-required", "AADSTS700007", CONSENT),
    "no consent": ("app_user", _no_consent, 1,
        "consent-required", "consent_required: AADSTS65001", CONSENT),
    "token without MFA": ("app_user", _issued(SignIn(mfa=False)), 1,
        "mfa-required", "900421", CONSENT),
    "sign-in throttled": ("secret", _answers("entra", throttled(600)), 1,
        "sign-in-unavailable", "429", "next run will try again"),
    "sign-in down": ("secret", _answers("entra", unavailable(0)), 4,
        "sign-in-unavailable", "503", "next run will try again"),
    "sign-in behind a page": ("secret", _answers("entra", html(200)), 1,
        "sign-in-unavailable", "an HTML page titled 'Error'", "from a proxy"),
    "another audience": ("secret", _answers("partner", error_response(900420, code_as_text=True)), 1,
        "wrong-audience", "900420", "PARTNER_CLOUD"),
    "app-only refused": ("secret", _answers("partner", error_response(900329, extended=True)), 1,
        "app-only-refused", "900329", "PARTNER_AUTH to app_user"),
    "refused without a reason": ("secret", _answers("partner", Status(403)), 1,
        "partner-access-denied", "403", "indirect resellers have no access"),
    "no privileges": ("secret", _answers("partner", error_response(900308)), 1,
        "partner-access-denied", "900308", "Admin agent or Billing admin"),
    "throttled": ("secret", _answers("partner", throttled(600)), 1,
        "partner-throttled", "429", "next run will try again"),
    "down": ("secret", _answers("partner", unavailable(600)), 1,
        "partner-unavailable", "503", "next run will try again"),
    "an HTML page": ("secret", _answers("partner", html(200)), 1,
        "partner-bad-response", "an HTML page titled 'Error'", "from a proxy"),
    "a redirect": ("secret", _answers("partner", Status(302, headers={"Location": "https://127.0.0.1/"})), 1,
        "partner-bad-response", "a redirect to 127.0.0.1", "from a proxy"),
    "cut JSON": ("secret", _body(b'{"balanceAmount": 68059.03, "currencyCode"'), 1,
        "partner-bad-response", "not a JSON object", "PARTNER_API_URL"),
    "an error with 200": ("secret", _body(b'{"code":2000,"description":"no"}'), 1,
        "partner-bad-response", "code 2000: no", "PARTNER_API_URL"),
}  # fmt: skip
MAY_PASS = ("unavailable", "unreachable", "throttled", "bad-response")
OF_PARTNER_CENTER = ("partner", "mfa-required", "wrong-audience", "app-only-refused")


def test_each_account_problem_has_its_code_and_remedy(world: StandIn, caplog: pytest.LogCaptureFixture) -> None:
    """Concurrently in one run. Permanent failures are tried once, transient ones four times at most."""
    partners = {}
    for number, (name, (kind, arrange, *_)) in enumerate(CASES.items()):
        auth, credential = (kind, "secret") if kind == "app_user" else ("app", kind)
        names = f"secret-{number}", f"token-{number}"
        partners[name] = world.add_partner(
            name=name, auth=auth, credential=credential, secret_name=names[0], refresh_token_name=names[1]
        )
        arrange(world, partners[name])
    result = run_now(world, environ_of(world, *partners.values()))
    reasons = {row["PartitionKey"]: row for row in rows(world, table=LEDGER)}
    assert (len(result.failed), rows(world)) == (len(CASES), [])
    assert lines(caplog, "SNAPSHOT_RUN")[0]["retries"] == 3  # of "sign-in down"
    for name, (_, _, tries, code, message, remedy) in CASES.items():
        tenant = partners[name].tenant_id
        (failed,) = lines(caplog, "SNAPSHOT_FAILED", name)
        assert failed["code"] == reasons[tenant]["Code"] == code, failed
        assert message in failed["message"] == reasons[tenant]["Message"], failed
        assert remedy in failed["remedy"] == reasons[tenant]["Remedy"], failed
        assert failed["mayPass"] is reasons[tenant]["MayPass"] is code.endswith(MAY_PASS)
        assert world.journal.count("entra", path_contains="/token", tenant=tenant) == tries, name
        if code.startswith(OF_PARTNER_CENTER):
            assert (failed["requestId"], failed["correlationId"]) == (
                reasons[tenant]["RequestId"],
                reasons[tenant]["CorrelationId"],
            )


def _without(rights: str, right: str) -> Arrange:
    return lambda world, _: getattr(world.identity.user_assigned, rights).discard(right)


SERVICES: list[tuple[str, Arrange, dict[str, str], str]] = [
    # The code, how to cause it, other settings, part of the message.
    ("vault-unreachable", lambda *_: None, {"KEY_VAULT_URL": "https://127.0.0.1:1"}, "refused"),
    ("vault-access-denied", _without("vault_rights", "get"), {}, "ForbiddenByRbac"),
    ("identity-unavailable", lambda *_: None, {"AZURE_CLIENT_ID": str(UUID(int=1))}, "No User Assigned"),
    ("identity-unavailable", lambda world, _: world.faults.add("identity", unavailable(600), times=None), {}, "503"),
    ("table-unreachable", lambda world, _: world.faults.add("table", unavailable(600), times=None), {}, "503"),
    ("table-unreachable", lambda world, _: world.faults.add("table", Status(418), times=None), {}, "418"),
    ("table-access-denied", _without("table_rights", "read"), {}, "AuthorizationPermissionMismatch"),
    ("table-access-denied", _without("table_rights", "add"), {}, "AuthorizationPermissionMismatch"),
    ("table-missing", _without("table_rights", "create"), {}, "could not be created"),
    ("clock-wrong", lambda world, _: world.faults.add("table", WrongDate(timedelta(hours=1)), times=None), {}, ""),
]


@pytest.mark.parametrize(("code", "arrange", "settings", "message"), SERVICES)
def test_each_service_problem_has_its_code_and_remedy(
    world: StandIn, code: str, arrange: Arrange, settings: dict[str, str], message: str
) -> None:
    """It fails every account, and no row is written."""
    partner = world.add_partner()
    arrange(world, partner)
    (failure,) = run_now(world, environ_of(world, partner) | settings).failed
    assert failure.error.code == code
    assert message in failure.error.message
    assert len(failure.error.remedy) > 40
    world.faults.clear()
    world.identity.reset()
    assert rows(world) == []


def test_an_archive_failure_does_not_fail_the_day(world: StandIn, caplog: pytest.LogCaptureFixture) -> None:
    """The table gets the day's row, ARCHIVE_FAILED says what happened and where, and the run counts as complete."""
    run_now(world, environ_of(world, world.add_partner()) | world.environ_archive)  # creates the tables
    partner = world.add_partner()
    world.identity.user_assigned.archive_rights.discard("add")
    assert run_now(world, environ_of(world, partner) | world.environ_archive).recorded == 1
    (failed,) = lines(caplog, "ARCHIVE_FAILED")
    assert (failed["account"], failed["tenantId"], failed["mayPass"]) == ("Contoso", partner.tenant_id, False)
    assert failed["code"] == "table-access-denied"
    assert f"the archive's table partnerbalances at {world.archive.url}" in failed["message"]
    assert len(failed["remedy"]) > 40
    assert len(rows(world, tenant=partner.tenant_id)) == 1


def test_every_code_has_a_case() -> None:
    """A new error needs a case that causes it, and no service can cause an unexpected one."""

    def leaves(kind: type[errors.SnapshotError]) -> set[str]:
        below = kind.__subclasses__()
        return set().union(*map(leaves, below)) if below else {kind.code}

    tried = {case[3] for case in CASES.values()} | {case[0] for case in SERVICES}
    assert tried | {"settings-invalid", "unexpected"} == leaves(errors.SnapshotError)
