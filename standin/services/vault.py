"""Key Vault's REST API for secrets: challenge, tokens, versions, attributes, rights and refusals.

https://learn.microsoft.com/rest/api/keyvault/secrets. The client requires the challenge's resource to be a parent
domain of the vault's host; for 127.0.0.1 that is 0.0.1.
"""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from standin.server import HOST, Service, ServiceContext, note
from standin.services.identity import ManagedIdentity
from standin.tokens import InvalidTokenError


@dataclass(slots=True, kw_only=True)
class Version:
    """One version of a secret. Times are aware. None means that Key Vault would not send the attribute."""

    value: str = field(repr=False)
    created: datetime
    content_type: str | None = None
    expires_on: datetime | None = None
    enabled: bool = True
    tags: dict[str, str] = field(default_factory=dict)
    id: str = field(default_factory=lambda: uuid.uuid4().hex)


class Vault(Service):
    """One vault's secrets. `put` does what an operator does, without a network call."""

    name = "vault"

    def __init__(self, context: ServiceContext, identity: ManagedIdentity) -> None:
        super().__init__(context)
        self._identity = identity
        self.reset()

    def put(self, name: str, value: str, **properties: Any) -> Version:
        """Store a new version with these Version properties. By default, `created` is the simulated time."""
        version = Version(value=value, **{"created": self._clock.now()} | properties)
        self._secrets.setdefault(name.lower(), []).append(version)
        return version

    def versions(self, name: str) -> tuple[Version, ...]:
        """Return all versions of a secret, oldest first; none if there is no such secret."""
        return tuple(self._secrets.get(name.lower(), ()))

    def delete(self, name: str) -> None:
        """Forget a secret with all its versions."""
        self._secrets.pop(name.lower(), None)

    def reset(self) -> None:
        """Forget every secret."""
        self._secrets: dict[str, list[Version]] = {}

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the operations on secrets."""
        return [
            web.get("/{_:(?:deleted)?secrets}/{name}", self._get),  # deleted secrets are purged
            web.get("/secrets/{name}/", self._get),
            web.get("/secrets/{name}/{version}", self._get),
            web.put("/secrets/{name}", self._set),
        ]

    def _admit(self, request: web.Request, right: str, action: str) -> None:
        """Raise the vault's refusal unless the token is valid and its identity has the right."""
        note(request, right)
        authorization = request.headers.get("Authorization")
        try:
            claims = self._tokens.read_bearer(authorization, (self._resource,))
        except InvalidTokenError as error:
            raise self._challenge(str(error)) from error
        identity = self._identity.of(claims)
        if identity is None or right not in identity.vault_rights:
            caller = f"appid={claims.get('appid')};oid={claims.get('oid')};iss={claims.get('iss')}"
            message = (
                "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role "
                f"definitions were changed recently, please observe propagation time.\r\nCaller: {caller}\r\n"
                f"Action: 'Microsoft.KeyVault/vaults/secrets/{action}'\r\nResource: '{request.path}'\r\n"
                f"Assignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: null\r\nVault: stand-in\r\n"
            )
            raise _error(web.HTTPForbidden, "Forbidden", message, inner="ForbiddenByRbac")

    @property
    def _resource(self) -> str:
        return f"https://{HOST.partition('.')[2]}:{self.port}"

    def _challenge(self, why: str) -> web.HTTPException:
        tenant = self._identity.tenant_id
        header = f'Bearer authorization="https://login.microsoftonline.com/{tenant}", resource="{self._resource}"'
        return _error(web.HTTPUnauthorized, "Unauthorized", f"AKV10000: {why}", {"WWW-Authenticate": header})

    async def _get(self, request: web.Request) -> web.Response:
        self._admit(request, "get", "getSecret/action")
        name, wanted = request.match_info["name"], request.match_info.get("version")
        version = self._find(name, wanted)
        if not version.enabled:
            message = "Operation get is not allowed on a disabled secret."
            raise _error(web.HTTPForbidden, "Forbidden", message, inner="SecretDisabled")
        return self._bundle(name, version)

    async def _set(self, request: web.Request) -> web.Response:
        self._admit(request, "set", "setSecret/action")
        body = await request.json()
        if not isinstance(body.get("value"), str):
            raise _error(web.HTTPBadRequest, "BadParameter", "The property 'value' is required.")
        attributes = body.get("attributes") or {}
        name, end = request.match_info["name"], attributes.get("exp")
        version = self.put(
            name,
            body["value"],
            content_type=body.get("contentType"),
            expires_on=None if end is None else datetime.fromtimestamp(end, UTC),
            enabled=attributes.get("enabled", True),
            tags=body.get("tags") or {},
        )
        return self._bundle(name, version)

    def _find(self, name: str, wanted: str | None) -> Version:
        versions = self._secrets.get(name.lower(), [])
        found = [one for one in versions if wanted in (None, "", one.id)]
        if not found:
            message = (
                f"A secret with (name/id) {name}{'/' + wanted if wanted else ''} was not found in this key vault. If you "
                "recently deleted this secret you may be able to recover it using the correct recovery command."
            )
            raise _error(web.HTTPNotFound, "SecretNotFound", message)
        return found[-1]

    def _bundle(self, name: str, version: Version) -> web.Response:
        created = int(version.created.timestamp())
        end = version.expires_on and int(version.expires_on.timestamp())
        attributes = {
            "enabled": version.enabled,
            "created": created,
            "updated": created,
            "exp": end,
            "recoveryLevel": "Recoverable+Purgeable",
            "recoverableDays": 90,
        }
        members = {
            "value": version.value,
            "id": f"{self.url}/secrets/{name}/{version.id}",
            "attributes": _present(attributes),
            "contentType": version.content_type,
            "tags": version.tags or None,
        }
        return web.json_response(_present(members))


def _present(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def _error(
    kind: type[web.HTTPException],
    code: str,
    message: str,
    headers: dict[str, str] | None = None,
    inner: str | None = None,
) -> web.HTTPException:
    error: dict[str, Any] = {"code": code, "message": message}
    if inner:
        error["innererror"] = {"code": inner}
    response = web.json_response({"error": error})
    return kind(text=response.text, content_type="application/json", headers=headers)
