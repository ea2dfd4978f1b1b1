"""The meaning of Partner Center's refusals, by code and status."""

import json
from typing import Any

import pytest
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
from shared.net.refusal import TRANSIENT_STATUSES, RefusedError, read_refusal
from shared.net.service import APP_ONLY, APP_USER, Call
from shared.partner_center.refusals import PARTNER_CENTER

IDS = Ids("request", "correlation")
WHERE = "GET https://api/v1/invoices/summary"
DENIED, UNAVAILABLE = PartnerAccessDenied, PartnerUnavailable
REFUSED_APP_ONLY = "900329: this API does not support application-only"


def error_of(status: int, body: Any, *, sign_in: str = APP_ONLY) -> tuple[SnapshotError, bool]:
    """Return the error for a refusal; bytes are sent unchanged, anything else as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Call(PARTNER_CENTER, WHERE, IDS, kinds=(sign_in,)).error_of(RefusedError(read_refusal(status, {}, content)))


@pytest.mark.parametrize("code_type", [int, str], ids=["integer", "text"])
@pytest.mark.parametrize(
    ("status", "code", "sign_in", "kind", "remedy"),
    [
        (401, 900420, APP_ONLY, WrongAudience, "PARTNER_CLOUD"),
        *((status, 900421, APP_ONLY, MfaRequired, "This account uses app-only sign-in") for status in (401, 503)),
        (401, 900421, APP_USER, MfaRequired, "Run `python -m cli consent`"),
        *((status, 900329, APP_ONLY, AppOnlyRefused, "Set PARTNER_AUTH to app_user") for status in (403, 500, 429)),
        (403, 900329, APP_USER, AppOnlyRefused, "This account already signs in with a user"),
        (403, 900308, APP_ONLY, DENIED, "lacks the role"),
        (403, 900309, APP_ONLY, DENIED, "Conditional Access"),
        *((403, code, APP_ONLY, DENIED, "partner program") for code in (900124, 900149, 900150)),
        (404, 60003, APP_ONLY, DENIED, "does not know this tenant"),
        (
            403,
            123456,
            APP_ONLY,
            DENIED,
            "If the message gives a reason, start there. Otherwise check in Partner Center",
        ),
        (401, 123456, APP_ONLY, DENIED, "the token itself"),
    ],
)
def test_a_known_code_decides(
    code_type: type, status: int, code: int, sign_in: str, kind: type[SnapshotError], remedy: str
) -> None:
    """It takes precedence over the status and is final. The remedy fits the sign-in. The code may be a number or text."""
    body = {"code": code_type(code), "description": "What the service says.", "data": [], "source": "PartnerFD"}
    error, again = error_of(status, body, sign_in=sign_in)
    assert (type(error), error.ids, again) == (kind, IDS, False)
    assert error.message == f"{WHERE} answered {status}, code {code}: What the service says."
    assert remedy in error.remedy


@pytest.mark.parametrize(
    ("status", "body", "kind", "again"),
    [
        # A wait in milliseconds, or part of an ID, is not a code; a gateway may include the code in its text.
        (429, {"message": "Rate limit is exceeded. Try again in 60003 ms."}, PartnerThrottled, True),
        *((status, {"message": "Queue 900421 is full."}, UNAVAILABLE, True) for status in (408, 503, 504)),
        (403, {"message": "Activity 60003-4f5a: no."}, DENIED, False),
        (404, {"message": "Nothing at A900421."}, PartnerBadResponse, False),
        (500, f"Error {REFUSED_APP_ONLY}".encode(), AppOnlyRefused, False),
        (500, {"code": "Forbidden", "description": REFUSED_APP_ONLY}, AppOnlyRefused, False),
        (500, f"Error 1{REFUSED_APP_ONLY}".encode(), UNAVAILABLE, True),
        # A page comes from an intermediary.
        *((status, b"<html><title>Blocked</title>", DENIED, False) for status in (401, 403)),
        (404, b"<html><title>Blocked</title>", UNAVAILABLE, False),
        # Transient failures are retried; a 429 has its own cause.
        *(
            (status, body, PartnerThrottled if status == 429 else UNAVAILABLE, True)
            for status in TRANSIENT_STATUSES
            for body in (b"", b"<html>Bad gateway</html>", {"statusCode": 429, "message": "Try again."})
        ),
        # Without a code, the status decides: a lost role is a 403 with an empty body (https://github.com/microsoft/Partner-Center-PowerShell/issues/308).
        *((status, body, DENIED, False) for status in (401, 403) for body in (b"", b"{}", b"[]", b"null")),
        *((status, body, PartnerBadResponse, False) for status in (302, 400, 404) for body in (b"", b"{}")),
        (501, b"", UNAVAILABLE, False),
    ],
)
def test_a_refusal_without_a_known_code(status: int, body: Any, kind: type[SnapshotError], *, again: bool) -> None:
    """A number, a page or a wait does not send anybody looking for a tenant or a role."""
    error, repeated = error_of(status, body)
    assert (type(error), repeated) == (kind, again)
    assert "does not know this tenant" not in error.remedy
    if isinstance(body, bytes) and b"<html>" in body and status != 429:
        assert "HTTPS_PROXY" in error.remedy


@given(
    status=st.integers(201, 599),
    body=st.binary(max_size=60)
    | st.dictionaries(
        st.sampled_from(["code", "description", "message", "error", "errors", "innererror"]),
        st.recursive(
            st.none() | st.integers() | st.text(max_size=9),
            lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["code", "message"]), inner),
        ),
    ),
)
def test_any_refusal_is_one_of_the_tree(status: int, body: Any) -> None:
    """Any response leads to an error with a Partner Center code and a bounded message."""
    error, _ = error_of(status, body)
    assert error.code.startswith(("partner-", "wrong-", "mfa-", "app-only-"))
    assert len(error.message) < 600
    assert error.message.isprintable()
