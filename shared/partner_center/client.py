"""A client for the part of Partner Center's REST API that the job needs: `partner.invoices.summary.get()`.

Source: https://learn.microsoft.com/partner-center/developer/get-the-reseller-s-current-account-balance and
https://learn.microsoft.com/partner-center/developer/get-invoice-summaries
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar
from uuid import uuid4

from shared.errors import Ids
from shared.net.answer import refusal_in
from shared.net.attempt import UnreadableAnswerError
from shared.net.http_session import HttpSession
from shared.net.refusal import RefusedError
from shared.net.retry import Retry
from shared.net.service import INTERMEDIARY_REMEDY, Call
from shared.partner_center.invoice_summary import (
    InvoiceSummary,
    NotASummary,
    ResponseMetadata,
    parse_summaries,
    parse_summary,
)
from shared.partner_center.refusals import PARTNER_CENTER

T = TypeVar("T")

APPLICATION = "partner-balance-snapshots"

MAX_CACHE_AGE_SECONDS = 300
"""A response cached for longer than this is not the current balance."""
_SECONDS = re.compile("[0-9]{1,18}")
"""One number in an Age header: each cache on the way may add its own."""
_VERDICTS = {"true": True, "false": False}


@dataclass(frozen=True)
class RequestContext:
    """What the calls for one account share, built by `BalanceReader.partner_center`."""

    session: HttpSession
    retry: Retry
    sign_in_kind: str  # APP_ONLY or APP_USER
    api_url: str
    token: str = field(repr=False)
    validate_mfa: bool = False
    correlation_id: str = field(default_factory=lambda: str(uuid4()))


class Resource(Generic[T]):
    """A resource that can be read."""

    def __init__(self, context: RequestContext, path: str, parse: Callable[[bytes, ResponseMetadata], T]) -> None:
        self._context = context
        self._url = f"{context.api_url}{path}"
        self._parse = parse

    def get(self) -> T:
        """Read the resource. All attempts share one MS-RequestId.

        Raises:
            PartnerThrottled, PartnerUnavailable: still failing when the attempts or the time limit ran out.
            PartnerBadResponse: the response has no readable balance.
            WrongAudience, MfaRequired, AppOnlyRefused, PartnerAccessDenied: depending on the service's code.

        """
        ids = Ids(str(uuid4()), self._context.correlation_id)
        call = Call(PARTNER_CENTER, f"GET {self._url}", ids, kinds=(self._context.sign_in_kind,))
        return self._context.retry.call(partial(self._attempt, ids), call)

    def _attempt(self, ids: Ids) -> T:
        headers = {
            "Accept": "application/json",
            "Authorization": f"Bearer {self._context.token}",
            "Cache-Control": "no-cache",
            "Connection": "close",  # a late or duplicate response for one account must never be read as another's
            "MS-RequestId": ids.request_id,
            "MS-CorrelationId": ids.correlation_id,
            "MS-Contract-Version": "v1",
            "MS-PartnerCenter-Application": APPLICATION,
            "ValidateMfa": "true" if self._context.validate_mfa else None,
        }
        response = self._context.session.get(self._url, headers=headers, allow_redirects=False)
        age = max(map(int, _SECONDS.findall(response.headers.get("Age", ""))), default=0)
        if age > MAX_CACHE_AGE_SECONDS:
            raise UnreadableAnswerError(f"the response is {age:,} s old, from a cache", remedy=INTERMEDIARY_REMEDY)
        metadata = ResponseMetadata(
            retrieved_at=self._context.retry.now(),
            request_id=ids.request_id or "",
            correlation_id=self._context.correlation_id,
            mfa_compliant=_VERDICTS.get(response.headers.get("isMfaCompliant", "").lower()),
        )
        try:
            return self._parse(response.content, metadata)
        except NotASummary as error:
            refusal = refusal_in(response, self._context.session.secrets)
            if refusal.code or refusal.reason:  # an error that came with status 200
                raise RefusedError(refusal) from None
            raise UnreadableAnswerError(str(error)) from None


class Invoices:
    """The partner's invoices: `summary` is the balance, `summaries` the balance in each currency."""

    def __init__(self, context: RequestContext) -> None:
        self.summary: Resource[InvoiceSummary] = Resource(context, "/v1/invoices/summary", parse_summary)
        self.summaries: Resource[tuple[InvoiceSummary, ...]] = Resource(
            context, "/v1/invoices/summaries", parse_summaries
        )


class PartnerCenter:
    """Partner Center, with one partner's token."""

    def __init__(self, context: RequestContext) -> None:
        self.invoices = Invoices(context)
