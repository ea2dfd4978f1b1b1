"""Authenticates an app at the token endpoint: by a secret, a signed assertion, or an identity's own token."""

from collections.abc import Collection, Mapping
from datetime import datetime

import jwt

from standin.aadsts import RequestRefusedError
from standin.clock import Clock
from standin.directory import App, FederatedCredential
from standin.tokens import InvalidTokenError, TokenSigner

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def check(
    form: Mapping[str, str], app: App, signer: TokenSigner, clock: Clock, assertion_audiences: Collection[str]
) -> str:
    """Return how the app authenticated: `secret`, `certificate` or `federated`; raises RequestRefusedError if not."""
    if secret := form.get("client_secret"):
        _check_secret(app, secret, clock.now())
        return "secret"
    if form.get("client_assertion_type") != ASSERTION_TYPE or not form.get("client_assertion"):
        raise RequestRefusedError(90014, detail="client_assertion")
    assertion = form["client_assertion"]
    header, claims = _unverified(assertion, app)
    if claims.get("iss") == app.client_id:
        _check_certificate(app, assertion, header, assertion_audiences)
        return "certificate"
    _check_federated(app, assertion, signer)
    return "federated"


def _check_secret(app: App, secret: str, now: datetime) -> None:
    if secret not in app.secrets:
        raise RequestRefusedError(7000215, app=app.client_id)
    end = app.secrets[secret]
    if end is not None and end <= now:
        raise RequestRefusedError(7000222, app=app.client_id)


def _unverified(assertion: str, app: App) -> tuple[dict[str, object], dict[str, object]]:
    try:
        token = jwt.decode_complete(assertion, options={"verify_signature": False})
    except jwt.InvalidTokenError as error:
        raise RequestRefusedError(700027, app=app.client_id, detail="The assertion is not a JSON Web Token.") from error
    return token["header"], token["payload"]


def _check_certificate(app: App, assertion: str, header: Mapping[str, object], audiences: Collection[str]) -> None:
    claimed = {str(header.get(name)).rstrip("=") for name in ("x5t", "x5t#S256")}  # MSAL pads them
    known = next((one for one in app.certificates if one.thumbprints & claimed), None)
    if known is None:
        raise RequestRefusedError(700027, app=app.client_id, detail="The key was not found.")
    try:
        jwt.decode(
            assertion,
            known.key.public_key(),
            algorithms=["RS256", "PS256"],
            audience=list(audiences),
            options={"require": ["exp", "iss", "sub", "jti"]},
        )
    except jwt.InvalidTokenError as error:
        raise RequestRefusedError(700027, app=app.client_id, detail=str(error)) from error


def _check_federated(app: App, assertion: str, signer: TokenSigner) -> None:
    try:
        claims = signer.read(assertion, None)
    except InvalidTokenError as error:
        raise RequestRefusedError(700213, detail=str(error)) from error
    presented = FederatedCredential(str(claims["iss"]), str(claims.get("sub")), str(claims["aud"]))
    if presented not in app.federated:
        raise RequestRefusedError(700213, detail=presented.subject)
