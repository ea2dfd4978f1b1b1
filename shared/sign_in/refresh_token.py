"""The user's refresh token in Key Vault: read, renewed weekly, stored with what it is and until when it lasts.

Key Vault cannot store on a condition, so each attempt of a renewal looks first: a token that a new consent has stored in the
meantime is never replaced by the successor of an older one.

A refresh token lives 90 days; each exchange gives a new one while the old one lives on until its own day 90. Weekly, because
a secret with more than 500 versions cannot be backed up.
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
    """Return the stored token; raises as `Vault.secret`, with the remedy that puts a token there."""
    try:
        secret = vault.secret(name)
        check_value(secret)
    except (VaultSecretMissing, VaultSecretInvalid) as error:
        remedy = f"Correct PARTNER_REFRESH_TOKEN_NAME if it names the wrong secret. Otherwise: {ConsentRequired.usual_remedy}"
        raise type(error)(error.message, remedy=remedy, ids=error.ids) from None
    return secret


def expires_on(secret: Secret) -> datetime | None:
    """Return until when a stored token lasts: as stored with it, else by its age, else unknown."""
    with suppress(OverflowError):  # the vault may give any date
        return secret.expires_on or (secret.created_on and secret.created_on + LIFETIME)
    return None


def age(secret: Secret, now: datetime) -> timedelta | None:
    """Return how old a stored token is, by its version or by the end stored with it; None when neither is known.

    The version of a token that was copied from elsewhere is younger than the token.
    """
    ages = [now - secret.created_on] if secret.created_on is not None else []
    if secret.expires_on is not None:
        ages.append(now - secret.expires_on + LIFETIME)
    return max(ages, default=None)


def is_due(secret: Secret, now: datetime) -> bool:
    """Whether the stored token is older than a week, or of unknown age."""
    since = age(secret, now)
    return since is None or since > RENEW_AFTER


def store(
    vault: Vault, account: Account, name: str, token: str, now: datetime, *, replacing: str | None = None
) -> datetime:
    """Store a token as the secret's new version and return its expiry time; with `replacing`, only in place of that token.

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
    vault.store(name, token, content_type=CONTENT_TYPE, expires_on=end, tags=tags, replacing=replacing)
    return end


class Renewals:
    """The renewals of one run: accounts that share a token store it once."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._stored: SingleFlightCache[str, datetime] = SingleFlightCache()

    def renew(self, account: Account, used: Secret, token: str, now: datetime) -> None:
        """Store the token that followed the one used, unless another account of the run did, or somebody a newer one.

        Raises:
            SnapshotError: as `store` and as reading; for each account that shares the token.

        """
        replace = partial(store, self._vault, account, used.name, token, now, replacing=used.value)
        self._stored.get(used.name.lower(), replace)
