"""Entra ID's data: app registrations, their credentials and the issued grants."""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from standin.aadsts import RequestRefusedError
from standin.certificate import Certificate
from standin.clock import Clock

REFRESH_TOKEN_LIFE = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class FederatedCredential:
    """The identity whose token an app accepts instead of a secret."""

    issuer: str
    subject: str
    audience: str


@dataclass(slots=True)
class App:
    """An app registration in one tenant.

    `secrets` maps a client secret to its end (None: without). Change it to make Entra ID refuse: remove a secret, or set
    `consented` to False.
    """

    tenant_id: str
    client_id: str
    secrets: dict[str, datetime | None] = field(default_factory=dict, repr=False)
    certificates: list[Certificate] = field(default_factory=list, repr=False)
    federated: list[FederatedCredential] = field(default_factory=list)
    consented: bool = True


@dataclass(frozen=True, slots=True)
class SignIn:
    """What the user in the browser does."""

    user: str = "admin@contoso.onmicrosoft.com"
    mfa: bool = True
    denied: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """A user's sign-in, stored for a refresh token or an authorization code."""

    app: App
    sign_in: SignIn
    issued: datetime
    redirect_uri: str = ""
    code_challenge: str = ""
    nonce: str = ""


class Directory:
    """All tenants of the stand-in's Entra ID. Its tokens and codes are opaque."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.clear()

    def register(self, app: App) -> App:
        """Register `app` in its tenant, creating the tenant if necessary."""
        self._apps[app.tenant_id.lower(), app.client_id.lower()] = app
        return app

    def clear(self) -> None:
        """Forget everything."""
        self._apps: dict[tuple[str, str], App] = {}
        self._refresh_tokens: dict[str, Grant] = {}
        self._codes: dict[str, Grant] = {}
        self.issued: set[str] = set()
        """Every refresh token and authorization code, for tests that check for leaks."""

    def require_tenant(self, tenant_id: str) -> None:
        """Refuse with 90002 if the tenant has no app registration."""
        if not any(tenant == tenant_id.lower() for tenant, _ in self._apps):
            raise RequestRefusedError(90002, tenant=tenant_id)

    def app(self, tenant_id: str, client_id: str) -> App:
        """Return the registration; refuse with 90002 or 700016."""
        self.require_tenant(tenant_id)
        app = self._apps.get((tenant_id.lower(), client_id.lower()))
        if app is None:
            raise RequestRefusedError(700016, app=client_id, tenant=tenant_id)
        return app

    def issue_refresh_token(self, app: App, sign_in: SignIn, *, issued: datetime | None = None) -> str:
        """Return a new refresh token. With `issued` in the past, it already has that age."""
        return self._keep(self._refresh_tokens, Grant(app, sign_in, issued or self._clock.now()))

    def refresh_grant(self, app: App, token: str) -> Grant:
        """Return the grant for a refresh token, which stays valid; refuse with 70000, 700007 or 700082.

        It is bound to the app, not to the tenant: a multi-tenant app may use it in another one.
        """
        grant = self._refresh_tokens.get(token)
        if grant is None:
            raise RequestRefusedError(70000, detail="refresh_token")
        if grant.app.client_id != app.client_id:
            raise RequestRefusedError(700007, app=app.client_id)
        if self._clock.now() >= grant.issued + REFRESH_TOKEN_LIFE:
            raise RequestRefusedError(700082, time=grant.issued.isoformat())
        return grant

    def issue_code(self, app: App, sign_in: SignIn, **asked: str) -> str:
        """Return an authorization code. `asked` has the grant's other fields."""
        return self._keep(self._codes, Grant(app, sign_in, self._clock.now(), **asked))

    def _keep(self, grants: dict[str, Grant], grant: Grant) -> str:
        opaque = secrets.token_urlsafe(64)
        self.issued.add(opaque)
        grants[opaque] = grant
        return opaque

    def redeem_code(self, app: App, code: str, redirect_uri: str, verifier: str) -> Grant:
        """Return the grant for a code, only once; refuse with 70000 or 700007."""
        grant = self._codes.pop(code, None)
        if grant is None:
            raise RequestRefusedError(70000, detail="code")
        if grant.app is not app:
            raise RequestRefusedError(700007, app=app.client_id)
        if redirect_uri != grant.redirect_uri:
            raise RequestRefusedError(70000, detail="redirect_uri")
        if grant.code_challenge and _challenge_of(verifier) != grant.code_challenge:
            raise RequestRefusedError(70000, detail="code_verifier")
        return grant


def _challenge_of(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
