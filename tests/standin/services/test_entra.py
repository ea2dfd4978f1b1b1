"""Entra ID, with MSAL's own client."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
import pytest
import requests
from msal.exceptions import MsalServiceError

from standin import StandIn
from standin.directory import SignIn
from standin.partner import Partner

RESOURCE = "https://api.partnercenter.microsoft.com"
USER_SCOPE = [f"{RESOURCE}/user_impersonation"]
REDIRECT = "http://localhost:12345/answer"
ClientOf = Callable[..., Any]


def refused(answer: dict[str, Any]) -> tuple[str, int]:
    """Return the OAuth error and the AADSTS code; fails on a token."""
    return answer["error"], answer["error_codes"][0]


def claims_of(answer: dict[str, Any]) -> dict[str, Any]:
    """Read the access token of an answer."""
    claims: dict[str, Any] = jwt.decode(answer["access_token"], options={"verify_signature": False})
    return claims


@pytest.fixture
def partner(world: StandIn) -> Partner:
    """Give a partner that signs in with a user."""
    return world.add_partner(auth="app_user")


def stored_token(world: StandIn, partner: Partner) -> str:
    """Return the partner's refresh token."""
    return world.vault.versions(str(partner.refresh_token_name))[-1].value


@pytest.mark.parametrize(
    "resource", [RESOURCE, "https://partner.partnercenterapi.microsoftonline.cn", "https://graph.microsoft.com"]
)
def test_an_app_gets_a_token_of_its_own(partner: Partner, app_of: ClientOf, resource: str) -> None:
    """With the audience asked for and no user in it."""
    claims = claims_of(app_of(partner).acquire_token_for_client([f"{resource}/.default"]))
    assert (claims["aud"], claims["tid"], claims["appid"]) == (resource, partner.tenant_id, partner.client_id)
    assert claims["idtyp"] == "app"
    assert "amr" not in claims


def test_a_refresh_token_gives_a_user_token_and_a_new_refresh_token(
    world: StandIn, partner: Partner, app_of: ClientOf
) -> None:
    """The old one is not revoked."""
    old = stored_token(world, partner)
    client = app_of(partner)
    answer = client.acquire_token_by_refresh_token(old, USER_SCOPE)
    claims = claims_of(answer)
    assert (claims["aud"], claims["scp"], claims["amr"]) == (RESOURCE, "user_impersonation", ["pwd", "mfa"])
    assert answer["refresh_token"] != old
    for token in (answer["refresh_token"], old):
        assert "access_token" in client.acquire_token_by_refresh_token(token, USER_SCOPE)


def test_both_refresh_tokens_die_at_their_own_age(world: StandIn, partner: Partner, app_of: ClientOf) -> None:
    """Ninety days after each was issued."""
    old = stored_token(world, partner)
    world.clock.advance(days=60)
    new = app_of(partner).acquire_token_by_refresh_token(old, USER_SCOPE)["refresh_token"]
    world.clock.advance(days=30)
    assert refused(app_of(partner).acquire_token_by_refresh_token(old, USER_SCOPE)) == ("invalid_grant", 700082)
    assert "access_token" in app_of(partner).acquire_token_by_refresh_token(new, USER_SCOPE)


def test_a_refresh_token_of_another_app_is_refused(world: StandIn, partner: Partner, app_of: ClientOf) -> None:
    """invalid_grant, and an unknown one as well."""
    other = world.add_partner(name="Other", tenant_id=partner.tenant_id)
    answer = app_of(other).acquire_token_by_refresh_token(stored_token(world, partner), USER_SCOPE)
    assert refused(answer) == ("invalid_grant", 700007)
    assert refused(app_of(other).acquire_token_by_refresh_token("unknown", USER_SCOPE)) == ("invalid_grant", 70000)


def test_consent_that_was_withdrawn_is_missed(world: StandIn, partner: Partner, app_of: ClientOf) -> None:
    """65001."""
    partner.app.consented = False
    answer = app_of(partner).acquire_token_by_refresh_token(stored_token(world, partner), USER_SCOPE)
    assert refused(answer) == ("consent_required", 65001)


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        (50076, 400, "invalid_grant"),
        (50078, 400, "invalid_grant"),
        (50173, 400, "invalid_grant"),
        (16000, 400, "interaction_required"),
        (53003, 400, "interaction_required"),
        (65001, 400, "consent_required"),
        (7000215, 401, "invalid_client"),
    ],
)
def test_every_refusal_can_be_asked_for(
    world: StandIn, partner: Partner, app_of: ClientOf, code: int, status: int, error: str
) -> None:
    """Until it is taken back; MSAL hands the text on."""
    world.entra.refuse(partner.tenant_id, code)
    answer = app_of(partner).acquire_token_by_refresh_token(stored_token(world, partner), USER_SCOPE)
    assert refused(answer) == (error, code)
    assert answer["error_description"].startswith(f"AADSTS{code}: ")
    assert world.journal.calls("entra", path_contains="/token")[-1].status == status
    world.entra.accept(partner.tenant_id)
    assert "access_token" in app_of(partner).acquire_token_by_refresh_token(stored_token(world, partner), USER_SCOPE)


