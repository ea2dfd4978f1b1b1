"""Entra ID's error responses: status, OAuth error and text, as in the Entra error code reference.

https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

import re
import uuid
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

_TABLE = """
50076 400 invalid_grant basic_action
  Due to a configuration change made by your administrator, or because you moved to a new location, you must use
  multi-factor authentication to access '{resource}'.
50173 400 invalid_grant bad_token
  The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have
  changed or reset their password.
65001 400 consent_required
  The user or administrator has not consented to use the application with ID '{app}'. Send an interactive
  authorization request for this user and resource.
65004 400 access_denied
  User declined to consent to access the app.
70000 400 invalid_grant
  The provided value for the input parameter '{detail}' is not valid.
90002 400 invalid_tenant
  Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the
  correct cloud. Check with your subscription administrator, this may happen if there are no active
  subscriptions for the tenant.
90014 400 invalid_request
  The required field '{detail}' of the request is missing or not valid.
500011 400 invalid_resource
  The resource principal named {resource} was not found in the tenant named {tenant}.
700007 400 invalid_grant
  The provided grant was issued to another client application than '{app}'.
700016 400 unauthorized_client
  Application with identifier '{app}' was not found in the directory '{tenant}'. This can happen if the
  application has not been installed by the administrator of the tenant or consented to by any user in the
  tenant. You may have sent your authentication request to the wrong tenant.
700027 401 invalid_client
  The certificate with identifier used to sign the client assertion is not registered on application '{app}'.
  [Reason - {detail}]
700082 400 invalid_grant bad_token
  The refresh token has expired due to inactivity. The token was issued on {time} and was inactive for
  90.00:00:00.
700213 401 invalid_client
  No matching federated identity record found for presented assertion subject '{detail}'.
7000215 401 invalid_client
  Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not
  the client secret ID, for a secret added to app '{app}'.
7000222 401 invalid_client
  The provided client secret keys for app '{app}' are expired. Visit the Azure portal to create new keys for
  your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security:
  https://aka.ms/certCreds.
"""
"""For each error: code, HTTP status, OAuth error, sometimes suberror; then the text with placeholders such as {app}."""


@dataclass(frozen=True, slots=True)
class EntraError:
    """One Entra ID error response. `text` may contain {app}, {tenant}, {resource}, {time} and {detail}."""

    code: int
    status: int
    error: str
    suberror: str | None
    text: str

    def body(self, now: datetime, login_url: str, **names: str) -> dict[str, Any]:
        """Return the response's JSON."""
        trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
        stamp = f"{now:%Y-%m-%d %H:%M:%S}Z"
        text = self.text.format_map(_Names(names))
        body: dict[str, Any] = {
            "error": self.error,
            "error_description": f"AADSTS{self.code}: {text}\r\n"
            f"Trace ID: {trace}\r\nCorrelation ID: {correlation}\r\nTimestamp: {stamp}",
            "error_codes": [self.code],
            "timestamp": stamp,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"{login_url}/error?code={self.code}",
        }
        if self.suberror:
            body["suberror"] = self.suberror
        return body


class RequestRefusedError(Exception):
    """Raised when Entra ID refuses a request. `names` fill in the error's text."""

    def __init__(self, code: int, **names: str) -> None:
        super().__init__(code)
        self.error = ERRORS[code]
        self.names = names


class _Names(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return f"<{key}>"


def _read(table: str) -> dict[int, EntraError]:
    entries = re.findall(r"^(\d+) (\d+) (\w+)(?: (\w+))?\n((?:  .*\n)+)", table, re.MULTILINE)
    return {
        int(code): EntraError(int(code), int(status), error, suberror or None, " ".join(text.split()))
        for code, status, error, suberror, text in entries
    }


ERRORS = MappingProxyType(_read(_TABLE))
