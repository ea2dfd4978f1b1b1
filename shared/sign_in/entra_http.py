"""MSAL's HTTP client: it answers endpoint discovery itself and sends all other requests over the run's session."""

import json
from typing import Any

import requests

from shared.net.http_session import HttpSession


class EntraHttp:
    """MSAL's `http_client`.

    Entra ID's endpoints are fixed per cloud, so no request is needed to discover them.
    Source: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
    """

    def __init__(self, session: HttpSession) -> None:
        self._session = session

    def get(self, url: str, **_: Any) -> requests.Response:
        """Answer MSAL's only GET request, which discovers the tenant's endpoints."""
        tenant = url.removesuffix("/v2.0/.well-known/openid-configuration")
        response = requests.Response()
        response.status_code = requests.codes.ok
        response._content = json.dumps(  # noqa: SLF001 - requests has no public way to build a response
            {
                "issuer": f"{tenant}/v2.0",
                "authorization_endpoint": f"{tenant}/oauth2/v2.0/authorize",
                "token_endpoint": f"{tenant}/oauth2/v2.0/token",
            }
        ).encode()
        return response

    def post(self, url: str, data: Any = None, headers: Any = None, **_: Any) -> requests.Response:
        """Request tokens."""
        return self._session.post(url, data=data, headers=headers, allow_redirects=False)

    def close(self) -> None:
        """Leave the session open: it belongs to the run."""