def test_a_passing_trouble_is_a_503(world: StandIn, partner: Partner, app_of: ClientOf) -> None:
    """Which MSAL raises; under a 400 it hands the error on."""
    client = app_of(partner)
    world.entra.refuse(partner.tenant_id, 90033)
    with pytest.raises(MsalServiceError, match="503"):
        client.acquire_token_by_refresh_token(stored_token(world, partner), USER_SCOPE)
    world.entra.refuse(partner.tenant_id, 90033, status=400)
    answer = app_of(partner).acquire_token_by_refresh_token(stored_token(world, partner), USER_SCOPE)
    assert refused(answer) == ("temporarily_unavailable", 90033)


def test_a_refusal_may_carry_another_error(world: StandIn, partner: Partner, app_of: ClientOf) -> None:
    """Microsoft says that codes and texts change."""
    world.entra.refuse(partner.tenant_id, 65001, error="invalid_grant")
    answer = app_of(partner).acquire_token_for_client([f"{RESOURCE}/.default"])
    assert refused(answer) == ("invalid_grant", 65001)


def test_an_unknown_tenant_has_no_configuration(world: StandIn, session: requests.Session) -> None:
    """400 and AADSTS90002, which MSAL turns into an exception."""
    answer = session.get(f"{world.entra.url}/nowhere/v2.0/.well-known/openid-configuration", timeout=10)
    assert (answer.status_code, refused(answer.json())) == (400, ("invalid_tenant", 90002))


def test_an_unknown_app_is_refused(world: StandIn, partner: Partner, app_of: ClientOf) -> None:
    """700016 names the app and the tenant."""
    client = app_of(partner)
    world.entra.directory.clear()
    world.add_partner(tenant_id=partner.tenant_id)
    answer = client.acquire_token_for_client([f"{RESOURCE}/.default"])
    assert refused(answer) == ("unauthorized_client", 700016)
    assert partner.client_id in answer["error_description"]


@pytest.mark.parametrize(
    ("scope", "error", "code"),
    [
        (f"{RESOURCE}/user_impersonation", "invalid_scope", 70011),
        ("nonsense", "invalid_scope", 70011),
        (f"{RESOURCE}/.default https://graph.microsoft.com/.default", "invalid_scope", 70011),
        ("https://unknown.example/.default", "invalid_resource", 500011),
        ("", "invalid_request", 90014),
    ],
)
def test_a_scope_must_be_one_known_resource(
    world: StandIn, session: requests.Session, scope: str, error: str, code: int
) -> None:
    """An app alone asks for `.default` of one resource."""
    partner = world.add_partner(secret="secret")
    form = {
        "client_id": partner.client_id,
        "client_secret": "secret",
        "grant_type": "client_credentials",
        "scope": scope,
    }
    answer = session.post(f"{world.entra.url}/{partner.tenant_id}/oauth2/v2.0/token", data=form, timeout=10)
    assert (answer.status_code, refused(answer.json())) == (400, (error, code))


def test_an_unknown_permission_is_refused(world: StandIn, partner: Partner, app_of: ClientOf) -> None:
    """Partner Center has `user_impersonation` only."""
    answer = app_of(partner).acquire_token_by_refresh_token(stored_token(world, partner), [f"{RESOURCE}/Read.All"])
    assert refused(answer) == ("invalid_scope", 70011)


def test_an_unknown_grant_is_refused(world: StandIn, session: requests.Session) -> None:
    """70003."""
    partner = world.add_partner(secret="secret")
    form = {"client_id": partner.client_id, "client_secret": "secret", "grant_type": "password"}
    answer = session.post(f"{world.entra.url}/{partner.tenant_id}/oauth2/v2.0/token", data=form, timeout=10)
    assert refused(answer.json()) == ("unsupported_grant_type", 70003)


def begin(client: Any, **options: Any) -> dict[str, Any]:
    """Start MSAL's flow in the mode that it recommends, unless told otherwise."""
    flow: dict[str, Any] = client.initiate_auth_code_flow(
        USER_SCOPE, **({"redirect_uri": REDIRECT, "response_mode": "form_post"} | options)
    )
    return flow


