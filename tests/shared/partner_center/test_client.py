"""Partner Center's client against a simulated service: requests, responses, refusals and failures."""

from typing import Any
from uuid import UUID

import pytest

from shared.balance_reader import BalanceReader
from shared.errors import PartnerBadResponse, PartnerThrottled, SnapshotError, WrongAudience
from shared.net.http_session import HttpSession
from shared.partner_center.client import Resource
from shared.partner_center.invoice_summary import InvoiceSummary
from standin import StandIn
from standin.faults import Fault, Status, throttled, unavailable
from standin.services.partner_center import error_response
from tests.shared.conftest import AccountOf

BALANCE = '{"balanceAmount": 1, "currencyCode": "USD"}'


@pytest.fixture
def summary(world: StandIn, reader: BalanceReader, account_of: AccountOf) -> Resource[InvoiceSummary]:
    """Return the balance of a signed-in account."""
    account = account_of(world.add_partner())
    return reader.partner_center(account, reader.signed_in(account).tokens).invoices.summary


def test_all_attempts_have_one_request_id(
    world: StandIn, summary: Resource[InvoiceSummary], waits: list[float]
) -> None:
    """Microsoft support finds all of a call's attempts by it; the next call has a different one."""
    world.faults.add("partner", unavailable(), times=2)
    first, second = (summary.get().receipt.request_id for _ in range(2))
    assert [call.request_id for call in world.journal.calls("partner")] == [first, first, first, second]
    assert first != second
    assert waits == [1, 2]


SENT = {
    "Accept": "application/json",
    "Cache-Control": "no-cache",
    "Connection": "close",  # no response can be read as another account's
    "MS-Contract-Version": "v1",
    "MS-PartnerCenter-Application": "partner-balance-snapshots",
}


def test_the_request(session: HttpSession, summary: Resource[InvoiceSummary], monkeypatch: pytest.MonkeyPatch) -> None:
    """It asks for JSON, because the service also offers XML, and for MFA status only when wanted."""
    sent: list[Any] = []
    monkeypatch.setattr(session.secrets, "add_from_request", lambda request: sent.append(request.headers))
    receipt = summary.get().receipt
    (headers,) = sent
    assert SENT.items() <= headers.items()
    assert (headers["MS-RequestId"], headers["MS-CorrelationId"]) == (receipt.request_id, receipt.correlation_id)
    assert str(UUID(receipt.request_id)) == receipt.request_id
    assert "ValidateMfa" not in headers
    assert "eyJ" not in repr(summary._context), "the token is not shown"


@pytest.mark.parametrize(
    ("fault", "kind", "why"),
    [
        (error_response(900420, extended=True), WrongAudience, "answered 401, code 900420"),
        (throttled(3600), PartnerThrottled, "answered 429, Rate limit is exceeded"),
        (Status(200, '{"code": 800003}'), PartnerBadResponse, "answered 200, code 800003$"),
        (Status(200, '{"description": "No."}'), PartnerBadResponse, "answered 200, No.$"),
        (Status(200, '{"balanceAmount": 1}'), PartnerBadResponse, "currencyCode is missing"),
        (Status(204), PartnerBadResponse, "not JSON|not a JSON"),
        *(
            (Status(200, BALANCE, {"Age": age}), PartnerBadResponse, "s old, from a cache")  # it may be yesterday's
            for age in ("301", "9" * 30, "10, 301")
        ),
    ],
    ids=str,
)
def test_a_permanent_failure_is_final(
    world: StandIn,
    summary: Resource[InvoiceSummary],
    waits: list[float],
    fault: Fault,
    kind: type[SnapshotError],
    why: str,
) -> None:
    """After one call, with both IDs."""
    world.faults.add("partner", fault, times=None)
    with pytest.raises(kind, match=why) as raised:
        summary.get()
    assert ("HTTPS_PROXY" in raised.value.remedy) == ("from a cache" in why)
    assert waits == []
    assert [call.request_id for call in world.journal.calls("partner")] == [raised.value.ids.request_id]
    assert raised.value.ids.correlation_id == summary._context.correlation_id


def test_a_balances_metadata(world: StandIn, summary: Resource[InvoiceSummary]) -> None:
    """The MFA status is true, false, or unknown if the service does not say. The age is five minutes at most."""
    for headers, verdict in (
        ({"isMfaCompliant": "True", "Age": "0"}, True),
        ({"isMfaCompliant": "false", "Age": "300"}, False),
        ({"Age": "old"}, None),
    ):
        world.faults.add("partner", Status(200, BALANCE, headers))
        assert summary.get().receipt.mfa_compliant is verdict
