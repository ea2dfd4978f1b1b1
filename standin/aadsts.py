"""Entra ID's refusals: status, OAuth error and text, as the Entra error code reference names them.

https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class Refusal:
    """One way of Entra ID to say no. `text` may name {app}, {tenant}, {resource}, {scope}, {time} and {detail}."""

    code: int
    status: int
    error: str
    text: str
    suberror: str | None = None

    def body(self, now: datetime, login_url: str, **names: str) -> dict[str, Any]:
        """Return the JSON of the answer."""
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


class RefusedError(Exception):
    """Raised where a request is refused; `names` fill the refusal's text."""

    def __init__(self, code: int, **names: str) -> None:
        super().__init__(code)
        self.refusal = REFUSALS[code]
        self.names = names


class _Names(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return f"<{key}>"


REFUSALS = MappingProxyType(
    {
        refusal.code: refusal
        for refusal in (
            Refusal(16000, 400, "interaction_required", "Interaction with the user is required to sign in."),
            Refusal(
                50011,
                400,
                "invalid_request",
                "The redirect URI '{detail}' specified in the request does not match the redirect URIs configured "
                "for the application '{app}'.",
            ),
            Refusal(
                50076,
                400,
                "invalid_grant",
                "Due to a configuration change made by your administrator, or because you moved to a new location, "
                "you must use multi-factor authentication to access '{resource}'.",
                "basic_action",
            ),
            Refusal(
                50078,
                400,
                "invalid_grant",
                "Presented multi-factor authentication has expired due to policies configured by your administrator, "
                "you must refresh your multi-factor authentication to access '{resource}'.",
                "token_expired",
            ),
            Refusal(
                50173,
                400,
                "invalid_grant",
                "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might "
                "have changed or reset their password.",
                "bad_token",
            ),
            Refusal(
                53003,
                400,
                "interaction_required",
                "Access has been blocked by Conditional Access policies. The access policy does not allow token "
                "issuance.",
                "message_only",
            ),
            Refusal(54005, 400, "invalid_grant", "OAuth2 Authorization code was already redeemed."),
            Refusal(
                65001,
                400,
                "consent_required",
                "The user or administrator has not consented to use the application with ID '{app}'. Send an "
                "interactive authorization request for this user and resource.",
            ),
            Refusal(65004, 400, "access_denied", "User declined to consent to access the app."),
            Refusal(
                70000,
                400,
                "invalid_grant",
                "The provided value for the input parameter 'refresh_token' is not valid.",
            ),
            Refusal(70003, 400, "unsupported_grant_type", "The app requested an unsupported grant type '{detail}'."),
            Refusal(70008, 400, "invalid_grant", "The provided authorization code is expired or unknown."),
            Refusal(
                70011,
                400,
                "invalid_scope",
                "The provided request must include a 'scope' input parameter. The provided value for the input "
                "parameter 'scope' is not valid. The scope {scope} is not valid.",
            ),
            Refusal(
                90002,
                400,
                "invalid_tenant",
                "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into "
                "the correct cloud. Check with your subscription administrator, this may happen if there are no "
                "active subscriptions for the tenant.",
            ),
            Refusal(
                90014,
                400,
                "invalid_request",
                "The required field '{detail}' is missing from the credential. Ensure that you have all the necessary "
                "parameters for the login request.",
            ),
            Refusal(90033, 503, "temporarily_unavailable", "A transient error has occurred. Please try again."),
            Refusal(
                500011,
                400,
                "invalid_resource",
                "The resource principal named {resource} was not found in the tenant named {tenant}.",
            ),
            Refusal(
                501481,
                400,
                "invalid_grant",
                "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
            ),
            Refusal(
                700007,
                400,
                "invalid_grant",
                "The provided grant was issued to another client application than '{app}'.",
            ),
            Refusal(
                700016,
                400,
                "unauthorized_client",
                "Application with identifier '{app}' was not found in the directory '{tenant}'. This can happen if "
                "the application has not been installed by the administrator of the tenant or consented to by any "
                "user in the tenant. You may have sent your authentication request to the wrong tenant.",
            ),
            Refusal(
                700024,
                401,
                "invalid_client",
                "Client assertion is not within its valid time range. Current time: {time}.",
            ),
            Refusal(
                700027,
                401,
                "invalid_client",
                "The certificate with identifier used to sign the client assertion is not registered on application "
                "'{app}'. [Reason - {detail}]",
            ),
            Refusal(
                700082,
                400,
                "invalid_grant",
                "The refresh token has expired due to inactivity. The token was issued on {time} and was inactive for "
                "90.00:00:00.",
                "bad_token",
            ),
            Refusal(
                700211,
                401,
                "invalid_client",
                "No matching federated identity record found for presented assertion issuer '{detail}'.",
            ),
            Refusal(
                700212,
                401,
                "invalid_client",
                "No matching federated identity record found for presented assertion audience '{detail}'.",
            ),
            Refusal(
                700213,
                401,
                "invalid_client",
                "No matching federated identity record found for presented assertion subject '{detail}'.",
            ),
            Refusal(
                700236,
                401,
                "invalid_client",
                "Entra ID tokens issued by issuer '{detail}' may not be used for federated identity credential flows "
                "for applications or managed identities registered in this tenant.",
            ),
            Refusal(
                7000215,
                401,
                "invalid_client",
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret "
                "value, not the client secret ID, for a secret added to app '{app}'.",
            ),
            Refusal(
                7000218,
                401,
                "invalid_client",
                "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
            ),
            Refusal(
                7000222,
                401,
                "invalid_client",
                "The provided client secret keys for app '{app}' are expired. Visit the Azure portal to create new "
                "keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for "
                "added security: https://aka.ms/certCreds.",
            ),
        )
    }
)
