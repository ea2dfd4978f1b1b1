"""What Partner Center's refusals mean, by code and status."""

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
from shared.net.refusal import PASSING_STATUSES, RefusedError, read_refusal
from shared.net.service import Call
from shared.partner_center.refusals import partner_center

IDS = Ids("request", "correlation")
WHERE = "GET https://api/v1/invoices/summary"


def error_of(status: int, body: Any, *, with_user: bool = False) -> tuple[SnapshotError, bool]:
    """Return what a refusal means: bytes as they are, anything else as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    refused = RefusedError(read_refusal(status, {}, content))
    return Call(partner_center(with_user=with_user), WHERE, IDS).error_of(refused)


@pytest.mark.parametrize("code_type", [int, str], ids=["integer", "text"])
@pytest.mark.parametrize(
    ("status", "code", "kind", "remedy"),
    [
        (401, 900420, WrongAudience, "PARTNER_CLOUD"),
        (401, 900421, MfaRequired, "as the app alone"),
        (403, 900329, AppOnlyRefused, "app_user"),
        (500, 900329, AppOnlyRefused, "app_user"),
        (429, 900329, AppOnlyRefused, "app_user"),
        (503, 900421, MfaRequired, "as the app alone"),
        (403, 900308, PartnerAccessDenied, "lacks the role"),
        (403, 900309, PartnerAccessDenied, "Conditional Access"),
        (403, 900149, PartnerAccessDenied, "partner program"),
        (403, 900150, PartnerAccessDenied, "partner program"),
        (404, 60003, PartnerAccessDenied, "does not know this tenant"),
        (403, 123456, PartnerAccessDenied, "App management"),
        (401, 123456, PartnerAccessDenied, "the token itself"),
    ],
)
def test_a_known_code_decides(code_type: type, status: int, code: int, kind: type[SnapshotError], remedy: str) -> None:
    """A known code decides before the status and is final; the code may be a number or text."""
    body = {"code": code_type(code), "description": "What the service says.", "data": [], "source": "PartnerFD"}
    error, again = error_of(status, body)
    assert (type(error), error.ids, again) == (kind, IDS, False)
    assert error.message == f"{WHERE} answered {status}, code {code}: What the service says."
    assert remedy in error.remedy


@pytest.mark.parametrize(
    ("status", "reason", "kind"),
    [
        (429, "Rate limit is exceeded. Try again in 60003 ms.", PartnerThrottled),
        (503, "Queue 900421 is full.", PartnerUnavailable),
        (403, "Activity 1b2c3d4e-60003-4f5a: no.", PartnerAccessDenied),
        (404, "Nothing at a900421b.", PartnerBadResponse),
    ],
)
def test_a_number_that_is_no_code_decides_nothing(status: int, reason: str, kind: type[SnapshotError]) -> None:
    """A wait in milliseconds or a part of an id would send somebody after a tenant or MFA."""
    error, _ = error_of(status, {"message": reason})
    assert type(error) is kind
    assert "does not know this tenant" not in error.remedy


@pytest.mark.parametrize(
    "body",
    [
        b"Error 900329: this API does not support application-only",
        b'{"code":"Forbidden","description":"900329: app only"}',
    ],
)
def test_a_known_code_in_the_text_decides_too(body: bytes) -> None:
    """A gateway in between may put the service's own error into its words; a longer number is not the code."""
    assert type(error_of(500, body)[0]) is AppOnlyRefused
    assert type(error_of(500, body.replace(b"900329", b"19003290"))[0]) is PartnerUnavailable


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_page_is_something_in_between(status: int) -> None:
    """Its remedy is about the network, never about a role."""
    error, again = error_of(status, b"<html><title>Blocked</title>")
    assert ("HTTPS_PROXY" in error.remedy, again) == (True, False)
    assert type(error) is (PartnerUnavailable if status == 404 else PartnerAccessDenied)


def test_a_remedy_fits_the_sign_in() -> None:
    """An app without a user is never sent to `consent`, and a user's account is never sent to app_user."""
    for code in (900421, 900329):
        app, _ = error_of(401, {"code": code})
        user, _ = error_of(401, {"code": code}, with_user=True)
        assert "consent" not in app.remedy or code == 900329
        assert "Set PARTNER_AUTH to app_user" not in user.remedy


@pytest.mark.parametrize("status", PASSING_STATUSES)
@pytest.mark.parametrize("body", [b"", b"<html>Bad gateway</html>", b'{"statusCode":429,"message":"Try again."}'])
def test_a_passing_status_is_tried_again(status: int, body: bytes) -> None:
    """A 429 is reported as throttling, because it has a cause of its own."""
    error, again = error_of(status, body)
    assert again
    assert type(error) is (PartnerThrottled if status == 429 else PartnerUnavailable)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null"])
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, PartnerAccessDenied),
        (403, PartnerAccessDenied),
        (400, PartnerBadResponse),
        (404, PartnerBadResponse),
        (501, PartnerUnavailable),
    ],
)
def test_without_a_code_the_status_decides(status: int, kind: type[SnapshotError], body: bytes) -> None:
    """A lost role is a 403 with an empty body (Partner-Center-PowerShell#308)."""
    error, again = error_of(status, body)
    assert (type(error), again) == (kind, False)
    assert error.message.endswith(f"answered {status}, without a reason")


@given(
    status=st.integers(201, 599),
    body=st.binary(max_size=60)
    | st.dictionaries(
        st.sampled_from(["code", "description", "message", "error", "errors", "innererror"]),
        st.recursive(
            st.none() | st.integers() | st.text(max_size=9),
            lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["code", "message"]), inner),
        ),
    ).map(lambda members: json.dumps(members).encode()),
)
def test_any_refusal_is_one_of_the_tree(status: int, body: bytes) -> None:
    """Whatever the answer, the error has a code of Partner Center's and a bounded message."""
    error, _ = error_of(status, body)
    assert error.code.startswith(("partner-", "wrong-", "mfa-", "app-only-"))
    assert len(error.message) < 600
    assert error.message.isprintable()
