"""What the refusals of Key Vault, Table Storage and the identity endpoint mean.

The first line that matches decides. Sources:
https://learn.microsoft.com/azure/key-vault/general/rest-error-codes
https://learn.microsoft.com/azure/key-vault/general/common-error-codes
https://learn.microsoft.com/rest/api/storageservices/table-service-error-codes
https://learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes
"""

from shared.errors import (
    ClockWrong,
    IdentityUnavailable,
    SnapshotError,
    TableAccessDenied,
    TableMissing,
    TableUnreachable,
    VaultAccessDenied,
    VaultSecretDisabled,
    VaultSecretMissing,
    VaultUnreachable,
)
from shared.net.service import AZURE, Rule, Service, passing

_SUBSCRIPTION_CODES = (
    *("AccountIsDisabled", "SubscriptionDisabled", "SubscriptionIsDisabled", "DisabledSubscription"),
    *("ReadOnlyDisabledSubscription", "SubscriptionNotFound"),
)
_OTHER_TENANT = (
    "The identity's token is from another tenant than the one that the service belongs to. Use an identity of the service's "
    "tenant: the function's own in Azure; on your own machine, sign in with `az login --tenant <tenant>`."
)
_EXPIRED = "The secret has expired. Put a new one into the vault under the same name; docs/operate.md says how."
_TABLE_NETWORK = (
    "Check the storage account's network rules first: allow the address that the message names, or this machine's (storage account "
    "> Networking), or connect through a private endpoint. If the network is right, check the identity's role."
)
_VAULT_SAYS_WHY = (
    "The vault gives its reason in the message; https://learn.microsoft.com/azure/key-vault/general/rest-error-codes describes its "
    "codes. If it gives none, check "
)
_TABLE_SAYS_WHY = (
    "Table Storage gives its reason in the message; https://learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes "
    "describes its codes. If it gives none, check "
)


def _denials(error: type[SnapshotError], says_why: str) -> tuple[Rule, ...]:
    """Return the lines of vault and table for a denial that their own lines do not explain."""
    return (
        Rule(
            error,
            codes=_SUBSCRIPTION_CODES,
            remedy="Check the state of the Azure subscription and of the resource (portal > Subscriptions): a disabled subscription or account "
            "refuses everyone. No role helps until it is enabled again.",
        ),
        Rule(error, codes=("AKV10032",), remedy=_OTHER_TENANT),
        Rule(error, statuses=(401,), says=("issuer", "token of the tenant"), remedy=_OTHER_TENANT),
        Rule(
            error,
            statuses=(401,),
            says=("expired", "not yet valid", "lifetime"),
            remedy="The service takes the identity's token for expired or not yet valid. Check the clock of this machine, then run this again. "
            "A role or a new secret does not help.",
        ),
        Rule(
            error, statuses=(401, 403), remedy=f"{says_why}the identity's role and the network rules (docs/deploy.md)."
        ),
    )


VAULT = Service(
    AZURE,
    no_answer=VaultUnreachable,
    unreadable=VaultUnreachable,
    rules=(
        Rule(VaultUnreachable, codes=("ObjectIsBeingDeleted", "ObjectIsBeingRecovered"), again=True),
        Rule(
            VaultSecretMissing,
            codes=("ObjectIsDeletedButRecoverable",),
            remedy="The secret was deleted and can be recovered; until then its name cannot be used. Recover it with `az keyvault secret "
            "recover --vault-name {vault} --name {name}`, then put the new value with `az keyvault secret set --vault-name {vault} "
            "--name {name} --expires <date> --file <file>`.",
        ),
        *passing(VaultUnreachable),
        Rule(
            VaultSecretMissing,
            codes=("SecretNotFound",),
            remedy="Put the secret into the vault: `az keyvault secret set --vault-name {vault} --name {name} --expires <date> --file <file>`. "
            "If it was deleted, recover it first: `az keyvault secret recover --vault-name {vault} --name {name}`. If the name is "
            "wrong, correct PARTNER_SECRET_NAME or PARTNER_REFRESH_TOKEN_NAME.",
        ),
        Rule(
            VaultSecretDisabled,
            codes=("SecretDisabled",),
            remedy="Enable it with `az keyvault secret set-attributes --vault-name {vault} --name {name} --enabled true`, or put a new version.",
        ),
        Rule(
            VaultSecretDisabled,
            codes=("SecretNotYetValid",),
            remedy="The secret has an activation date in the future. Correct it with `az keyvault secret set-attributes --vault-name {vault} "
            "--name {name} --not-before <date>`.",
        ),
        Rule(VaultSecretDisabled, codes=("SecretExpired",), remedy=_EXPIRED),
        Rule(VaultSecretDisabled, statuses=(403,), says=("disabled secret",)),
        Rule(VaultSecretDisabled, statuses=(403,), says=("expired secret",), remedy=_EXPIRED),
        Rule(
            VaultAccessDenied,
            codes=("ForbiddenByFirewall", "ForbiddenByConnection", "ForbiddenByNsp"),
            remedy="The vault's network rules refused the request; a role does not help. Allow the address that the message names (vault > "
            "Networking), or connect through the vault's private endpoint.",
        ),
        Rule(
            VaultAccessDenied,
            codes=("ForbiddenByRbac", "ForbiddenByPolicy", "AccessDenied", "MissingPermissions"),
            remedy="Give the identity the role Key Vault Secrets User on the vault (to store refresh tokens also the right to set secrets: "
            "Key Vault Secrets Officer). A new role takes up to 30 minutes to work.",
        ),
        *_denials(VaultAccessDenied, _VAULT_SAYS_WHY),
        Rule(VaultUnreachable, remedy=f"{_VAULT_SAYS_WHY}that KEY_VAULT_URL is the vault's address."),
    ),
)

TABLE = Service(
    AZURE,
    no_answer=TableUnreachable,
    unreadable=TableUnreachable,
    rules=(
        Rule(TableMissing, codes=("TableNotFound",)),
        Rule(TableUnreachable, codes=("TableBeingDeleted", "AccountBeingCreated"), again=True),
        *passing(TableUnreachable),
        Rule(ClockWrong, statuses=(401, 403), says=("date header",)),
        Rule(
            TableAccessDenied,
            codes=("AuthorizationFailure", "AuthorizationSourceIPMismatch", "IpAuthorizationFailure"),
            remedy=_TABLE_NETWORK,
        ),
        Rule(TableAccessDenied, statuses=(401, 403), says=("perimeter", "firewall"), remedy=_TABLE_NETWORK),
        Rule(
            TableAccessDenied,
            codes=("AuthorizationPermissionMismatch", "InsufficientAccountPermissions"),
            remedy="Give the identity the append role of infra/ (or Storage Table Data Contributor) on the storage account. A new role takes up "
            "to 30 minutes to work.",
        ),
        *_denials(TableAccessDenied, _TABLE_SAYS_WHY),
        Rule(TableUnreachable, remedy=f"{_TABLE_SAYS_WHY}that SNAPSHOT_TABLE_ENDPOINT is the account's table address."),
    ),
)

IDENTITY = Service(
    AZURE,
    no_answer=IdentityUnavailable,
    unreadable=IdentityUnavailable,
    rules=(*passing(IdentityUnavailable), Rule(IdentityUnavailable)),
)
