"""Signs in to Partner Center at Entra ID, app-only or as the app with a user's consent (app+user).

Source: https://learn.microsoft.com/partner-center/developer/enable-secure-app-model
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import msal

from shared.azure_services.call import library_call
from shared.azure_services.vault import Secret
from shared.net.answer import refusal_in
from shared.net.attempt import CallError, UnreadableAnswerError, current_attempt
from shared.net.http_session import HttpSession
from shared.net.refusal import RefusedError, token_tenant
from shared.net.retry import Retry
from shared.net.service import APP_ONLY, APP_USER, Call
from shared.settings.accounts import Account
from shared.sign_in import refresh_token
from shared.sign_in.app_credential import AppCredential
from shared.sign_in.entra_http import EntraHttp
from shared.sign_in.expiry import expiry_sentence
from shared.sign_in.refusals import ENTRA, UNKNOWN_TENANT

_TOKEN = re.compile(r"[!-~]+")

Acquire = Callable[[msal.ConfidentialClientApplication], dict[str, Any]]


@dataclass(frozen=True)
class Tokens:
    """An access token for Partner Center and, for app+user, the new refresh token. Both are excluded from repr."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class SignIn:
    """Signs accounts in, using the run's session."""

    session: HttpSession
    retry: Retry

    def as_app(self, account: Account, credential: AppCredential) -> Tokens:
        """Sign in app-only.

        Raises:
            SignInUnavailable: there was no usable response within the time limit.
            SignInRejected: the app or its credential was refused.

        """
        scope = f"{account.cloud.audience}/.default"
        return self._call(account, credential, lambda app: app.acquire_token_for_client([scope]), sign_in_kind=APP_ONLY)

    def as_user(self, account: Account, credential: AppCredential, stored: Secret) -> Tokens:
        """Sign in as the app with the user who owns a stored refresh token.

        Raises:
            SignInUnavailable, SignInRejected: as for app-only sign-in.
            ConsentRequired: the user has to sign in again.

        """
        token, scope = stored.value, f"{account.cloud.audience}/user_impersonation"
        note = expiry_sentence(f"The refresh token {stored.name}", refresh_token.expires_on(stored), self.retry.now())
        return self._call(
            account, credential, lambda app: app.acquire_token_by_refresh_token(token, [scope]), token_expiry=note
        )

    def with_code(self, account: Account, credential: AppCredential, acquire: Acquire) -> Tokens:
        """Redeem an authorization code, in one attempt because it works only once; raises as `as_user` does."""
        return self._call(account, credential, acquire, attempts=1)

    def _call(
        self,
        account: Account,
        credential: AppCredential,
        acquire: Acquire,
        *,
        sign_in_kind: str = APP_USER,
        token_expiry: str = "",
        attempts: int = ENTRA.limits.attempts,
    ) -> Tokens:
        secret_expiry = expiry_sentence("The app's secret or certificate", credential.expires_on, self.retry.now())
        call = Call(
            replace(ENTRA, limits=replace(ENTRA.limits, attempts=attempts)),
            f"the sign-in at {account.cloud.login_url} for the app {account.client_id} in the tenant {account.tenant_id}",
            names={"secret_expiry": secret_expiry, "token_expiry": token_expiry},
            kinds=(sign_in_kind, credential.kind),
        )

        def attempt() -> Tokens:
            app = confidential_app(account, credential, self.session)
            try:
                answer = library_call(lambda: acquire(app))
            except RefusedError as refused:
                if refused.refusal.code in ("invalid_request", "invalid_tenant"):
                    self._check_tenant(account)
                raise
            return self._tokens(answer, account)

        return self.retry.call(attempt, call)

    def _tokens(self, answer: dict[str, Any], account: Account) -> Tokens:
        token, refresh_token = answer.get("access_token"), answer.get("refresh_token")
        if token is None and "error" in answer and (sent := current_attempt().answer):
            raise RefusedError(refusal_in(sent, self.session.secrets))
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise UnreadableAnswerError("the response contains no readable token")
        if token_tenant(token) not in (None, account.tenant_id):
            raise UnreadableAnswerError("the response contains a token for another tenant")
        return Tokens(token, refresh_token if isinstance(refresh_token, str) and refresh_token else None)

    def _check_tenant(self, account: Account) -> None:
        """Raise a refusal with our own code if the tenant is unknown, which `error` does not say."""
        try:
            metadata = f"{account.cloud.login_url}/{account.tenant_id}/v2.0/.well-known/openid-configuration"
            self.session.get(metadata, allow_redirects=False)
        except RefusedError as refused:
            if refused.refusal.status in (400, 404):
                raise RefusedError(replace(refused.refusal, code=UNKNOWN_TENANT)) from None
        except CallError:
            return


class _NoCache(msal.TokenCache):  # type: ignore[misc] # msal ships no types
    """Stores nothing, because each account signs in once per run, and logs nothing: MSAL's own cache logs its input."""

    def add(self, event: dict[str, Any], now: float | None = None) -> None:
        """Drop the tokens."""


def confidential_app(
    account: Account, credential: AppCredential, session: HttpSession
) -> msal.ConfidentialClientApplication:
    """Build MSAL's client for the account. Each attempt needs a new one, because MSAL caches a refusal for a minute."""
    return msal.ConfidentialClientApplication(
        account.client_id,
        client_credential=credential.for_msal,
        authority=f"{account.cloud.login_url}/{account.tenant_id}",
        instance_discovery=False,
        http_client=EntraHttp(session),
        token_cache=_NoCache(),
    )
