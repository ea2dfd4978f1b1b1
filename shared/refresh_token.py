"""The user's refresh token in Key Vault: read, renewed weekly, stored with what it is and until when it lasts.

A refresh token lives 90 days; each exchange gives a new one while the old one lives on until its own day 90. Weekly, because
a secret with more than 500 versions cannot be backed up.
Source: https://learn.microsoft.com/entra/identity-platform/refresh-tokens
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shared.accounts import Account
from shared.once import Once

if TYPE_CHECKING:  # a run that finds its day complete does without the vault's package
    from shared.vault import Secret, Vault

LIFETIME = timedelta(days=90)
RENEW_AFTER = timedelta(days=7)
CONTENT_TYPE = "application/x-partner-center-refresh-token"


def expires_on(secret: Secret) -> datetime | None:
    """Return until when a stored token lasts: as stored with it, else by its age, else unknown."""
    if secret.expires_on is not None:
        return secret.expires_on
    return secret.created_on + LIFETIME if secret.created_on is not None else None


def is_due(secret: Secret, now: datetime) -> bool:
    """Whether the stored token is old enough to be replaced by the one that followed it."""
    return secret.created_on is None or now - secret.created_on > RENEW_AFTER


def store(vault: Vault, account: Account, name: str, token: str, now: datetime) -> datetime:
    """Store a token as the secret's new version and return until when it lasts.

    Raises:
        VaultUnreachable, VaultAccessDenied: by the vault's answer.

    """
    end = now + LIFETIME
    tags = {
        "purpose": "Partner Center refresh token",
        "tenantId": account.tenant_id,
        "clientId": account.client_id,
        "storedOn": now.date().isoformat(),
    }
    vault.store(name, token, content_type=CONTENT_TYPE, expires_on=end, tags=tags)
    return end


class Renewals:
    """The renewals of one run: accounts that share a token store it once."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._stored: Once[str, datetime] = Once()

    def renew(self, account: Account, name: str, token: str, now: datetime) -> datetime:
        """Store the token unless another account of the run did; raises as `store`, for each account that shares it."""
        return self._stored.get(name, lambda: store(self._vault, account, name, token, now))
