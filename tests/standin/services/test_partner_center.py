"""Partner Center's balance endpoints."""

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
import requests

from standin import StandIn
from standin.partner import Partner
from standin.sample import summary
from standin.services.partner_center import BYTE_ORDER_MARK, refusal

Ask = Callable[..., requests.Response]
TokenOf = Callable[[Partner], str]


@pytest.fixture
def partner(world: StandIn) -> Partner:
    """Give a partner that signs in with a user."""
    return world.add_partner(auth="app_user")


def test_the_summary_is_the_documented_sample_after_a_byte_order_mark(
    partner: Partner, app_token: TokenOf, balance: Ask
) -> None:
    """As recorded from the real service."""
    answer = balance(app_token(partner))
    assert answer.status_code == 200
    assert answer.content.startswith(BYTE_ORDER_MARK)
    assert json.loads(answer.content)["balanceAmount"] == 68059.03
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"


def test_summaries_have_one_item_a_currency(world: StandIn, user_token: TokenOf, balance: Ask) -> None:
    """`/summary` equals the first item, and nobody sees the others there."""
    partner = world.add_partner(auth="app_user", items=[summary(), summary(Decimal("-1.5"), "EUR", "€")])
    token = user_token(partner)
    collection = json.loads(balance(token, "summaries").content)
    assert [(item["currencyCode"], item["balanceAmount"]) for item in collection["items"]] == [
        ("USD", 68059.03),
        ("EUR", -1.5),
    ]
    assert json.loads(balance(token).content) == collection["items"][0]


def test_bytes_are_sent_as_given(world: StandIn, partner: Partner, app_token: TokenOf, balance: Ask) -> None:
    """Whatever a test wants on the wire, with status, type and headers."""
    world.partner_center.answer(
        partner.tenant_id, b'{"balanceAmount": NaN', status=203, content_type="text/plain", headers={"X-Other": "1"}
    )
    answer = balance(app_token(partner))
    assert (answer.content, answer.status_code) == (b'{"balanceAmount": NaN', 203)
    assert (answer.headers["Content-Type"], answer.headers["X-Other"]) == ("text/plain", "1")


def test_the_byte_order_mark_can_be_left_out(
    world: StandIn, partner: Partner, app_token: TokenOf, balance: Ask
) -> None:
    """Not every endpoint sends one."""
    world.partner_center.answer(partner.tenant_id, {"balanceAmount": Decimal("1E+3")}, bom=False)
    assert balance(app_token(partner)).content == b'{"balanceAmount":1E+3}'


def test_ids_are_echoed_or_made(partner: Partner, app_token: TokenOf, balance: Ask) -> None:
    """Microsoft's support asks for them."""
    token = app_token(partner)
    echoed = balance(token, **{"MS-RequestId": "request", "MS-CorrelationId": "correlation"}).headers
    made = balance(token).headers
    assert (echoed["MS-RequestId"], echoed["MS-CorrelationId"]) == ("request", "correlation")
    assert made["MS-RequestId"] != made["MS-CorrelationId"]


def test_without_the_accept_header_it_speaks_xml(partner: Partner, app_token: TokenOf, balance: Ask) -> None:
    """A client that forgets it finds out here."""
    answer = balance(app_token(partner), Accept="*/*")
    assert answer.headers["Content-Type"].startswith("application/xml")
    assert answer.text.startswith("<InvoiceSummary>")


def code_of(answer: requests.Response) -> tuple[int, int]:
    """Return the status and the code of a refusal."""
    return answer.status_code, answer.json()["code"]


def test_a_token_for_another_audience_is_refused(world: StandIn, partner: Partner, balance: Ask) -> None:
    """900420 with the audience, as since the end of graph.windows.net tokens."""
    claims = {"aud": "https://graph.windows.net", "iss": "https://sts.windows.net/x/", "tid": partner.tenant_id}
    answer = balance(world.tokens.sign(claims))
    assert code_of(answer) == (401, 900420)
    assert answer.json()["description"] == "The audience 'https://graph.windows.net' in the token is invalid."


