"""The managed identity endpoint of App Service and Functions, api-version 2019-08-01, over plain HTTP.

https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
"""

import secrets
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from aiohttp import web

from standin.server import Service, ServiceContext, note

VAULT_RIGHTS = frozenset(("get", "set", "list"))
TABLE_RIGHTS = frozenset(("read", "add", "update", "delete", "create"))
FEDERATION_AUDIENCES = MappingProxyType(
    {
        "global": "api://AzureADTokenExchange",
        "usgov": "api://AzureADTokenExchangeUSGov",
        "china": "api://AzureADTokenExchangeChina",
    }
)


@dataclass(slots=True)
class ManagedIdentityPrincipal:
    """A managed identity and its rights: `vault_rights` from VAULT_RIGHTS, the others from TABLE_RIGHTS."""

    client_id: str
    object_id: str
    tenant_id: str
    vault_rights: set[str] = field(default_factory=lambda: set(VAULT_RIGHTS))
    table_rights: set[str] = field(default_factory=lambda: set(TABLE_RIGHTS))
    archive_rights: set[str] = field(default_factory=lambda: set(TABLE_RIGHTS))

    @property
    def issuer(self) -> str:
        """The issuer of its tokens for a federated credential."""
        return f"https://login.microsoftonline.com/{self.tenant_id}/v2.0"


class ManagedIdentity(Service):
    """Issues tokens for the function app's identities. `user_assigned` is the one in the environment."""

    name = "identity"
    secure = False

    def __init__(self, context: ServiceContext) -> None:
        super().__init__(context)
        self.header = secrets.token_hex(16)
        self.tenant_id = str(uuid.uuid4())
        self.system_assigned = self._new()
        self.user_assigned = self._new()

    def reset(self) -> None:
        """Restore all rights of both identities."""
        for identity in (self.system_assigned, self.user_assigned):
            identity.vault_rights = set(VAULT_RIGHTS)
            identity.table_rights, identity.archive_rights = set(TABLE_RIGHTS), set(TABLE_RIGHTS)

    @property
    def endpoint(self) -> str:
        """The value of IDENTITY_ENDPOINT."""
        return f"{self.url}/msi/token"

    def of(self, claims: dict[str, Any]) -> ManagedIdentityPrincipal | None:
        """Return the identity whose token has these claims."""
        identities = (self.system_assigned, self.user_assigned)
        return next((one for one in identities if one.object_id == claims.get("oid")), None)

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the only endpoint."""
        return [web.get("/msi/token", self._token)]

    def _new(self) -> ManagedIdentityPrincipal:
        return ManagedIdentityPrincipal(str(uuid.uuid4()), str(uuid.uuid4()), self.tenant_id)

    async def _token(self, request: web.Request) -> web.Response:
        resource = request.query.get("resource", "")
        note(request, resource)
        if request.headers.get("X-IDENTITY-HEADER") != self.header:
            return _refused(401, "The X-IDENTITY-HEADER is missing or wrong.")
        if request.query.get("api-version") != "2019-08-01" or not resource:
            return _refused(400, "The parameters api-version=2019-08-01 and resource are required.")
        client_id = request.query.get("client_id")
        identity = self.user_assigned if client_id else self.system_assigned
        if client_id and client_id.lower() != identity.client_id:
            return _refused(400, "No User Assigned or Delegated Managed Identity found for specified ClientId.")
        federated = resource in FEDERATION_AUDIENCES.values()
        token = self._tokens.sign(
            {
                "aud": resource,
                "iss": identity.issuer if federated else f"https://sts.windows.net/{identity.tenant_id}/",
                "tid": identity.tenant_id,
                "appid": identity.client_id,
                "oid": identity.object_id,
                "sub": identity.object_id,
                "idtyp": "app",
                "ver": "2.0" if federated else "1.0",
            }
        )
        return web.json_response(
            {
                "access_token": token,
                "expires_on": str(int((datetime.now(UTC) + self._tokens.lifetime).timestamp())),
                "resource": resource,
                "token_type": "Bearer",
                "client_id": identity.client_id,
            }
        )


def _refused(status: int, message: str) -> web.Response:
    return web.json_response(
        {"statusCode": status, "message": message, "correlationId": str(uuid.uuid4())}, status=status
    )
