"""Entra ID: the OpenID configuration, authorization endpoint and token endpoint for every tenant in the directory."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode, urlsplit

from aiohttp import web

from standin import client_proof
from standin.aadsts import ERRORS, EntraError, RequestRefusedError
from standin.directory import App, Directory, Grant, SignIn
from standin.server import Service, ServiceContext, note

PARTNER_CENTER_AUDIENCES = (
    "https://api.partnercenter.microsoft.com",
    "https://partner.partnercenterapi.microsoftonline.cn",
)
RESOURCES = frozenset((*PARTNER_CENTER_AUDIENCES, "https://graph.microsoft.com", "https://graph.windows.net"))
"""The resources for which tokens are issued. A token's audience is its resource."""

REDIRECT_URIS = ("http://localhost", "http://127.0.0.1")
_OPENID_SCOPES = frozenset(("openid", "profile", "email", "offline_access"))


class Entra(Service):
    """`directory` holds the apps; `sign_in` is what the user does at the authorization endpoint."""

    name = "entra"

    def __init__(self, context: ServiceContext) -> None:
        super().__init__(context)
        self.directory = Directory(context.clock)
        self.reset()

    def refuse(self, tenant_id: str, code: int, *, error: str | None = None) -> None:
        """Refuse all token requests for a tenant with AADSTS `code`, and with the OAuth error `error` if given."""
        usual = ERRORS[code]
        self._errors[tenant_id.lower()] = replace(usual, error=error or usual.error)

    def reset(self) -> None:
        """Forget every app, grant and refusal."""
        self.directory.clear()
        self._errors: dict[str, EntraError] = {}
        self.sign_in = SignIn()

    async def tenant_of(self, request: web.Request) -> str | None:
        """Return the first part of the path."""
        return request.path.split("/")[1].lower() or None

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the endpoints that MSAL and browsers call."""
        return [
            web.get("/{tenant}/v2.0/.well-known/openid-configuration", self._openid_configuration),
            web.get("/{tenant}/oauth2/v2.0/authorize", self._authorize),
            web.post("/{tenant}/oauth2/v2.0/token", self._token),
        ]

    def _addresses(self, tenant: str) -> dict[str, str]:
        return {
            "issuer": f"{self.url}/{tenant}/v2.0",
            "authorization_endpoint": f"{self.url}/{tenant}/oauth2/v2.0/authorize",
            "token_endpoint": f"{self.url}/{tenant}/oauth2/v2.0/token",
        }

    async def _openid_configuration(self, request: web.Request) -> web.Response:
        tenant = request.match_info["tenant"]
        try:
            self.directory.require_tenant(tenant)
        except RequestRefusedError as refused:
            return self._refused(refused.error, refused.names)
        return web.json_response(self._addresses(tenant))

    async def _authorize(self, request: web.Request) -> web.Response:
        query = request.query
        tenant = request.match_info["tenant"]
        try:
            app = self.directory.app(tenant, query.get("client_id", ""))
            redirect_uri = query.get("redirect_uri", "")
            _check_redirect(redirect_uri)
        except RequestRefusedError as refused:
            return self._refused(refused.error, refused.names)
        answer = {"state": query["state"]} if "state" in query else {}
        if self.sign_in.denied:
            body = ERRORS[65004].body(self._clock.now(), self.url)
            answer |= {"error": body["error"], "error_description": body["error_description"]}
        else:
            asked = {name: query.get(name, "") for name in ("code_challenge", "nonce")}
            app.consented = True
            answer |= {"code": self.directory.issue_code(app, self.sign_in, redirect_uri=redirect_uri, **asked)}
        return web.Response(status=302, headers={"Location": f"{redirect_uri}?{urlencode(answer)}"})

    async def _token(self, request: web.Request) -> web.Response:
        form = dict(parse_qsl((await request.read()).decode(), keep_blank_values=True))
        tenant = request.match_info["tenant"]
        note(request, form.get("grant_type", ""))
        try:
            if error := self._errors.get(tenant.lower()):
                return self._refused(error, {"app": form.get("client_id", ""), "tenant": tenant})
            app = self.directory.app(tenant, _field(form, "client_id"))
            audiences = [self._addresses(tenant)[name] for name in ("token_endpoint", "issuer")]
            proof = client_proof.check(form, app, self._tokens, self._clock, audiences)
            note(request, f"{form.get('grant_type', '')} {proof}")
            return web.json_response(self._grant(form, app))
        except RequestRefusedError as refused:
            return self._refused(refused.error, {"tenant": tenant} | refused.names)

    def _grant(self, form: Mapping[str, str], app: App) -> dict[str, object]:
        kind, scope = _field(form, "grant_type"), _field(form, "scope")
        resource = _resource(scope, app, application=kind == "client_credentials")
        match kind:
            case "client_credentials":
                return self._answer(_claims(app, resource, app.client_id) | {"idtyp": "app"}, f"{resource}/.default")
            case "refresh_token":
                grant = self.directory.refresh_grant(app, _field(form, "refresh_token"))
            case "authorization_code":
                grant = self.directory.redeem_code(
                    app, _field(form, "code"), form.get("redirect_uri", ""), form.get("code_verifier", "")
                )
            case _:
                raise RequestRefusedError(90014, detail="grant_type")
        if not app.consented:
            raise RequestRefusedError(65001, app=app.client_id)
        answer = self._answer(_user_claims(app, resource, grant), f"{resource}/user_impersonation")
        if "offline_access" in scope.split():
            answer["refresh_token"] = self.directory.issue_refresh_token(app, grant.sign_in)
        if "openid" in scope.split():
            own = {"iss": self._addresses(app.tenant_id)["issuer"], "nonce": grant.nonce, "ver": "2.0"}
            answer["id_token"] = self._tokens.sign(_claims(app, app.client_id, grant.sign_in.user) | own)
        return answer

    def _answer(self, claims: Mapping[str, object], scope: str) -> dict[str, object]:
        seconds = int(self._tokens.lifetime.total_seconds())
        return {
            "token_type": "Bearer",
            "scope": scope,
            "expires_in": seconds,
            "access_token": self._tokens.sign(claims),
        }

    def _refused(self, error: EntraError, names: Mapping[str, str]) -> web.Response:
        body = error.body(self._clock.now(), self.url, **names)
        return web.json_response(body, status=error.status)


def _claims(app: App, resource: str, subject: str) -> dict[str, object]:
    return {
        "aud": resource,
        "iss": f"https://sts.windows.net/{app.tenant_id}/",
        "tid": app.tenant_id,
        "appid": app.client_id,
        "oid": subject,
        "sub": subject,
        "ver": "1.0",
    }


def _user_claims(app: App, resource: str, grant: Grant) -> dict[str, object]:
    sign_in = grant.sign_in
    methods = ["pwd", "mfa"] if sign_in.mfa else ["pwd"]
    claims = {"idtyp": "user", "upn": sign_in.user, "scp": "user_impersonation", "amr": methods}
    return _claims(app, resource, sign_in.user) | claims


def _field(form: Mapping[str, str], name: str) -> str:
    if not form.get(name):
        raise RequestRefusedError(90014, detail=name)
    return form[name]


def _resource(scope: str, app: App, *, application: bool) -> str:
    """Return the only resource that a v2 scope requests; refuse with 90014 or 500011."""
    asked = [one for one in scope.split() if one not in _OPENID_SCOPES]
    resources = {one.rpartition("/")[0].rstrip("/") for one in asked}
    permissions = {one.rpartition("/")[2] for one in asked}
    possible = {".default"} if application else {".default", "user_impersonation"}
    if len(resources) != 1 or "" in resources or not permissions <= possible:
        raise RequestRefusedError(90014, detail="scope")
    resource = resources.pop()
    if resource not in RESOURCES:
        raise RequestRefusedError(500011, resource=resource, tenant=app.tenant_id)
    return resource


def _check_redirect(uri: str) -> None:
    """Refuse any address that is not a registered one: loopback, on any port."""
    parts = urlsplit(uri)
    if f"{parts.scheme}://{parts.hostname}" not in REDIRECT_URIS:
        raise RequestRefusedError(90014, detail="redirect_uri")
