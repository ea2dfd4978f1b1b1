"""MSAL's HTTP client: every failure of requests becomes one of ours."""

import inspect
import ssl
from collections.abc import Iterator

import pytest
import requests
from requests import exceptions
from requests.adapters import BaseAdapter

from shared.errors import SignInRejected, SignInUnavailable
from shared.net.retry import RetryableError
from shared.sign_in.entra_http import EntraHttp

WHERE = "the sign-in at https://login"
URL = "https://login/tenant"
FAILURES = [
    kind for _, kind in inspect.getmembers(exceptions, inspect.isclass) if issubclass(kind, requests.RequestException)
]


class Played(BaseAdapter):
    """Answers every request of a session with one answer, or fails with one error; keeps what was sent."""

    def __init__(self) -> None:
        super().__init__()
        self.error: Exception | None = None
        self.status = 200
        self.body = b"{}"
        self.headers: dict[str, str] = {}
        self.sent: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, *_: object, **__: object) -> requests.Response:
        """Play the answer."""
        self.sent.append(request)
        if self.error is not None:
            raise self.error
        response = requests.Response()
        response.status_code, response._content, response.url = self.status, self.body, str(request.url)
        response.headers.update(self.headers)
        return response

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def played() -> Played:
    """Return the other side."""
    return Played()


@pytest.fixture
def http(played: Played) -> Iterator[EntraHttp]:
    """Return MSAL's client over it."""
    with requests.Session() as session:
        session.mount("https://", played)
        yield EntraHttp(session, WHERE)


def made(kind: type[requests.RequestException]) -> requests.RequestException:
    """Return an error of this kind."""
    return kind("hush", "{", 0) if issubclass(kind, exceptions.JSONDecodeError) else kind("hush")


@pytest.mark.parametrize("kind", FAILURES, ids=lambda kind: kind.__name__)
def test_every_failure_of_requests_is_mapped(
    played: Played, http: EntraHttp, kind: type[requests.RequestException]
) -> None:
    """A new kind in a new version fails here, not in the night."""
    played.error = made(kind)
    with pytest.raises(RetryableError) as raised:
        http.post(URL)
    assert isinstance(raised.value.error, SignInUnavailable)
    assert raised.value.error.message.startswith(f"{WHERE}: ")
    assert "hush" not in raised.value.error.message


def test_an_untrusted_certificate_is_not_tried_again(played: Played, http: EntraHttp) -> None:
    """No repetition heals it."""
    cause = ssl.SSLCertVerificationError(1, "certificate verify failed")
    cause.verify_message = "self-signed certificate"
    played.error = exceptions.SSLError(cause)
    with pytest.raises(SignInUnavailable, match=r"its certificate is not trusted \(self-signed certificate\)"):
        http.get(URL)


def test_a_refusal_is_msals_to_read(played: Played, http: EntraHttp) -> None:
    """The token endpoint says in its body why it refuses."""
    played.status, played.body = 401, b'{"error": "invalid_client"}'
    response = http.post(URL, data={"a": "b"}, params={"p": "q"}, headers={"H": "h"})
    assert (response.status_code, response.text) == (401, '{"error": "invalid_client"}')
    (request,) = played.sent
    assert (request.body, request.url, request.headers["H"]) == ("a=b", f"{URL}?p=q", "h")


@pytest.mark.parametrize("status", [400, 404])
def test_a_tenant_that_is_not_there(played: Played, http: EntraHttp, status: int) -> None:
    """When MSAL asks for its endpoints."""
    played.status = status
    with pytest.raises(SignInRejected, match=f"does not know the tenant .it answered {status}."):
        http.get(URL)


@pytest.mark.parametrize("status", [201, 301, 401, 403, 418])
def test_any_other_status_gives_no_endpoints(played: Played, http: EntraHttp, status: int) -> None:
    """A login service answers 200 there."""
    played.status = status
    with pytest.raises(SignInUnavailable, match=f"the login service answered {status}"):
        http.get(URL)


def test_an_answer_without_endpoints_is_none(played: Played, http: EntraHttp) -> None:
    """MSAL would fail at it in a way of its own."""
    with pytest.raises(SignInUnavailable, match="does not say where to sign in"):
        http.get(URL)
    played.body = b'{"authorization_endpoint": "https://a", "token_endpoint": "https://b"}'
    assert http.get(URL).status_code == 200


def test_the_wish_when_to_come_back_is_passed_on(played: Played, http: EntraHttp) -> None:
    """For the one retry layer."""
    played.status, played.headers = 429, {"Retry-After": "7"}
    with pytest.raises(RetryableError) as raised:
        http.post(URL)
    assert raised.value.retry_after == "7"


def test_closing_leaves_the_session_open(played: Played, http: EntraHttp) -> None:
    """MSAL closes what it is given; the pool belongs to the run."""
    http.close()
    assert http.post(URL).status_code == 200
