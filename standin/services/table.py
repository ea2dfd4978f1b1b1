"""A table service's endpoint: it checks rights, which Azurite does not, and passes all requests on unchanged."""

import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import unquote_plus

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from standin.azurite_process import Azurite
from standin.server import Service, ServiceContext, note
from standin.services.identity import ManagedIdentity
from standin.tokens import InvalidTokenError

_HOP_BY_HOP = frozenset(("connection", "keep-alive", "transfer-encoding", "content-length", "upgrade", "te", "trailer"))
_FROM_AZURITE_ALONE = frozenset(("x-ms-error-code",))
"""Headers that the real table service does not send (see azure-sdk-for-js's recordings), so nothing may use them."""
_PARTITION = re.compile(r"PartitionKey\W+(?:eq\W+)?([0-9A-Fa-f-]{36})\b")
_INNER_REQUEST = re.compile(
    rb"^(GET|POST|PUT|MERGE|PATCH|DELETE) (\S+) HTTP/1\.1\r?\n((?:[^\r\n]+\r?\n)*)", re.MULTILINE
)


class TableProxy(Service):
    """One storage account's table service. It checks the identity's `<service>_rights`."""

    def __init__(
        self,
        context: ServiceContext,
        identity: ManagedIdentity,
        azurite: Azurite,
        account: str,
        name: str,
    ) -> None:
        super().__init__(context)
        self.name = name
        self.account = account
        self._identity = identity
        self._azurite = azurite
        self._client: aiohttp.ClientSession | None = None
        self._has_tables = False

    @property
    def endpoint(self) -> str:
        """The table service URL. For an IP address, the account is the first part of the path."""
        return f"{self.url}/{self.account}"

    async def tenant_of(self, request: web.Request) -> str | None:
        """Return the first partition key in the address or the body: each tenant's rows are one partition."""
        sought = request.path_qs + (await request.read()).decode(errors="replace")
        found = _PARTITION.search(unquote_plus(sought))
        return found[1].lower() if found else None

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return one handler for everything."""
        return [web.route("*", "/{path:.*}", self._pass_on)]

    def stop(self) -> None:
        """Close the listener and the connections to Azurite."""
        super().stop()
        if self._client is not None:
            self._context.loop_thread.run(self._client.close())
            self._client = None

    def clear(self) -> None:
        """Delete all the account's tables, bypassing rights, faults and the journal."""
        if self._has_tables:
            self._context.loop_thread.run(self._clear())
            self._has_tables = False

    async def _clear(self) -> None:
        token = self._tokens.sign({"aud": "https://storage.azure.com", "iss": "https://sts.windows.net/stand-in/"})
        headers = {
            "Authorization": f"Bearer {token}",
            "x-ms-version": "2019-02-02",
            "Accept": "application/json;odata=nometadata",
        }
        tables = f"{self._azurite.url}/{self.account}/Tables"
        async with self._session().get(tables, headers=headers, raise_for_status=True) as answer:
            names = [table["TableName"] for table in (await answer.json(content_type=None))["value"]]
        for name in names:
            url = URL(f"{tables}('{name}')", encoded=True)
            async with self._session().delete(url, headers=headers, raise_for_status=True):
                pass

    async def _pass_on(self, request: web.Request) -> web.Response:
        body = await request.read()
        needed = set(_rights(request.method, request.path, "If-Match" in request.headers, body))
        note(request, " ".join(sorted(needed)))
        if refused := self._refusal(request, needed):
            return refused
        self._has_tables |= "create" in needed
        headers = CIMultiDict((key, value) for key, value in request.headers.items() if key.lower() not in _HOP_BY_HOP)
        async with self._session().request(
            request.method,
            URL(self._azurite.url + request.raw_path, encoded=True),
            headers=headers,
            data=body,
            allow_redirects=False,
            skip_auto_headers=("User-Agent", "Content-Type", "Accept", "Accept-Encoding"),
        ) as answer:
            dropped = _HOP_BY_HOP | _FROM_AZURITE_ALONE
            kept = CIMultiDict((key, value) for key, value in answer.headers.items() if key.lower() not in dropped)
            kept["Date"] = format_datetime(self._clock.now(), usegmt=True)
            return web.Response(status=answer.status, headers=kept, body=await answer.read())

    def _refusal(self, request: web.Request, needed: set[str]) -> web.Response | None:
        """Return the refusal for an invalid token or an identity without a right. A shared key has all rights."""
        authorization = request.headers.get("Authorization", "")
        if not authorization.lower().startswith("bearer "):
            return None
        try:
            identity = self._identity.of(self._tokens.read_bearer(authorization, None))
        except InvalidTokenError:
            return _odata_error(401, "InvalidAuthenticationInfo", "Server failed to authenticate the request.")
        if identity is not None and needed <= getattr(identity, f"{self.name}_rights"):
            return None
        message = "This request is not authorized to perform this operation using this permission."
        return _odata_error(403, "AuthorizationPermissionMismatch", message)

    def _session(self) -> aiohttp.ClientSession:
        if self._client is None:
            # Azurite closes idle connections after 5 s. Ours close earlier, so that no request hits a closing one.
            connector = aiohttp.TCPConnector(ssl=False, limit=0, keepalive_timeout=2)  # our own child's certificate
            self._client = aiohttp.ClientSession(connector=connector, auto_decompress=False)
        return self._client


def _rights(method: str, path: str, conditional: bool, body: bytes) -> Iterator[str]:  # noqa: FBT001 - of one header
    """Yield the rights that a request needs, including those for each request inside a transaction.

    `conditional`: whether it has If-Match. Without it, a PUT or MERGE inserts the row if there is none to change.
    """
    target = path.strip("/").rpartition("/")[2]
    if target == "$batch":
        for inner, url, headers in _INNER_REQUEST.findall(body):
            yield from _rights(inner.decode(), URL(url.decode()).path, b"if-match:" in headers.lower(), b"")
    elif method == "POST":
        yield "create" if target == "Tables" else "add"
    elif method == "DELETE":
        yield "delete"
    elif method in {"PUT", "MERGE", "PATCH"}:
        yield "update"
        if not conditional:
            yield "add"
    else:
        yield "read"


def _odata_error(status: int, code: str, message: str) -> web.Response:
    request_id = str(uuid.uuid4())
    value = f"{message}\nRequestId:{request_id}\nTime:{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}0Z"
    headers = {"x-ms-request-id": request_id, "x-ms-version": "2019-02-02"}
    if status == web.HTTPUnauthorized.status_code:
        headers["WWW-Authenticate"] = "Bearer resource_id=https://storage.azure.com"
    return web.json_response(
        {"odata.error": {"code": code, "message": {"lang": "en-US", "value": value}}}, status=status, headers=headers
    )
