"""What Partner Center's refusals mean, in each shape that a body was seen in."""

import json
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import (
    AppOnlyRefused,
    Ids,
    MfaRequired,
    PartnerAccessDenied,
    PartnerBadResponse,
    PartnerThrottled,
    PartnerUnavailable,
    SnapshotError,
    WrongAudience,
)
from shared.net.retry import PASSING_STATUSES, RetryableError
from shared.partner_center.refusals import refusal

IDS = Ids("request", "correlation")


def answer(status: int, body: Any = b"", **headers: str) -> requests.Response:
    """Return an answer with this body: bytes as they are, anything else as JSON."""
    response = requests.Response()
    response.status_code = status
    response.url = "https://api/v1/invoices/summary"
    response._content = body if isinstance(body, bytes) else json.dumps(body).encode()
    response.headers.update(headers)
    return response


@pytest.mark.parametrize("code_type", [int, str], ids=["integer", "text"])
@pytest.mark.parametrize(
    ("status", "code", "kind", "because"),
    [
        (401, 900420, WrongAudience, ""),
        (401, 900421, MfaRequired, ""),
        (403, 900329, AppOnlyRefused, ""),
        (403, 900308, PartnerAccessDenied, "lacks the role"),
        (403, 900309, PartnerAccessDenied, "Conditional Access"),
        (403, 900149, PartnerAccessDenied, "programme status"),
        (403, 900150, PartnerAccessDenied, "programme status or the user's role"),
        (404, 60003, PartnerAccessDenied, "does not know the tenant"),
        (403, 123456, PartnerAccessDenied, ""),
        (401, 123456, PartnerAccessDenied, ""),
    ],
)
def test_a_known_code_tells_what_to_do(
    code_type: type, status: int, code: int, kind: type[SnapshotError], because: str
) -> None:
    """The code is documented as a text and sent as an integer; both are read."""
    body = {"code": code_type(code), "description": "What the service says.", "data": [], "source": "PartnerFD"}
    error = refusal(answer(status, body), IDS)
    assert type(error) is kind
    assert isinstance(error, SnapshotError)
    assert error.ids == IDS
    assert error.message.startswith(f"GET https://api/v1/invoices/summary answered {status}: code {code}")
    assert because in error.message
    assert error.message.endswith("What the service says.")


@pytest.mark.parametrize("status", sorted(PASSING_STATUSES))
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Bad gateway</html>",
        b'{"statusCode":429,"message":"Rate limit is exceeded. Try again in 57 seconds."}',
        b'{"code":800003,"description":"Unexpected."}',
        b'{"code":900421,"description":"Not now."}',
    ],
    ids=["empty", "html", "gateway", "documented", "a final code"],
)
def test_a_passing_status_is_tried_again(status: int, body: bytes) -> None:
    """Whatever its body says; 429 is told apart, because it has a cause of its own."""
    error = refusal(answer(status, body, **{"Retry-After": "57"}), IDS)
    assert isinstance(error, RetryableError)
    assert error.retry_after == "57"
    assert type(error.error) is (PartnerThrottled if status == 429 else PartnerUnavailable)
    assert error.error.ids == IDS


@pytest.mark.parametrize("body", [b"", b"Forbidden", b"<html></html>", b"[1]", b'"text"', b"null", b"\xff\xfe", b"{}"])
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, PartnerAccessDenied),
        (403, PartnerAccessDenied),
        (400, PartnerBadResponse),
        (404, PartnerBadResponse),
        (302, PartnerBadResponse),
        (204, PartnerBadResponse),
        (501, PartnerBadResponse),
    ],
)
def test_a_refusal_without_a_code_is_told_by_its_status(status: int, kind: type[SnapshotError], body: bytes) -> None:
    """A lost role is a 403 with an empty body (Partner-Center-PowerShell#308)."""
    error = refusal(answer(status, body), IDS)
    assert type(error) is kind
    assert str(error) == f"GET https://api/v1/invoices/summary answered {status} and no reason"


def test_the_extended_shape_is_read() -> None:
    """The newer one of the documented shapes."""
    body = {"code": 900421, "message": "", "description": None, "errorName": "MfaRequired", "isRetryable": False}
    error = refusal(answer(401, body), IDS)
    assert type(error) is MfaRequired
    assert str(error).endswith("code 900421, MfaRequired")


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"], ids=["plain", "bom"])
def test_a_byte_order_mark_makes_no_difference(bom: bytes) -> None:
    """Errors were seen without one; nobody promises it."""
    assert type(refusal(answer(401, bom + b'{"code":900420}'), IDS)) is WrongAudience


def test_the_services_text_is_one_short_line() -> None:
    """It ends in a log line."""
    body = {"code": "c" * 9999, "description": "two\r\nlines " + "x" * 9999}
    text = str(refusal(answer(400, body), IDS))
    assert "two lines" in text
    assert len(text.splitlines()) == 1
    assert len(text) < 1000


@given(
    status=st.integers(201, 599),
    body=st.binary(max_size=60)
    | st.dictionaries(
        st.sampled_from(["code", "description", "message", "errorName"]),
        st.none() | st.integers() | st.text(max_size=9) | st.lists(st.none(), max_size=1),
    ).map(lambda members: json.dumps(members).encode()),
)
def test_any_refusal_is_one_of_the_tree(status: int, body: bytes) -> None:
    """Whatever the answer, it is an error with a code and a remedy, now or after other attempts."""
    error = refusal(answer(status, body), IDS)
    known = error.error if isinstance(error, RetryableError) else error
    assert isinstance(known, SnapshotError)
    assert known.code.startswith(("partner-", "wrong-", "mfa-", "app-only-"))
    assert isinstance(error, RetryableError) == (status in PASSING_STATUSES)
