"""Signing in to a simulated Entra ID, through the real MSAL."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.azure_services.vault import Secret
from shared.errors import ConsentRequired, SignInRejected, SignInUnavailable, SnapshotError
from shared.settings.accounts import Account
from shared.sign_in.app_credential import AppCredential
from shared.sign_in.entra import SignIn, Tokens
from shared.sign_in.refusals import CERTIFICATE, FEDERATED
from standin import StandIn
from standin.aadsts import ERRORS
from standin.faults import Cut, Fault, Status
from tests.shared.conftest import AccountOf

SECRET = "hush-hush~secret"
TOKEN_PATH = "/oauth2/v2.0/token"
STORED = Secret("token", "hush-refresh")


@pytest.fixture
def account(world: StandIn, account_of: AccountOf) -> Account:
    """Return an `app_user` account."""
    return account_of(world.add_partner(auth="app_user", secret=SECRET))


def test_a_token_for_another_tenant_is_not_used(
    world: StandIn, sign_in: SignIn, account: Account, account_of: AccountOf
) -> None:
    """A gateway may swap two responses, and the other tenant's balance would be recorded."""
    token = sign_in.as_app(account_of(world.add_partner(secret=SECRET)), AppCredential(SECRET)).access_token
    world.faults.add(
        "entra", Status(200, json.dumps({"token_type": "Bearer", "expires_in": 3599, "access_token": token}))
    )
    with pytest.raises(SignInUnavailable, match="a token for another tenant"):
        sign_in.as_app(account, AppCredential(SECRET))


UNKNOWN_TENANT = {90002, 900023}
USERS_ERRORS = ("invalid_grant", "interaction_required", "consent_required", "login_required")


@pytest.mark.parametrize("code", sorted(ERRORS))
def test_the_oauth_error_decides(
    world: StandIn, sign_in: SignIn, account_of: AccountOf, waits: list[float], code: int
) -> None:
    """Microsoft says that its numbers and texts change, so `error` decides. The text is shown, with the service and the app."""
    refusal = ERRORS[code]
    partner = world.add_partner(auth="app_user", secret=SECRET)
    world.entra.refuse(partner.tenant_id, code)
    passing = refusal.status >= 500 or refusal.error in {"temporarily_unavailable", "server_error"}
    consent = refusal.error in USERS_ERRORS or (refusal.error == "invalid_request" and code not in UNKNOWN_TENANT)
    expected = SignInUnavailable if passing else ConsentRequired if consent else SignInRejected
    with pytest.raises(expected) as raised:
        sign_in.as_user(account_of(partner), AppCredential(SECRET), STORED)
    for part in (world.entra.url, partner.tenant_id, partner.client_id):
        assert part in str(raised.value)
    if refusal.status < 500:
        assert f"AADSTS{code}" in str(raised.value)
        assert raised.value.ids.request_id
        assert raised.value.ids.correlation_id
    assert "Trace ID" not in str(raised.value)
    assert "hush" not in str(raised.value)
    assert (waits != []) == passing
    assert world.journal.count("entra", path_contains=TOKEN_PATH) == (4 if passing else 1)


CONSENT, SECRET_REMEDY = "Run `python -m cli consent`", "create a new client secret"
UPLOAD, SUBJECT, REASON = "If the message is about the certificate", "its subject is the object id", "If Entra ID gives"
SECRET_OVER = "The app's secret or certificate expired on 2026-01-31. "
TOKEN_OVER = "The refresh token token expired on 2026-01-31. "


@pytest.mark.parametrize(
    ("error", "with_user", "proof", "over", "remedy"),
    [
        ("invalid_client", False, "a client secret", False, SECRET_REMEDY),
        ("invalid_client", False, "a client secret", True, SECRET_OVER),
        ("invalid_client", True, CERTIFICATE, False, UPLOAD),
        ("invalid_client", True, CERTIFICATE, True, SECRET_OVER + UPLOAD),
        ("invalid_client", False, FEDERATED, False, SUBJECT),
        ("invalid_request", False, FEDERATED, False, SUBJECT),
        ("invalid_grant", True, "a client secret", False, CONSENT),
        *((error, True, "a client secret", True, TOKEN_OVER + CONSENT) for error in USERS_ERRORS),
        *((error, False, "a client secret", True, "PARTNER_CLOUD") for error in USERS_ERRORS),
        *((error, False, "a client secret", True, "PARTNER_CLOUD") for error in ("invalid_tenant", "invalid_scope")),
        ("invalid_request", True, "a client secret", True, TOKEN_OVER + "The stored secret is"),
        ("invalid_request", False, "a client secret", True, "PARTNER_CLOUD"),
        ("unauthorized_client", False, "a client secret", True, "The app is unknown in this tenant"),
        ("invalid_resource", False, "a client secret", True, "az ad sp create"),
        ("access_denied", True, "a client secret", True, "Conditional Access"),
        *(("something_new", with_user, "a client secret", True, REASON) for with_user in (True, False)),
    ],
)
def test_the_remedy_fits_the_sign_in_and_the_credential(
    world: StandIn,
    sign_in: SignIn,
    account: Account,
    error: str,
    proof: str,
    remedy: str,
    *,
    with_user: bool,
    over: bool,
) -> None:
    """A new secret does not help an account without one. A known expiry comes first, but only if it may be the cause."""
    status = 401 if with_user else 403  # no matter which
    world.faults.add("entra", Status(status, json.dumps({"error": error})), path_contains=TOKEN_PATH)
    end = datetime(2026, 1, 31, tzinfo=UTC) if over else datetime(2036, 1, 31, tzinfo=UTC)
    credential = AppCredential(SECRET, "app", end, proof)
    stored = replace(STORED, expires_on=end)
    with pytest.raises((SignInRejected, ConsentRequired)) as raised:
        sign_in.as_user(account, credential, stored) if with_user else sign_in.as_app(account, credential)
    assert remedy in raised.value.remedy
    assert ("expired on" in raised.value.remedy) == ("expired on" in remedy)


