"""How an app proves itself, with MSAL's own assertions and with bad ones."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from azure.identity import ManagedIdentityCredential
from cryptography.hazmat.primitives.hashes import SHA1

from standin import StandIn
from standin.certificate import Certificate
from standin.directory import FederatedCredential
from standin.partner import Partner

SCOPE = ["https://api.partnercenter.microsoft.com/.default"]
ClientOf = Callable[..., Any]


def refused(answer: dict[str, Any]) -> tuple[str, int]:
    """Return the OAuth error and the AADSTS code; fails on a token."""
    return answer["error"], answer["error_codes"][0]


def test_a_secret_proves_the_app(world: StandIn, app_of: ClientOf) -> None:
    """Any of the registered ones."""
    partner = world.add_partner(secret="first")
    partner.app.secrets["second"] = None
    for secret in ("first", "second"):
        assert "access_token" in app_of(partner, secret).acquire_token_for_client(SCOPE)


def test_a_wrong_and_an_expired_secret_are_told_apart(world: StandIn, app_of: ClientOf) -> None:
    """7000215 and 7000222, both invalid_client."""
    partner = world.add_partner(secret_expires_in=timedelta(days=1))
    assert refused(app_of(partner, "wrong").acquire_token_for_client(SCOPE)) == ("invalid_client", 7000215)
    world.clock.advance(days=1)
    assert refused(app_of(partner).acquire_token_for_client(SCOPE)) == ("invalid_client", 7000222)


@pytest.mark.parametrize("thumbprint", [{}, {"thumbprint": "sha1"}])
def test_a_registered_certificate_proves_the_app(world: StandIn, app_of: ClientOf, thumbprint: dict[str, str]) -> None:
    """By MSAL's assertion, whether its header has the SHA-256 or the SHA-1 thumbprint."""
    partner = world.add_partner(credential="pem")
    certificate = partner.app.certificates[0]
    credential: dict[str, object] = {"private_key": certificate.pem(), "public_certificate": certificate.pem()}
    if thumbprint:
        credential = {
            "private_key": certificate.pem(),
            "thumbprint": certificate.certificate.fingerprint(SHA1()).hex(),  # noqa: S303 - x5t is SHA-1
        }
    assert "access_token" in app_of(partner, credential).acquire_token_for_client(SCOPE)
    assert world.journal.calls("entra", path_contains="token")[-1].detail == "client_credentials certificate"


def test_another_certificate_is_refused(world: StandIn, app_of: ClientOf) -> None:
    """700027, as after a renewal that nobody uploaded."""
    partner = world.add_partner(credential="pem")
    partner.app.certificates[:] = [Certificate.create()]
    pem = world.vault.versions(str(partner.secret_name))[-1].value
    answer = app_of(partner, {"private_key": pem, "public_certificate": pem}).acquire_token_for_client(SCOPE)
    assert refused(answer) == ("invalid_client", 700027)


def assertion(partner: Partner, certificate: Certificate, **claims: object) -> str:
    """Return an assertion of the app, with some claims replaced."""
    now = datetime.now(UTC)
    usual = {"iss": partner.client_id, "sub": partner.client_id, "jti": "1", "exp": now + timedelta(minutes=5)}
    thumbprint = base64.urlsafe_b64encode(certificate.certificate.fingerprint(SHA1()))  # noqa: S303 - x5t is SHA-1
    headers = {"x5t": thumbprint.decode().rstrip("=")}
    return jwt.encode({**usual, **claims}, certificate.key, "RS256", headers=headers)


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"aud": "https://elsewhere"}, 700027),
        ({"exp": datetime(2020, 1, 1, tzinfo=UTC)}, 700024),
        ({"nbf": datetime(2099, 1, 1, tzinfo=UTC)}, 700024),
        ({"jti": None}, 700027),
    ],
)
def test_a_bad_assertion_of_a_good_certificate_is_refused(
    world: StandIn, app_of: ClientOf, claims: dict[str, object], code: int
) -> None:
    """Audience and times are checked, not only the signature."""
    partner = world.add_partner(credential="pem")
    audience = {"aud": f"{world.entra.url}/{partner.tenant_id}/oauth2/v2.0/token"}
    made = assertion(partner, partner.app.certificates[0], **(audience | claims))
    answer = app_of(partner, {"client_assertion": lambda: made}).acquire_token_for_client(SCOPE)
    assert refused(answer) == ("invalid_client", code)


