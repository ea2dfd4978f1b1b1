"""Signing in to Partner Center at Entra ID, as the app alone or as the app with a user's consent.

Source: https://learn.microsoft.com/partner-center/developer/enable-secure-app-model
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

import msal

from shared.errors import ConsentRequired, Ids, SignInRejected, SignInUnavailable
from shared.net.foreign_text import one_line
from shared.net.http_session import HttpSession
from shared.net.retry import AZURE, Retry, RetryableError
from shared.settings.accounts import Account
from shared.sign_in.app_credential import AppCredential
from shared.sign_in.entra_http import EntraHttp

_TOKEN = re.compile(r"[!-~]+")
_PASSING_ERRORS = frozenset({"temporarily_unavailable", "server_error"})
_USER_ERRORS = frozenset({"invalid_grant", "interaction_required", "consent_required", "login_required"})


@dataclass(frozen=True)
class Tokens:
    """An access token for Partner Center and, with a user, the refresh token that follows the one used; in no repr."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)


class SignIn:
    """Signs accounts in over one connection pool."""

    def __init__(self, session: HttpSession, retry: Retry, now: Callable[[], datetime]) -> None:
        self._session = session
        self._retry = retry
        self._now = now

    def as_app(self, account: Account, credential: AppCredential) -> Tokens:
        """Sign in as the app alone.

        Raises:
            SignInUnavailable: no usable answer until the time limit.
            SignInRejected: the app or its credential was refused.

        """
        return self._call(account, credential, None)

    def as_user(self, account: Account, credential: AppCredential, refresh_token: str) -> Tokens:
        """Sign in as the app with the user behind the refresh token.

        Raises:
            SignInUnavailable, SignInRejected: as for the app alone.
            ConsentRequired: the user has to sign in again.

        """
        return self._call(account, credential, refresh_token)

    def _call(self, account: Account, credential: AppCredential, refresh_token: str | None) -> Tokens:
        where = f"the sign-in at {account.cloud.login_url} for the app {account.client_id} in the tenant {account.tenant_id}"
        return self._retry.call(
            partial(self._attempt, account, credential, refresh_token, where),
            AZURE,
            lambda why: SignInUnavailable(f"{where}: {why}"),
        )

    def _attempt(self, account: Account, credential: AppCredential, refresh_token: str | None, where: str) -> Tokens:
        app = confidential_app(account, credential, EntraHttp(self._session, where))
        audience = account.cloud.audience
        if refresh_token is None:
            answer = app.acquire_token_for_client([f"{audience}/.default"])
        else:
            answer = app.acquire_token_by_refresh_token(refresh_token, [f"{audience}/user_impersonation"])
        remedy = credential.remedy(self._now())
        return tokens_from(
            answer,
            where,
            with_user=refresh_token is not None,
            app_remedy=remedy,
            sanitize=self._session.secrets.sanitize,
        )


class _NoCache(msal.TokenCache):  # type: ignore[misc] # msal ships no types
    """Keeps nothing: a run signs in once an account, and no state may outlive it."""

    def add(self, event: dict[str, Any], now: float | None = None) -> None:
        """Drop the tokens."""


def confidential_app(
    account: Account, credential: AppCredential, http: EntraHttp
) -> msal.ConfidentialClientApplication:
    """Build MSAL's client for the account; a new one an attempt, because MSAL keeps a refusal for a minute."""
    return msal.ConfidentialClientApplication(
        account.client_id,
        client_credential=credential.for_msal,
        authority=f"{account.cloud.login_url}/{account.tenant_id}",
        instance_discovery=False,
        http_client=http,
        token_cache=_NoCache(),
    )


def tokens_from(
    answer: dict[str, Any],
    where: str,
    *,
    with_user: bool = True,
    app_remedy: str | None = None,
    sanitize: Callable[[Any], str] = one_line,
) -> Tokens:
    """Read MSAL's answer; `app_remedy` is what to do when the app's own credential is refused, if not the usual.

    Raises:
        RetryableError: a refusal that may pass.
        SignInRejected, ConsentRequired: any other, decided by `error` alone: Microsoft changes codes and texts. An app
            without a user has no consent to ask for.
        SignInUnavailable: an answer with neither a readable token nor a reason.

    """
    token = answer.get("access_token")
    if token is None:
        raise _refusal(answer, where, _USER_ERRORS if with_user else frozenset(), app_remedy, sanitize)
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise SignInUnavailable(f"{where}: the answer holds no readable token")
    refresh_token = answer.get("refresh_token")
    return Tokens(token, refresh_token if isinstance(refresh_token, str) and refresh_token else None)


def _refusal(
    answer: dict[str, Any],
    where: str,
    users_errors: frozenset[str],
    app_remedy: str | None,
    sanitize: Callable[[Any], str],
) -> Exception:
    error = sanitize(answer.get("error"))
    text = sanitize(str(answer.get("error_description") or "").strip().partition("\n")[0])
    ids = Ids(answer.get("trace_id"), answer.get("correlation_id"))
    if not error:
        return SignInUnavailable(f"{where}: the answer holds neither a token nor a reason", ids=ids)
    message = f"{where} was refused: {error}" + (f" ({text})" if text else "")
    if error in _PASSING_ERRORS:
        return RetryableError(SignInUnavailable(message, ids=ids))
    if error in users_errors:
        return ConsentRequired(message, ids=ids)
    return SignInRejected(message, remedy=app_remedy, ids=ids)
