"""What refusals by Key Vault, Table Storage and the identity endpoint mean.

The first rule that matches decides. Sources:
https://learn.microsoft.com/azure/key-vault/general/rest-error-codes
https://learn.microsoft.com/azure/key-vault/general/common-error-codes
https://learn.microsoft.com/rest/api/storageservices/table-service-error-codes
https://learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes
"""

from dataclasses import replace

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
from shared.net.service import Rule, Service, transient_rules

_DENIED = (401, 403)
_SUBSCRIPTION_CODES = (
    *("AccountIsDisabled", "SubscriptionDisabled", "SubscriptionIsDisabled", "DisabledSubscription"),
    *("ReadOnlyDisabledSubscription", "SubscriptionNotFound"),
)
_SUBSCRIPTION = (
    "Check the state of the Azure subscription and of the resource (portal > Subscriptions): a disabled subscription or account "
    "denies everyone. No role will help until it is enabled again."
)
_OTHER_TENANT = (
    "The identity's token comes from a different tenant than the service. Use an identity in the service's "
    "tenant: the function's own in Azure; on your own machine, sign in with `az login --tenant <tenant>`."
)
_OUT_OF_TIME = (
    "The service considers the identity's token expired or not yet valid. Check this machine's clock, then run this again. "
    "A role or a new secret will not help."
)
_RECOVER = (
    "The secret was deleted but can be recovered; until then its name cannot be used. Recover it with `az keyvault secret "
    "recover --vault-name {vault} --name {name}`, then set the new value with `az keyvault secret set --vault-name {vault} "
    "--name {name} --expires <date> --file <file>`."
)
_PUT = (
    "Add the secret to the vault: `az keyvault secret set --vault-name {vault} --name {name} --expires <date> --file <file>`. "
    "If it was deleted, recover it first: `az keyvault secret recover --vault-name {vault} --name {name}`. If the name is "
    "wrong, correct PARTNER_SECRET_NAME or PARTNER_REFRESH_TOKEN_NAME."
)
_ENABLE = "Enable it with `az keyvault secret set-attributes --vault-name {vault} --name {name} --enabled true`, or add a new version."
_NOT_YET = (
    "The secret has an activation date in the future. Correct it with `az keyvault secret set-attributes --vault-name {vault} "
    "--name {name} --not-before <date>`."
)
_EXPIRED = "The secret has expired. Store a new one in the vault under the same name; docs/operate.md explains how."
_VAULT_NETWORK = (
    "The vault's network rules blocked the request; a role will not help. Allow the address that the message names (vault > "
    "Networking), or connect through the vault's private endpoint."
)
_NEW_ROLE = "A new role takes up to 30 minutes to take effect, or up to a day through a group."  # azure-docs#101801
_VAULT_ROLE = (
    "Give the identity the Key Vault Secrets User role on the vault. To store refresh tokens, it also needs the right to set secrets: "
    f"Key Vault Secrets Officer, or deploy infra/ with an app_user account. {_NEW_ROLE}"
)
_VAULT_POLICY = (
    "The vault uses access policies, so a role will not help. Give the identity the secret permission Get, and Set to store refresh "
    "tokens (vault > Access policies), or let the vault use roles as infra/ does (vault > Access configuration)."
)
_SAYS_WHY = "{} gives its reason in the message; https://learn.microsoft.com/{} describes its codes. If there is no reason, check "
_VAULT_SAYS_WHY = _SAYS_WHY.format("The vault", "azure/key-vault/general/rest-error-codes")
_TABLE_SAYS_WHY = _SAYS_WHY.format("Table Storage", "rest/api/storageservices/common-rest-api-error-codes")
_TABLE_NETWORK = (
    "Check the storage account's network rules first: allow the address that the message names, or this machine's (storage account "
    "> Networking), or connect through a private endpoint. If the network is right, check the identity's role."
)
_TABLE_ROLE = f"Give the identity the append role from infra/ on the storage account. {_NEW_ROLE}"
_FIREWALLS = ("AuthorizationFailure", "AuthorizationSourceIPMismatch", "IpAuthorizationFailure")


