"""Partner Center's two balance endpoints, including its headers, byte order mark, XML and refusals.

https://learn.microsoft.com/partner-center/developer/partner-center-rest-api-reference
"""

import uuid
from types import MappingProxyType
from typing import Any
from xml.sax.saxutils import escape

from aiohttp import web

from standin.faults import Status
from standin.sample import exact_json, summaries, summary
from standin.server import Service, ServiceContext, note
from standin.services.entra import PARTNER_CENTER_AUDIENCES
from standin.tokens import InvalidTokenError, unverified_claim

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
SUMMARY = "summary"
SUMMARIES = "summaries"

_DESCRIPTIONS = MappingProxyType(
    {
        900420: (401, "The audience in the token is invalid and is no longer supported in Partner Center API."),
        900421: (401, "The user's token must carry the multi-factor authentication claim."),
        900308: (403, "Insufficient privileges to complete the operation."),
        900309: (403, "Access is blocked by a Conditional Access policy."),
        900329: (403, "This API doesn't support application-only authentication."),
        900149: (403, "The partner is not enrolled in the programme that this operation needs."),
        900150: (403, "The signed-in user lacks the role that this operation needs."),
        60003: (404, "The tenant was not found."),
        800003: (500, "An unexpected error occurred."),
        400013: (400, "The request is invalid."),
    }
)


def error_response(
    code: int, *, code_as_text: bool = False, extended: bool = False, description: str | None = None
) -> Status:
    """Return Partner Center's response with a known code, for `faults.add`; `extended` is the newer format."""
    status, usual = _DESCRIPTIONS[code]
    description = description or usual
    body: dict[str, Any] = {"code": str(code) if code_as_text else code, "description": description}
    if extended:
        body |= {"message": description, "errorName": f"E{code}", "isRetryable": False, "parameters": {}}
    else:
        body |= {"data": [], "source": "PartnerFD"}
    return Status(status, exact_json(body).encode(), content_type="application/json; charset=utf-8")


class PartnerCenter(Service):
    """Responds according to the tenant.

    `mfa_enforced`: whether a user's token needs MFA; `reports_mfa`: whether `ValidateMfa: true` gets a response header.
    """

    name = "partner"

    def __init__(self, context: ServiceContext) -> None:
        super().__init__(context)
        self.reset()

    def reset(self) -> None:
        """Forget all responses and reset both switches."""
        self._answers: dict[tuple[str, str], bytes] = {}
        self.mfa_enforced = True
        self.reports_mfa = True

    def answer(self, tenant_id: str, body: Any, *, endpoint: str = SUMMARY) -> None:
        """Set the response of a tenant's `endpoint`: bytes unchanged, anything else as compact JSON after a BOM."""
        raw = body if isinstance(body, bytes) else BYTE_ORDER_MARK + exact_json(body).encode()
        self._answers[tenant_id.lower(), endpoint] = raw

    def balances(self, tenant_id: str, *items: dict[str, Any]) -> None:
        """Set both endpoints. `items` has one InvoiceSummary per currency (none: the documented sample)."""
        known = items or (summary(),)
        self.answer(tenant_id, known[0])
        self.answer(tenant_id, summaries(known), endpoint=SUMMARIES)

    async def tenant_of(self, request: web.Request) -> str | None:
        """Return the token's tenant."""
        tenant = unverified_claim(request.headers.get("Authorization"), "tid")
        return tenant.lower() if tenant else None

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the balance endpoints."""
        return [web.get("/v1/invoices/{endpoint:summary|summaries}", self._balance)]

    async def _balance(self, request: web.Request) -> web.Response:
        authorization = request.headers.get("Authorization")
        endpoint = request.match_info["endpoint"]
        note(request, unverified_claim(authorization, "aud") or "no token")
        headers = {
            "MS-RequestId": request.headers.get("MS-RequestId", str(uuid.uuid4())),
            "MS-CorrelationId": request.headers.get("MS-CorrelationId", str(uuid.uuid4())),
        }
        try:
            claims = self._tokens.read_bearer(authorization, PARTNER_CENTER_AUDIENCES)
        except InvalidTokenError as error:
            return _refused(error_response(900420, description=str(error)), headers)
        application = claims.get("idtyp") == "app"
        mfa = "mfa" in claims.get("amr", ())
        if application and endpoint == SUMMARIES:
            return _refused(error_response(900329), headers)
        if not application and self.mfa_enforced and not mfa:
            return _refused(error_response(900421), headers)
        if self.reports_mfa and not application and request.headers.get("ValidateMfa") == "true":
            headers["isMfaCompliant"] = str(mfa).lower()
        answer = self._answers.get((claims["tid"].lower(), endpoint))
        if answer is None:
            return _refused(error_response(60003), headers)
        if "application/json" not in request.headers.get("Accept", ""):
            text = f"<InvoiceSummary>{escape(answer.decode(errors='replace'))}</InvoiceSummary>"
            return web.Response(text=text, content_type="application/xml", headers=headers)
        return web.Response(body=answer, headers=headers | {"Content-Type": "application/json; charset=utf-8"})


def _refused(answer: Status, headers: dict[str, str]) -> web.Response:
    return web.Response(status=answer.status, body=answer.body, headers=headers | {"Content-Type": answer.content_type})