def test_the_accepted_audiences_can_be_changed(
    world: StandIn, partner: Partner, app_token: TokenOf, balance: Ask
) -> None:
    """So that a right token is the wrong one."""
    world.partner_center.audiences = frozenset({"https://other"})
    assert code_of(balance(app_token(partner))) == (401, 900420)


def test_expired_and_unsigned_tokens_are_refused(
    world: StandIn, partner: Partner, app_token: TokenOf, balance: Ask
) -> None:
    """The signature and the end are checked."""
    world.tokens.lifetime = timedelta(hours=-1)
    assert code_of(balance(world.tokens.sign({"aud": "https://api.partnercenter.microsoft.com", "iss": "x"}))) == (
        401,
        900420,
    )
    assert code_of(balance("nonsense")) == (401, 900420)


def test_summaries_are_not_for_apps_alone(partner: Partner, app_token: TokenOf, balance: Ask) -> None:
    """403/900329, while the summary is answered."""
    token = app_token(partner)
    assert code_of(balance(token, "summaries")) == (403, 900329)
    assert balance(token).status_code == 200


def test_the_summary_can_be_closed_to_apps_alone(
    world: StandIn, partner: Partner, app_token: TokenOf, balance: Ask
) -> None:
    """As some users met it."""
    world.partner_center.app_only_allowed = False
    assert code_of(balance(app_token(partner))) == (403, 900329)


def test_a_user_without_mfa_is_refused(
    world: StandIn, partner: Partner, app_of: Callable[..., object], user_token: TokenOf, balance: Ask
) -> None:
    """401/900421 while MFA is enforced."""
    sign_in = type(world.entra.sign_in)(mfa=False)
    weak = world.entra.directory.issue_refresh_token(partner.app, sign_in)
    world.vault.put(str(partner.refresh_token_name), weak)
    token = user_token(partner)
    assert code_of(balance(token)) == (401, 900421)
    world.partner_center.mfa_enforced = False
    answer = balance(token, ValidateMfa="true")
    assert (answer.status_code, answer.headers["isMfaCompliant"]) == (200, "false")


def test_the_verdict_on_mfa_is_told_when_asked(
    world: StandIn, partner: Partner, user_token: TokenOf, balance: Ask
) -> None:
    """Only with ValidateMfa, and not at all when it is switched off."""
    token = user_token(partner)
    assert balance(token, ValidateMfa="true").headers["isMfaCompliant"] == "true"
    assert "isMfaCompliant" not in balance(token).headers
    world.partner_center.tells_mfa = False
    assert "isMfaCompliant" not in balance(token, ValidateMfa="true").headers


def test_a_tenant_without_a_balance_is_not_found(
    world: StandIn, partner: Partner, app_token: TokenOf, balance: Ask
) -> None:
    """404/60003."""
    token = app_token(partner)
    world.partner_center.reset()
    assert code_of(balance(token)) == (404, 60003)


@pytest.mark.parametrize(
    ("code", "status"),
    [(900308, 403), (900309, 403), (900149, 403), (900150, 403), (800003, 500), (400013, 400), (900421, 401)],
)
def test_known_refusals_can_be_played(
    world: StandIn, partner: Partner, app_token: TokenOf, balance: Ask, code: int, status: int
) -> None:
    """In the documented shape, at most once unless told otherwise."""
    token = app_token(partner)
    world.faults.add("partner", refusal(code))
    answer = balance(token)
    assert code_of(answer) == (status, code)
    assert set(answer.json()) == {"code", "description", "data", "source"}
    assert balance(token).status_code == 200


def test_refusals_come_in_other_shapes(world: StandIn, partner: Partner, app_token: TokenOf, balance: Ask) -> None:
    """The code as text as documented, and the extended shape."""
    token = app_token(partner)
    world.faults.add("partner", refusal(900308, code_as_text=True, extended=True))
    body = balance(token).json()
    assert body["code"] == "900308"
    assert {"message", "errorName", "isRetryable"} <= set(body)
