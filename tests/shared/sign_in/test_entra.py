"""Signing in at a played Entra ID, through the real MSAL."""

import json
import logging
from collections.abc import Callable

import pytest

from shared.azure_services.identity import CachedCredential
from shared.azure_services.vault import Vault
from shared.errors import ConsentRequired, SignInRejected, SignInUnavailable, SnapshotError
from shared.settings.accounts import Account
from shared.sign_in.app_credential import AppCredential
from shared.sign_in.entra import SignIn, Tokens
from standin import StandIn
from standin.aadsts import ERRORS
from standin.faults import Cut, CutBody, Fault, Status, html, redirect, throttled, unavailable
from standin.partner import Partner

AccountOf = Callable[[Partner], Account]
SECRET = "hush-hush~secret"
TOKEN_PATH = "/oauth2/v2.0/token"


def test_nothing_is_kept_from_one_sign_in_to_the_next(world: StandIn, sign_in: SignIn, account_of: AccountOf) -> None:
    """A warm worker signs in anew at each run."""
    account = account_of(world.add_partner(secret=SECRET))
    sign_in.as_app(account, AppCredential(SECRET))
    sign_in.as_app(account, AppCredential(SECRET))
    assert world.journal.count("entra", path_contains=TOKEN_PATH) == 2


def test_a_token_of_another_tenant_is_not_used(world: StandIn, sign_in: SignIn, account_of: AccountOf) -> None:
    """A gateway may mix up two answers, and the other tenant's balance would be recorded."""
    account, other = account_of(world.add_partner(secret=SECRET)), account_of(world.add_partner(secret=SECRET))
    token = sign_in.as_app(other, AppCredential(SECRET)).access_token
    world.faults.add(
        "entra", Status(200, json.dumps({"token_type": "Bearer", "expires_in": 3599, "access_token": token}))
    )
    with pytest.raises(SignInUnavailable, match="a token of another tenant"):
        sign_in.as_app(account, AppCredential(SECRET))


UNKNOWN_TENANT = {90002, 900023}
USERS_ERRORS = {"invalid_grant", "interaction_required", "consent_required", "login_required"}


@pytest.mark.parametrize("code", sorted(ERRORS))
def test_every_refusal_is_told_by_its_oauth_error(
    world: StandIn, sign_in: SignIn, account_of: AccountOf, waits: list[float], code: int
) -> None:
    """Microsoft says that its numbers and texts change: the kind depends on `error`, the text is shown."""
    refusal = ERRORS[code]
    partner = world.add_partner(auth="app_user", secret=SECRET)
    account = account_of(partner)
    world.entra.refuse(partner.tenant_id, code)
    passing = refusal.status >= 500 or refusal.error in {"temporarily_unavailable", "server_error"}
    consent = refusal.error in USERS_ERRORS or (refusal.error == "invalid_request" and code not in UNKNOWN_TENANT)
    expected = SignInUnavailable if passing else ConsentRequired if consent else SignInRejected
    with pytest.raises(expected) as raised:
        sign_in.as_user(account, AppCredential(SECRET), "hush-refresh")
    if refusal.status < 500:
        assert f"AADSTS{code}" in str(raised.value)
        assert raised.value.ids.request_id
        assert raised.value.ids.correlation_id
    assert "Trace ID" not in str(raised.value)
    assert "hush" not in str(raised.value)
    assert (waits != []) == passing
    assert world.journal.count("entra", path_contains=TOKEN_PATH) == (4 if passing else 1)


def test_the_service_and_the_app_are_named(world: StandIn, sign_in: SignIn, account_of: AccountOf) -> None:
    """Of ten accounts, the reader has to know which."""
    partner = world.add_partner(secret=SECRET)
    with pytest.raises(SignInRejected) as raised:
        sign_in.as_app(account_of(partner), AppCredential("wrong"))
    for part in (world.entra.url, partner.tenant_id, partner.client_id, "invalid_client", "AADSTS7000215"):
        assert part in str(raised.value)


