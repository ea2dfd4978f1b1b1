"""Every error of the Azure SDK becomes one of ours: passing, refused or unreadable."""

import inspect
import ssl
from typing import Any

import pytest
import requests
from azure.core import exceptions
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    DecodeError,
    HttpResponseError,
    IncompleteReadError,
    ServiceRequestError,
)
from azure.core.pipeline.transport import RequestsTransportResponse
from azure.core.rest import HttpRequest

from shared.azure_services.call import azure_call, error_code
from shared.errors import PartnerAccessDenied, TableUnreachable
from shared.net.retry import PASSING_STATUSES, RetryableError

IN_SDK = [kind for _, kind in inspect.getmembers(exceptions, inspect.isclass) if issubclass(kind, AzureError)]
UNREADABLE = (exceptions.SerializationError, exceptions.DeserializationError)
"""ValueErrors of the SDK's serializers, which are no AzureError: a client's caller has to expect ValueError."""


def answer(status: int = 403, body: bytes = b"", **headers: str) -> Any:
    """Return an answer as the SDK's transport gives it."""
    response = requests.Response()
    response.status_code = status
    response._content = body
    response.headers.update({"Content-Type": "application/json"} | headers)
    return RequestsTransportResponse(HttpRequest("GET", "https://x"), response)


def made(kind: type[AzureError]) -> AzureError:
    """Return an error of this kind as the SDK makes it."""
    if issubclass(kind, exceptions.TooManyRedirectsError):
        return kind([])
    parameters = inspect.signature(kind).parameters
    if "message" not in parameters:
        return kind(answer())
    return kind(message="hush", response=answer()) if "response" in parameters else kind("hush")


def call(error: BaseException) -> Exception:
    """Return what the call raises when the SDK raises this."""

    def failing() -> None:
        raise error

    def refused(refusal: HttpResponseError) -> Exception:
        return PartnerAccessDenied(f"refused {refusal.status_code}")

    try:
        azure_call(failing, where="the table", unreachable=TableUnreachable, refused=refused)
    except Exception as raised:  # noqa: BLE001 - each test says which one it wants
        return raised
    pytest.fail("nothing was raised")


@pytest.mark.parametrize("kind", IN_SDK, ids=lambda kind: kind.__name__)
def test_every_error_of_the_sdk_is_mapped(kind: type[AzureError]) -> None:
    """A new kind in a new version of azure-core fails here, not in the night."""
    error = call(made(kind))
    assert isinstance(error, (RetryableError, TableUnreachable, PartnerAccessDenied))
    assert "hush" not in str(error)


def test_the_list_of_errors_is_not_empty() -> None:
    """The walk found the SDK's errors, and what is no AzureError among them is known."""
    assert {"HttpResponseError", "ServiceRequestError", "DecodeError"} <= {kind.__name__ for kind in IN_SDK}
    others = {
        kind
        for _, kind in inspect.getmembers(exceptions, inspect.isclass)
        if issubclass(kind, Exception) and not issubclass(kind, AzureError) and kind.__module__ == exceptions.__name__
    }
    assert others == set(UNREADABLE)
    assert all(issubclass(kind, ValueError) for kind in UNREADABLE)


@pytest.mark.parametrize("status", sorted(PASSING_STATUSES))
def test_a_passing_status_is_tried_again(status: int) -> None:
    """With the service's wish when to come back, and its request id."""
    headers = {"Retry-After": "5", "x-ms-request-id": "id"}
    error = call(HttpResponseError(response=answer(status, b"", **headers)))
    assert isinstance(error, RetryableError)
    assert error.retry_after == "5"
    assert error.error.ids.request_id == "id"
    assert error.error.message == f"the table answered {status}"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 412, 501])
def test_any_other_status_is_refused(status: int) -> None:
    """What it means is the service's own matter."""
    assert str(call(HttpResponseError(response=answer(status)))) == f"refused {status}"


def test_an_answer_that_is_cut_off_is_tried_again_and_an_unreadable_one_is_not() -> None:
    """A connection may hold the next time; who answers in another language will do so again."""
    cut = call(IncompleteReadError("cut", response=answer(200)))
    assert isinstance(cut, RetryableError)
    assert isinstance(call(DecodeError("html", response=answer(200))), TableUnreachable)


def test_an_untrusted_certificate_is_not_tried_again() -> None:
    """No repetition heals it; azure-core keeps the cause in a place of its own."""
    cause = ssl.SSLCertVerificationError(1, "certificate verify failed")
    cause.verify_message = "self-signed certificate"
    error = call(ServiceRequestError(cause, error=cause))
    assert isinstance(error, TableUnreachable)
    assert error.message == "the table: its certificate is not trusted (self-signed certificate)"


def test_what_is_not_the_sdks_is_left_alone() -> None:
    """A defect is not hidden behind a service."""
    error = KeyError("defect")
    assert call(error) is error


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (
            b'{"error": {"code": "Forbidden", "message": "x", "innererror": {"code": "SecretDisabled"}}}',
            "SecretDisabled",
        ),
        (b'{"error": {"code": "Forbidden", "message": "x"}}', "Forbidden"),
        (b'{"odata.error": {"code": "EntityAlreadyExists", "message": {"value": "x"}}}', "EntityAlreadyExists"),
        (b'{"odata.error": []}', ""),
        (b"<html></html>", ""),
        (b"", ""),
    ],
)
def test_the_services_own_code(body: bytes, code: str) -> None:
    """The innermost one says most."""
    assert error_code(HttpResponseError(response=answer(403, body))) == code


def test_a_secret_in_an_unreadable_answer_is_in_no_traceback() -> None:
    """The host logs the whole chain of a failed invocation's errors, and the SDK's error shows the answer it could not read."""
    body = b'{"value": "hush-hush", "attributes": {'
    error = call(DecodeError("JSON is invalid", response=answer(200, body)))
    chain: BaseException | None = error
    while chain is not None:
        assert "hush" not in str(chain)
        chain = chain.__cause__ or (None if chain.__suppress_context__ else chain.__context__)


def test_a_refusal_keeps_its_cause() -> None:
    """Whoever debugs sees what the SDK said."""
    cause = ClientAuthenticationError(response=answer(401))
    assert call(cause).__cause__ is cause
