"""Partner Center's client over a played service: requests, answers, refusals and failures."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from shared.errors import PartnerBadResponse, PartnerThrottled, SnapshotError, WrongAudience
from shared.net.http_session import HttpSession
from shared.net.retry import Retry
from shared.net.service import APP_ALONE
from shared.partner_center.client import PartnerCenter, RequestContext
from standin import StandIn
from standin.faults import Fault, Status, throttled, unavailable
from standin.services.partner_center import error_response
from tests.support.samples import TENANT

AUDIENCE = "https://api.partnercenter.microsoft.com"
CORRELATION = "0a1b2c3d-0000-4000-8000-0000000000e1"
BALANCE = '{"balanceAmount": 1, "currencyCode": "USD"}'

Connect = Callable[..., PartnerCenter]


@pytest.fixture
def connect(world: StandIn, session: HttpSession, retry: Retry) -> Connect:
    """Return what makes the client of a tenant, with a token of the given claims."""
    world.add_partner(tenant_id=TENANT)

    def client(*, validate_mfa: bool = False, **claims: Any) -> PartnerCenter:
        token = world.tokens.sign({"aud": AUDIENCE, "tid": TENANT, "idtyp": "app", "iss": "x", "oid": "o"} | claims)
        context = RequestContext(
            session=session,
            api_url=world.partner_center.url,
            token=token,
            kind=APP_ALONE,
            correlation_id=CORRELATION,
            retry=retry,
            validate_mfa=validate_mfa,
        )
        return PartnerCenter(context)

    return client


def test_one_request_id_stands_for_all_attempts(world: StandIn, connect: Connect, waits: list[float]) -> None:
    """Microsoft's support finds all attempts of a call by it; the next call has another."""
    world.faults.add("partner", unavailable(), times=2)
    first, second = (connect().invoices.summary.get().receipt for _ in range(2))
    asked = [call.request_id for call in world.journal.calls("partner")]
    assert asked == [first.request_id] * 3 + [second.request_id]
    assert first.request_id != second.request_id
    assert first.correlation_id == CORRELATION
    assert waits == [1, 2]


SENT = {
    "Accept": "application/json",
    "Cache-Control": "no-cache",
    "Connection": "close",  # no answer can be read as another account's
    "MS-CorrelationId": CORRELATION,
    "MS-Contract-Version": "v1",
    "MS-PartnerCenter-Application": "partner-balance-snapshots",
}


def test_what_is_sent(session: HttpSession, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """JSON is asked for, because the service speaks XML too; MFA is asked about only when wanted."""
    sent: list[Any] = []
    monkeypatch.setattr(session.secrets, "add_from_request", lambda request: sent.append(request.headers))
    plain = connect().invoices.summary
    assert "eyJ" not in repr(plain._context), "no token is shown"
    plain.get()
    connect(validate_mfa=True).invoices.summary.get()
    headers, with_mfa = sent
    assert SENT.items() <= headers.items()
    assert str(UUID(headers["MS-RequestId"])) == headers["MS-RequestId"]
    assert ("ValidateMfa" in headers, with_mfa["ValidateMfa"]) == (False, "true")


@pytest.mark.parametrize(
    ("fault", "kind", "why"),
    [
        (error_response(900420, extended=True), WrongAudience, "answered 401, code 900420"),
        (throttled(3600), PartnerThrottled, "answered 429, Rate limit is exceeded"),
        (Status(200, '{"code": 800003}'), PartnerBadResponse, "answered 200, code 800003$"),
        (Status(200, '{"description": "No."}'), PartnerBadResponse, "answered 200, No.$"),
        (Status(200, '{"balanceAmount": 1}'), PartnerBadResponse, "currencyCode is missing"),
        (Status(204), PartnerBadResponse, "not JSON|not a JSON"),
    ],
    ids=["refusal", "throttled for long", "code with 200", "reason with 200", "no currency", "204"],
)
def test_what_does_not_pass_is_final(
    world: StandIn, connect: Connect, waits: list[float], fault: Fault, kind: type[SnapshotError], why: str
) -> None:
    """After one call, with both ids."""
    world.faults.add("partner", fault, times=None)
    with pytest.raises(kind, match=why) as raised:
        connect().invoices.summary.get()
    assert waits == []
    assert [call.request_id for call in world.journal.calls("partner")] == [raised.value.ids.request_id]
    assert raised.value.ids.correlation_id == CORRELATION


@pytest.mark.parametrize(
    ("age", "taken"), [("0", True), ("300", True), ("301", False), ("9" * 30, False), ("10, 301", False), ("old", True)]
)
def test_an_old_answer_of_a_cache_is_not_the_balance_of_now(
    world: StandIn, connect: Connect, age: str, *, taken: bool
) -> None:
    """Yesterday's would be recorded as today's."""
    world.faults.add("partner", Status(200, BALANCE, {"Age": age}))
    if taken:
        assert connect().invoices.summary.get().balance_amount == 1
    else:
        with pytest.raises(PartnerBadResponse, match="s old, from a cache") as raised:
            connect().invoices.summary.get()
        assert "HTTPS_PROXY" in raised.value.remedy


def test_the_verdict_on_mfa(world: StandIn, connect: Connect) -> None:
    """True, false, or unknown when the service does not tell."""
    for headers, verdict in (({"isMfaCompliant": "True"}, True), ({"isMfaCompliant": "false"}, False), ({}, None)):
        world.faults.add("partner", Status(200, BALANCE, headers))
        assert connect().invoices.summary.get().receipt.mfa_compliant is verdict
