"""The user's refresh token in Key Vault: read, renewed weekly, and stored with its description and expiry date.

Key Vault has no conditional store, so each renewal attempt reads the secret first: the successor of an old token never
replaces a token that a new consent has stored in the meantime.

A refresh token is valid for 90 days. Each exchange returns a new one, while the old one stays valid until its own day
90. Renewal is weekly, because a secret with more than 500 versions cannot be backed up.
Source: https://learn.microsoft.com/entra/identity-platform/refresh-tokens
"""

from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from shared.azure_services.vault import Secret, Vault, check_value
from shared.errors import ConsentRequired, VaultSecretInvalid, VaultSecretMissing
from shared.net.single_flight import SingleFlightCache
from shared.settings.accounts import Account

LIFETIME = timedelta(days=90)
RENEW_AFTER = timedelta(days=7)
CONTENT_TYPE = "application/x-partner-center-refresh-token"


def read(vault: Vault, name: str) -> Secret:
    """Return the stored token; raises the same errors as `Vault.secret`, with a remedy for a refresh token."""
    try:
        secret = vault.secret(name)
        check_value(secret)
    except (VaultSecretMissing, VaultSecretInvalid) as error:
        remedy = f"Correct PARTNER_REFRESH_TOKEN_NAME if it names the wrong secret. Otherwise: {ConsentRequired.usual_remedy}"
        raise type(error)(error.message, remedy=remedy, ids=error.ids) from None
    return secret


def expires_on(secret: Secret) -> datetime | None:
    """Return when a stored token expires: the stored date, else a date based on its age, else None."""
    with suppress(OverflowError):  # the vault may return any date
        return secret.expires_on or (secret.created_on and secret.created_on + LIFETIME)
    return None


def age(secret: Secret, now: datetime) -> timedelta | None:
    """Return a stored token's age, from its version's date or its stored expiry; None if neither is known.

    If a token was copied from elsewhere, its version is newer than the token.
    """
    ages = [now - secret.created_on] if secret.created_on is not None else []
    if secret.expires_on is not None:
        ages.append(now - secret.expires_on + LIFETIME)
    return max(ages, default=None)


def is_due(secret: Secret, now: datetime) -> bool:
    """Return whether the stored token is more than a week old or its age is unknown."""
    since = age(secret, now)
    return since is None or since > RENEW_AFTER


def store(
    vault: Vault, account: Account, name: str, token: str, now: datetime, *, replacing: str | None = None
) -> datetime:
    """Store a token as the secret's new version and return its expiry time. With `replacing`, only replace that token.

    Raises:
        VaultUnreachable, VaultAccessDenied: depending on the vault's response.

    """
    end = now + LIFETIME
    tags = {
        "purpose": "Partner Center refresh token",
        "tenantId": account.tenant_id,
        "clientId": account.client_id,
        "storedOn": now.date().isoformat(),
    }
    vault.store(name, token, content_type=CONTENT_TYPE, expires_on=end, tags=tags, replacing=replacing)
    return end


class Renewals:
    """One run's renewals: accounts that share a token store it only once."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._stored: SingleFlightCache[str, datetime] = SingleFlightCache()

    def renew(self, account: Account, used: Secret, token: str, now: datetime) -> None:
        """Store the used token's successor, unless another account in this run did, or someone stored a newer token.

        Raises:
            SnapshotError: as for `store` and for reading; raised for every account that shares the token.

        """
        replace = partial(store, self._vault, account, used.name, token, now, replacing=used.value)
        self._stored.get(used.name.lower(), replace)