PASSING = (Status(400, json.dumps({"error": error})) for error in ("temporarily_unavailable", "server_error"))


@pytest.mark.parametrize("fault", [Status(429), *PASSING], ids=str)
def test_a_transient_failure_is_retried(
    world: StandIn, sign_in: SignIn, account: Account, waits: list[float], fault: Fault
) -> None:
    """MSAL would cache some of these for a minute."""
    world.faults.add("entra", fault, path_contains=TOKEN_PATH)
    assert sign_in.as_app(account, AppCredential(SECRET)).access_token
    assert len(waits) == 1


def test_a_code_is_redeemed_once(world: StandIn, sign_in: SignIn, account: Account, waits: list[float]) -> None:
    """It works only once, so a retry would hide why the first attempt failed."""
    world.faults.add("entra", Status(503), path_contains=TOKEN_PATH)
    with pytest.raises(SignInUnavailable, match="503"):
        sign_in.with_code(account, AppCredential(SECRET), lambda app: app.acquire_token_for_client(["x/.default"]))
    assert waits == []


@pytest.mark.parametrize(
    ("body", "error"),
    [
        *((f'{{"access_token": {token}}}', SignInUnavailable) for token in ('"hush-hus', '"hush\\nhush"', '""', "5")),
        ("{}", SignInUnavailable),
        ('{"error": "invalid_client"}', SignInRejected),
    ],
)
def test_a_success_without_a_token_is_a_failure(
    world: StandIn, sign_in: SignIn, account: Account, body: str, error: type[SnapshotError]
) -> None:
    """Half a token, or somebody else's JSON: an error with a code, which shows nothing of the response."""
    world.faults.add("entra", Status(200, body), path_contains=TOKEN_PATH, times=None)
    with pytest.raises(error) as raised:
        sign_in.as_app(account, AppCredential(SECRET))
    assert "hush" not in str(raised.value)


@pytest.mark.parametrize(
    ("error", "metadata", "code"),
    [
        ("invalid_request", Status(400), "unknown_tenant"),
        ("invalid_tenant", Status(404), "unknown_tenant"),
        ("invalid_request", Status(503), "invalid_request"),
        ("invalid_request", Cut(), "invalid_request"),
    ],
)
def test_an_unknown_tenant_is_recognized(
    world: StandIn, sign_in: SignIn, account: Account, error: str, metadata: Fault, code: str
) -> None:
    """If the tenant's metadata says so. The most likely cause is a tenant in another cloud."""
    world.faults.add("entra", Status(400, json.dumps({"error": error})), path_contains=TOKEN_PATH)
    world.faults.add("entra", metadata, path_contains="openid-configuration")
    with pytest.raises(SignInRejected, match=f"code {code}$") as raised:
        sign_in.as_app(account, AppCredential(SECRET))
    assert ("must belong to that cloud" in raised.value.remedy) == (code == "unknown_tenant")


@pytest.mark.parametrize("refresh_token", ["null", '""', "5", '["x"]'])
def test_a_refresh_token_that_is_not_text_is_ignored(
    world: StandIn, sign_in: SignIn, account: Account, refresh_token: str
) -> None:
    """Storing it would replace one that works."""
    body = f'{{"access_token": "a", "token_type": "Bearer", "expires_in": 3600, "refresh_token": {refresh_token}}}'
    world.faults.add("entra", Status(200, body), path_contains=TOKEN_PATH)
    assert sign_in.as_user(account, AppCredential(SECRET), STORED) == Tokens("a", None)
