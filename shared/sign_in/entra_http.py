"""The HTTP client that MSAL is given: it tells passing failures from answers before MSAL sees them.

Beneath MSAL, because MSAL hides the status, keeps failures in a cache of its own, and logs an answer that is no JSON as a
whole, which could be a token cut in two.
"""

from typing import Any

import requests

from shared.errors import SignInRejected, SignInUnavailable
from shared.net import exact_json
from shared.net.retry import PASSING_STATUSES, RetryableError

_ENDPOINTS = {"authorization_endpoint", "token_endpoint"}


class EntraHttp:
    """MSAL's `http_client` over a session; `where` names the sign-in in messages."""

    def __init__(self, session: requests.Session, where: str) -> None:
        self._session = session
        self._where = where

    def get(self, url: str, params: Any = None, headers: Any = None, **_: Any) -> requests.Response:
        """Ask for the tenant's endpoints; a refusal here means that the login service does not know the tenant."""
        response = self._send("GET", url, params=params, headers=headers)
        if response.status_code in (requests.codes.bad_request, requests.codes.not_found):
            raise SignInRejected(
                f"{self._where}: the login service does not know the tenant (it answered {response.status_code})",
                remedy="Check PARTNER_TENANT_ID, and PARTNER_CLOUD or PARTNER_LOGIN_URL: the tenant must be of that cloud.",
            )
        if response.status_code != requests.codes.ok:
            raise SignInUnavailable(f"{self._where}: the login service answered {response.status_code}")
        if not exact_json.loads(response.content).keys() >= _ENDPOINTS:
            raise SignInUnavailable(f"{self._where}: the answer does not say where to sign in")
        return response

    def post(self, url: str, params: Any = None, data: Any = None, headers: Any = None, **_: Any) -> requests.Response:
        """Ask for tokens; MSAL reads the answer, a refusal too."""
        return self._send("POST", url, params=params, data=data, headers=headers)

    def close(self) -> None:
        """Leave the session open: it belongs to the run."""

    def _send(self, method: str, url: str, **request: Any) -> requests.Response:
        response = self._session.request(method, url, allow_redirects=False, **request)
        if response.status_code in PASSING_STATUSES:
            passing = SignInUnavailable(f"{self._where}: the login service answered {response.status_code}")
            raise RetryableError(passing, response.headers.get("Retry-After"))
        if not exact_json.is_object(response.content):
            raise SignInUnavailable(
                f"{self._where}: the answer ({response.status_code}) is not what a login service sends"
            )
        return response