def test_an_assertion_signed_with_another_key_is_refused(world: StandIn, app_of: ClientOf) -> None:
    """A right thumbprint is no proof."""
    partner = world.add_partner(credential="pem")
    known = partner.app.certificates[0]
    forged = assertion(partner, Certificate(known.certificate, Certificate.create().key), aud="x")
    answer = app_of(partner, {"client_assertion": lambda: forged}).acquire_token_for_client(SCOPE)
    assert refused(answer) == ("invalid_client", 700027)


def test_an_assertion_that_is_none_is_refused(world: StandIn, app_of: ClientOf) -> None:
    """700027 for text that is no token at all."""
    partner = world.add_partner(credential="pem")
    answer = app_of(partner, {"client_assertion": lambda: "nonsense"}).acquire_token_for_client(SCOPE)
    assert refused(answer) == ("invalid_client", 700027)


def test_no_proof_at_all_is_refused(world: StandIn, session: Any) -> None:
    """7000218."""
    partner = world.add_partner()
    form = {"client_id": partner.client_id, "grant_type": "client_credentials", "scope": SCOPE[0]}
    answer = session.post(f"{world.entra.url}/{partner.tenant_id}/oauth2/v2.0/token", data=form, timeout=10)
    assert (answer.status_code, refused(answer.json())) == (401, ("invalid_client", 7000218))


@pytest.fixture
def identity_token(credential: ManagedIdentityCredential) -> str:
    """Get the managed identity's token for the exchange."""
    return str(credential.get_token("api://AzureADTokenExchange/.default").token)


def test_the_identity_proves_a_federated_app(world: StandIn, app_of: ClientOf, identity_token: str) -> None:
    """Without any secret, also in another tenant than the app's home."""
    partner = world.add_partner(credential="federated")
    answer = app_of(partner, {"client_assertion": lambda: identity_token}).acquire_token_for_client(SCOPE)
    assert "access_token" in answer
    assert world.journal.calls("entra", path_contains="token")[-1].detail == "client_credentials federated"


@pytest.mark.parametrize(("part", "code"), [("issuer", 700211), ("subject", 700213), ("audience", 700212)])
def test_a_federated_credential_must_match_in_every_part(
    world: StandIn, app_of: ClientOf, identity_token: str, part: str, code: int
) -> None:
    """The refusal tells which part did not."""
    partner = world.add_partner(credential="federated")
    known = partner.app.federated[0]
    parts = {"issuer": known.issuer, "subject": known.subject, "audience": known.audience, part: "other"}
    partner.app.federated[:] = [FederatedCredential(**parts)]
    answer = app_of(partner, {"client_assertion": lambda: identity_token}).acquire_token_for_client(SCOPE)
    assert refused(answer) == ("invalid_client", code)


def test_an_identity_of_another_tenant_is_refused(world: StandIn, app_of: ClientOf, identity_token: str) -> None:
    """700236: an app trusts identities of its home tenant only."""
    partner = world.add_partner(credential="federated")
    partner.app.home_tenant = partner.tenant_id
    answer = app_of(partner, {"client_assertion": lambda: identity_token}).acquire_token_for_client(SCOPE)
    assert refused(answer) == ("invalid_client", 700236)


def test_an_identity_token_that_is_over_is_refused(
    world: StandIn, app_of: ClientOf, credential: ManagedIdentityCredential
) -> None:
    """700024."""
    partner = world.add_partner(credential="federated")
    world.tokens.lifetime = timedelta(hours=-1)
    token = credential.get_token("api://AzureADTokenExchange/.default").token
    answer = app_of(partner, {"client_assertion": lambda: token}).acquire_token_for_client(SCOPE)
    assert refused(answer) == ("invalid_client", 700024)