def browse(session: requests.Session, flow: dict[str, Any]) -> dict[str, str]:
    """Do what a browser does with MSAL's address; return the fields of the form that it then posts."""
    page = session.get(flow["auth_uri"], allow_redirects=False, timeout=10)
    assert page.status_code == 200
    assert f'<form method="POST" action="{REDIRECT}">' in page.text
    return {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', page.text)}


@pytest.mark.filterwarnings("ignore:response_mode='form_post' is recommended")
def test_the_answer_may_come_in_a_redirect(partner: Partner, app_of: ClientOf, session: requests.Session) -> None:
    """As a pasted address needs it."""
    client = app_of(partner)
    flow = begin(client, response_mode="query")
    answer = session.get(flow["auth_uri"], allow_redirects=False, timeout=10)
    location = urlsplit(answer.headers["Location"])
    assert (answer.status_code, f"{location.scheme}://{location.netloc}{location.path}") == (302, REDIRECT)
    assert "access_token" in client.acquire_token_by_auth_code_flow(flow, dict(parse_qsl(location.query)))


def test_a_person_signs_in_through_the_browser(
    world: StandIn, partner: Partner, app_of: ClientOf, session: requests.Session
) -> None:
    """Authorization code with PKCE, through MSAL, up to a refresh token that works; consent is given on the way."""
    partner.app.consented = False
    client = app_of(partner)
    flow = begin(client)
    answer = client.acquire_token_by_auth_code_flow(flow, browse(session, flow))
    assert claims_of(answer)["amr"] == ["pwd", "mfa"]
    assert answer["id_token_claims"]["tid"] == partner.tenant_id
    again = client.acquire_token_by_refresh_token(answer["refresh_token"], USER_SCOPE)
    assert claims_of(again)["upn"] == world.entra.sign_in.user


def test_a_person_may_sign_in_without_mfa(
    world: StandIn, partner: Partner, app_of: ClientOf, session: requests.Session
) -> None:
    """The token tells, and so do those that follow from it."""
    world.entra.sign_in = SignIn(mfa=False)
    client = app_of(partner)
    flow = begin(client)
    answer = client.acquire_token_by_auth_code_flow(flow, browse(session, flow))
    assert claims_of(answer)["amr"] == ["pwd"]
    assert claims_of(client.acquire_token_by_refresh_token(answer["refresh_token"], USER_SCOPE))["amr"] == ["pwd"]


def test_a_person_may_decline(world: StandIn, partner: Partner, app_of: ClientOf, session: requests.Session) -> None:
    """The answer carries the error and the state."""
    world.entra.sign_in = SignIn(denied=True)
    flow = begin(app_of(partner))
    query = browse(session, flow)
    assert (query["error"], query["state"]) == ("access_denied", flow["state"])
    assert query["error_description"].startswith("AADSTS65004")


def test_a_stolen_code_is_worth_nothing(partner: Partner, app_of: ClientOf, session: requests.Session) -> None:
    """Without the verifier the code is refused, and it is used up."""
    client = app_of(partner)
    flow = begin(client)
    query = browse(session, flow)
    wrong = flow | {"code_verifier": "x" * 43}
    assert refused(client.acquire_token_by_auth_code_flow(wrong, query)) == ("invalid_grant", 501481)
    assert refused(app_of(partner).acquire_token_by_auth_code_flow(flow, query)) == ("invalid_grant", 54005)


def test_a_redirect_elsewhere_shows_a_page(
    world: StandIn, partner: Partner, app_of: ClientOf, session: requests.Session
) -> None:
    """Entra ID never redirects to an address that is not registered, nor for an app that is not known."""
    flow = begin(app_of(partner), redirect_uri="https://elsewhere.example/")
    answer = session.get(flow["auth_uri"], allow_redirects=False, timeout=10)
    assert (answer.status_code, "AADSTS50011" in answer.text) == (400, True)
    answer = session.get(f"{world.entra.url}/{partner.tenant_id}/oauth2/v2.0/authorize", timeout=10)
    assert (answer.status_code, "AADSTS700016" in answer.text) == (400, True)


def test_the_redirect_of_the_exchange_must_be_the_same(
    partner: Partner, app_of: ClientOf, session: requests.Session
) -> None:
    """50011 otherwise."""
    client = app_of(partner)
    flow = begin(client)
    query = browse(session, flow)
    answer = client.acquire_token_by_auth_code_flow(flow | {"redirect_uri": "http://localhost:1/"}, query)
    assert answer["error_codes"] == [50011]
