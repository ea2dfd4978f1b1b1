"""An account's secrets in the vault, and the user that a token names."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import jwt

from shared.azure_services.vault import Vault
from shared.settings.accounts import Account
from shared.sign_in import refresh_token
from shared.sign_in.app_credential import from_secret
from shared.sign_in.expiry import days_left, in_words

REFRESH_TOKEN = "refresh token"  # noqa: S105 - a label, not a secret

_USER_CLAIMS = ("upn", "unique_name", "preferred_username")


@dataclass(frozen=True)
class StoredSecret:
    """A secret's kind, name and expiry date (None if the vault has none); the age of a refresh token."""

    kind: str
    name: str
    expires_on: datetime | None
    age: timedelta | None = None

    def time_left(self, now: datetime) -> tuple[int, str] | None:
        """Return the days until it expires, as a number and in words; None without an expiry date."""
        days = days_left(self.expires_on, now) if self.expires_on else None
        return None if days is None else (days, f"{in_words(days)} ({self.expires_on:%Y-%m-%d})")


def stored_secrets(vault: Vault | None, account: Account, now: datetime) -> Iterator[StoredSecret]:
    """Yield the account's secrets; raises the vault's errors."""
    if vault and account.secret_name and not account.federated:
        credential = from_secret(vault.secret(account.secret_name))
        yield StoredSecret(credential.kind.removeprefix("a "), account.secret_name, credential.expires_on)
    if vault and account.refresh_token_name and account.app_user:
        token = refresh_token.read(vault, account.refresh_token_name)
        yield StoredSecret(REFRESH_TOKEN, token.name, refresh_token.expires_on(token), refresh_token.age(token, now))


def token_user(token: str) -> str | None:
    """Return the user name in a token's claims, else its app and object ID, else None: the service chooses the claims.

    For display only: the token is not verified, and nothing depends on the result.
    """
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        return None
    name = next((str(claims[claim]) for claim in _USER_CLAIMS if claims.get(claim)), None)
    app = claims.get("appid") or claims.get("azp")
    if name is not None or app is None:
        return name
    return f"the app {app} (object {claims.get('oid', 'unknown')})"
