"""What the refusals of Key Vault, Table Storage and the identity endpoint mean."""

import json

import pytest

from shared.azure_services.refusals import IDENTITY, TABLE, VAULT
from shared.errors import SnapshotError
from shared.net.refusal import RefusedError, read_refusal
from shared.net.service import Call, Service

SERVICES = {"vault": VAULT, "table": TABLE, "clock": TABLE, "identity": IDENTITY}
"""By the first part of an error's code."""

PAGE = "<html><title>Blocked</title>"
FIREWALLS = ("AuthorizationFailure", "AuthorizationSourceIPMismatch", "IpAuthorizationFailure")
ROLES = ("AuthorizationPermissionMismatch", "InsufficientAccountPermissions")
SUBSCRIPTION_CODES = (
    *("AccountIsDisabled", "SubscriptionDisabled", "SubscriptionIsDisabled", "DisabledSubscription"),
    *("ReadOnlyDisabledSubscription", "SubscriptionNotFound"),
)
PASSING = (408, 429, 500, 502, 503, 504)


def error_of(service: Service, status: int, code: str, message: str = "m") -> tuple[SnapshotError, bool]:
    """Return the error for a refusal with this code in the service's usual shape, or for an HTML page."""
    body = code if code.startswith("<") else json.dumps({"error": {"code": code, "message": message}} if code else {})
    names = {"vault": "contoso", "name": "app-secret"}
    return Call(service, "x", names=names).error_of(RefusedError(read_refusal(status, {}, body.encode())))


@pytest.mark.parametrize(
    ("status", "code", "message", "error", "remedy"),
    [
        (409, "ObjectIsDeletedButRecoverable", "m", "vault-secret-missing", "recover --vault-name contoso --name app-secret"),
        (404, "SecretNotFound", "m", "vault-secret-missing", "recover --vault-name contoso --name app-secret"),
        (403, "SecretDisabled", "m", "vault-secret-disabled", "--name app-secret --enabled true"),
        (403, "SecretNotYetValid", "m", "vault-secret-disabled", "--not-before <date>"),
        (403, "SecretExpired", "m", "vault-secret-disabled", "has expired"),
        (403, "Forbidden", "Operation get is not allowed on a disabled secret.", "vault-secret-disabled", "Enable the secret"),
        (403, "Forbidden", "Operation get is not allowed on an expired secret.", "vault-secret-disabled", "has expired"),
        *((403, f"ForbiddenBy{what}", "m", "vault-access-denied", "Networking") for what in ("Firewall", "Connection", "Nsp")),
        *((401, "Unauthorized", f"The token is {over}", "vault-access-denied", "clock") for over in ("Expired", "not yet valid")),
        (403, "ForbiddenByRbac", "m", "vault-access-denied", "Key Vault Secrets User"),
        *((403, code, "m", "vault-access-denied", "access policies") for code in ("ForbiddenByPolicy", "MissingPermissions")),
        (403, "AccessDenied", "It does not have secrets get permission.", "vault-access-denied", "access policies"),
        (403, "AccessDenied", "Client address is not authorized.", "vault-access-denied", "Networking"),
        *((403, code, "m", "vault-access-denied", "subscription") for code in SUBSCRIPTION_CODES),
        (401, "AKV10032", "m", "vault-access-denied", "a different tenant"),
        (401, "Unauthorized", "[BearerReadAccessTokenFailed] Issuer did not match", "vault-access-denied", "a different tenant"),
        (403, "SomethingNew", "No AccessDenied: its issuer expired.", "vault-access-denied", "in the message"),
        (401, "", "m", "vault-access-denied", "in the message"),
        (403, PAGE, "m", "vault-unreachable", "HTTPS_PROXY"),
        (200, PAGE, "m", "vault-unreachable", "HTTPS_PROXY"),
        (404, PAGE, "m", "vault-unreachable", "HTTPS_PROXY"),
        (407, "", "m", "vault-unreachable", "HTTPS_PROXY"),
        (400, "BadParameter", "m", "vault-unreachable", "KEY_VAULT_URL"),
        (409, "Conflict", "m", "vault-unreachable", "KEY_VAULT_URL"),
        (404, "", "m", "vault-unreachable", "KEY_VAULT_URL"),
        (404, "TableNotFound", "m", "table-missing", "az storage table create"),
        (403, "AuthenticationFailed", "Request date header too old: 'x'", "clock-wrong", "clock"),
        (403, "AuthenticationFailed", "The Date header in the request is incorrect.", "clock-wrong", "clock"),
        *((403, code, "m", "table-access-denied", "Networking") for code in FIREWALLS),
        *((403, code, "m", "table-access-denied", "append role") for code in ROLES),
        (403, "accountisdisabled", "m", "table-access-denied", "subscription"),
        (401, "InvalidAuthenticationInfo", "it expects a token from the tenant x.", "table-access-denied", "a different tenant"),
        (401, "InvalidAuthenticationInfo", "Lifetime validation failed.", "table-access-denied", "clock"),
        (401, "InvalidAuthenticationInfo", "Audience did not match.", "table-access-denied", "in the message"),
        *((403, "AuthorizationX", f"Denied by the {by}.", "table-access-denied", "Networking") for by in ("perimeter", "firewall")),
        (403, "SomethingNew", "m", "table-access-denied", "in the message"),
        (403, PAGE, "m", "table-unreachable", "HTTPS_PROXY"),
        (400, "InvalidInput", "m", "table-unreachable", "table address"),
        (404, "ResourceNotFound", "m", "table-unreachable", "table address"),
        (400, "invalid_request", "Identity not found", "identity-unavailable", "az login"),
    ],
)  # fmt: skip
def test_a_permanent_refusal(status: int, code: str, message: str, error: str, remedy: str) -> None:
    """Only 401 and 403 are denials, the role is blamed only if the service blames it, and each cause has its own remedy."""
    found, again = error_of(SERVICES[error.partition("-")[0]], status, code, message)
    assert (found.code, again) == (error, False)
    assert remedy in found.remedy


@pytest.mark.parametrize(
    ("service", "status", "code"),
    [
        *((service, status, "") for service in (VAULT, TABLE, IDENTITY) for status in PASSING),
        (VAULT, 503, PAGE),
        (VAULT, 409, "ObjectIsBeingDeleted"),
        (VAULT, 409, "ObjectIsBeingRecovered"),
        (VAULT, 401, "<error><message>AKV10046: Unable to resolve the key</message></error>"),
        (TABLE, 409, "TableBeingDeleted"),
        (TABLE, 409, "AccountBeingCreated"),
        (TABLE, 503, "AuthorizationFailure"),
    ],
)
def test_a_transient_refusal_is_retried(service: Service, status: int, code: str) -> None:
    """A transient status takes precedence over the code, and a page is never attributed to the service."""
    found, again = error_of(service, status, code)
    assert again
    assert ("HTTPS_PROXY" in found.remedy) is (code == PAGE)
    assert found.code in {"vault-unreachable", "table-unreachable", "identity-unavailable"}