def _denials(error: type[SnapshotError], says_why: str) -> tuple[Rule, ...]:
    """Return the rules for a denial that the more specific rules for the vault or the table do not explain."""
    return (
        Rule(error, _SUBSCRIPTION, codes=_SUBSCRIPTION_CODES),
        Rule(error, _OTHER_TENANT, codes=("AKV10032",)),
        Rule(error, _OTHER_TENANT, statuses=(401,), reason_contains=("issuer", "token from the tenant")),
        Rule(error, _OUT_OF_TIME, statuses=(401,), reason_contains=("expired", "not yet valid", "lifetime")),
        Rule(error, f"{says_why}the identity's role and the network rules (docs/deploy.md).", statuses=_DENIED),
    )


VAULT = Service(
    VaultUnreachable,
    rules=(
        Rule(VaultUnreachable, codes=("ObjectIsBeingDeleted", "ObjectIsBeingRecovered"), retryable=True),
        Rule(
            VaultUnreachable, statuses=(401,), reason_contains=("unable to resolve the key",), retryable=True
        ),  # AKV10046
        Rule(VaultSecretMissing, _RECOVER, codes=("ObjectIsDeletedButRecoverable",)),
        *transient_rules(VaultUnreachable),
        Rule(VaultSecretMissing, _PUT, codes=("SecretNotFound",)),
        Rule(VaultSecretDisabled, _ENABLE, codes=("SecretDisabled",)),
        Rule(VaultSecretDisabled, _NOT_YET, codes=("SecretNotYetValid",)),
        Rule(VaultSecretDisabled, _EXPIRED, codes=("SecretExpired",)),
        Rule(VaultSecretDisabled, statuses=(403,), reason_contains=("disabled secret",)),
        Rule(VaultSecretDisabled, _EXPIRED, statuses=(403,), reason_contains=("expired secret",)),
        Rule(
            VaultAccessDenied, _VAULT_NETWORK, codes=("ForbiddenByFirewall", "ForbiddenByConnection", "ForbiddenByNsp")
        ),
        Rule(VaultAccessDenied, _VAULT_NETWORK, statuses=(403,), reason_contains=("client address is not authorized",)),
        Rule(VaultAccessDenied, _VAULT_ROLE, codes=("ForbiddenByRbac",)),
        Rule(VaultAccessDenied, _VAULT_POLICY, codes=("ForbiddenByPolicy", "AccessDenied", "MissingPermissions")),
        *_denials(VaultAccessDenied, _VAULT_SAYS_WHY),
        Rule(VaultUnreachable, f"{_VAULT_SAYS_WHY}that KEY_VAULT_URL is the vault's address."),
    ),
)

TABLE = Service(
    TableUnreachable,
    rules=(
        Rule(TableMissing, codes=("TableNotFound",)),
        Rule(TableUnreachable, codes=("TableBeingDeleted", "AccountBeingCreated"), retryable=True),
        *transient_rules(TableUnreachable),
        Rule(ClockWrong, statuses=_DENIED, reason_contains=("date header",)),
        Rule(TableAccessDenied, _TABLE_NETWORK, codes=_FIREWALLS),
        Rule(TableAccessDenied, _TABLE_NETWORK, statuses=_DENIED, reason_contains=("perimeter", "firewall")),
        Rule(
            TableAccessDenied, _TABLE_ROLE, codes=("AuthorizationPermissionMismatch", "InsufficientAccountPermissions")
        ),
        *_denials(TableAccessDenied, _TABLE_SAYS_WHY),
        Rule(TableUnreachable, f"{_TABLE_SAYS_WHY}that the address in the message is the account's table address."),
    ),
)

TABLE_CREATION = replace(TABLE, rules=(Rule(TableAccessDenied, codes=("ResourceNotFound",)), *TABLE.rules))
"""ResourceNotFound: the identity may not create tables (https://github.com/Azure/azure-sdk-for-net/issues/24717)."""

IDENTITY = Service(IdentityUnavailable, rules=(*transient_rules(IdentityUnavailable), Rule(IdentityUnavailable)))
