"""The deployment that the tests look at: infra/main.bicep with the parameters of a usual user."""

from pathlib import Path
from typing import Any

from tests.infra.tools.bicep import File, Resource

INFRA = Path(__file__).resolve().parents[3] / "infra"
OPERATOR = "33333333-3333-3333-3333-333333333333"
ACCOUNT = {
    "name": "Contoso",
    "tenantId": "0a1b2c3d-0000-4000-8000-00000000000a",
    "clientId": "0a1b2c3d-0000-4000-8000-0000000000c1",
    "secretName": "partner-app",
}
USUAL: dict[str, Any] = {
    "location": "westeurope",
    "partnerAccounts": [ACCOUNT],
    "alertEmail": "operator@example.com",
    "operatorObjectId": OPERATOR,
}
EVERYTHING: dict[str, Any] = USUAL | {
    "partnerAccounts": [ACCOUNT | {"auth": "app_user", "refreshTokenName": "partner-token"}],
    "alertWebhook": "https://chat.example.com/hook",
    "githubSubject": "repo:contoso/balances:ref:refs/heads/main",
}
"""Every conditional resource."""


def deployed(**parameters: Any) -> File:
    """Return main.bicep deployed with the usual parameters and these."""
    return File(INFRA / "main.bicep", USUAL | parameters)


def resources_of(deployment: File, kind: str) -> list[Resource]:
    """Return the resources of a type, such as `Microsoft.KeyVault/vaults`."""
    return [resource for resource in deployment.resources if resource.type == kind]


def resource_of(deployment: File, kind: str) -> Resource:
    """Return the only resource of a type."""
    (found,) = resources_of(deployment, kind)
    return found


def settings_of(deployment: File) -> dict[str, str]:
    """Return the function's app settings."""
    properties: dict[str, str] = resource_of(deployment, "Microsoft.Web/sites/config").body["properties"]
    return properties
