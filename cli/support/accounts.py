"""The accounts that a command covers, their secrets in the vault, and the user that a token names."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

import jwt
import typer

from shared.azure_services.vault import Vault
from shared.settings.accounts import Account
from shared.sign_in import refresh_token
from shared.sign_in.app_credential import from_secret
from shared.sign_in.expiry import days_left, in_words

REFRESH_TOKEN = "refresh token"  # noqa: S105 - a label, not a secret

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_USER_CLAIMS = ("upn", "unique_name", "preferred_username")
_MAX_NAMED = 8
"""The most account names in one message."""

SomeAccounts = Annotated[
    list[str] | None,
    typer.Option("--account", metavar="NAME", help="Only this account, by name or tenant ID; can be repeated."),
]


def names_of(accounts: Sequence[Account]) -> str:
    """Return the accounts' names for a message; long lists are shortened."""
    names = [account.name for account in accounts[:_MAX_NAMED]]
    return ", ".join(names) + (f" and {len(accounts) - len(names)} more" if len(accounts) > len(names) else "")


def choose(accounts: Sequence[Account], names: Sequence[str] | None) -> tuple[Account, ...]:
    """Return the accounts with these names or tenant IDs (default: all), in the settings' order; raises BadParameter."""
    keys = {account: {account.name.lower(), account.tenant_id} for account in accounts}
    wanted = {name.strip().lower(): name for name in names or ()}
    if unknown := [name for key, name in wanted.items() if not any(key in aliases for aliases in keys.values())]:
        raise typer.BadParameter(
            f"no configured account is named {' or '.join(map(repr, unknown))}. Configured accounts: {names_of(accounts)}."
        )
    return tuple(account for account, aliases in keys.items() if not wanted or aliases & wanted.keys())


def tenants_of(accounts: Sequence[Account], names: Sequence[str] | None) -> tuple[str, ...] | None:
    """Return the tenant IDs of the named accounts, configured ones first, in the settings' order; None (all) without names.

    A tenant ID may belong to a former account, whose history is kept. An unknown name raises BadParameter.
    """
    if not names:
        return None
    configured = {account.tenant_id for account in accounts}
    former = {key for name in names if _GUID.fullmatch(key := name.strip().lower())} - configured
    named = [name for name in names if name.strip().lower() not in former]
    return (*(account.tenant_id for account in (choose(accounts, named) if named else ())), *sorted(former))


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