@pytest.mark.parametrize(
    "fault",
    [Status(429), throttled(2), unavailable(), unavailable(2), html(502), Status(408), Status(500), Cut(), CutBody()],
    ids=["429", "retry-after", "503", "503 retry-after", "html 502", "408", "500", "cut", "body cut"],
)
def test_a_passing_failure_is_healed(
    world: StandIn, sign_in: SignIn, account_of: AccountOf, waits: list[float], fault: Fault
) -> None:
    """MSAL would keep some of these for a minute."""
    account = account_of(world.add_partner(secret=SECRET))
    world.faults.add("entra", fault, path_contains=TOKEN_PATH)
    assert sign_in.as_app(account, AppCredential(SECRET)).access_token
    assert len(waits) == 1


@pytest.mark.parametrize("error", ["temporarily_unavailable", "server_error"])
def test_a_passing_refusal_is_tried_again(
    world: StandIn, sign_in: SignIn, account_of: AccountOf, waits: list[float], error: str
) -> None:
    """Also when its status does not say so."""
    account = account_of(world.add_partner(secret=SECRET))
    world.faults.add("entra", Status(400, f'{{"error": "{error}"}}'), path_contains=TOKEN_PATH)
    assert sign_in.as_app(account, AppCredential(SECRET)).access_token
    assert len(waits) == 1


@pytest.mark.parametrize(
    "fault",
    [
        html(200),
        Status(200, "{}"),
        Status(200, b""),
        Status(200, "[]"),
        Status(200, '{"access_token": "hush-hus'),
        Status(200, '{"access_token": 5}'),
        Status(200, '{"access_token": "two\\nlines"}'),
        Status(200, '{"access_token": ""}'),
        Status(418, "{}"),
        redirect("https://127.0.0.1:1/"),
    ],
    ids=[
        "html",
        "empty object",
        "nothing",
        "array",
        "cut token",
        "number",
        "two lines",
        "empty token",
        "418",
        "redirect",
    ],
)
def test_an_answer_that_is_none_is_of_the_tree(
    world: StandIn, sign_in: SignIn, account_of: AccountOf, fault: Fault
) -> None:
    """A proxy's page, half a token, somebody else's JSON: an error with a code, and nothing of the answer in it."""
    account = account_of(world.add_partner(secret=SECRET))
    world.faults.add("entra", fault, path_contains=TOKEN_PATH, times=None)
    with pytest.raises(SnapshotError) as raised:
        sign_in.as_app(account, AppCredential(SECRET))
    assert raised.value.code in {"sign-in-unavailable", "sign-in-rejected"}
    assert "hush" not in str(raised.value)


def test_an_unknown_tenant_is_rejected_with_its_own_remedy(
    world: StandIn, sign_in: SignIn, account_of: AccountOf, waits: list[float]
) -> None:
    """The likeliest cause is a tenant of another cloud."""
    partner = world.add_partner(secret=SECRET)
    world.entra.directory.clear()
    with pytest.raises(SignInRejected, match="does not know the tenant") as raised:
        sign_in.as_app(account_of(partner), AppCredential(SECRET))
    assert "PARTNER_CLOUD" in raised.value.remedy
    assert waits == []


def test_no_secret_and_no_token_is_logged(
    world: StandIn,
    vault: Vault,
    identity: CachedCredential,
    sign_in: SignIn,
    account_of: AccountOf,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """At no level, by none of the libraries."""
    caplog.set_level(logging.DEBUG)
    partner = world.add_partner(auth="app_user", secret=SECRET)
    refresh_token = world.vault.versions(str(partner.refresh_token_name))[0].value
    tokens = sign_in.as_user(account_of(partner), AppCredential(SECRET), refresh_token)
    for hush in (SECRET, refresh_token, tokens.access_token, str(tokens.refresh_token)):
        assert hush not in caplog.text
        assert hush not in repr(tokens)


@pytest.mark.parametrize("refresh_token", ["null", '""', "5", '["x"]'])
def test_a_refresh_token_that_is_not_text_is_ignored(
    world: StandIn, sign_in: SignIn, account_of: AccountOf, refresh_token: str
) -> None:
    """Storing it would replace one that works."""
    account = account_of(world.add_partner(secret=SECRET, auth="app_user"))
    body = f'{{"access_token": "a", "token_type": "Bearer", "expires_in": 3600, "refresh_token": {refresh_token}}}'
    world.faults.add("entra", Status(200, body), path_contains=TOKEN_PATH)
    assert sign_in.as_user(account, AppCredential(SECRET), "hush-refresh") == Tokens("a", None)
