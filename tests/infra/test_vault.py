"""infra/vault.bicep: a vault of its own, by roles, kept from purging; nobody may do more than the sign-in mode needs."""

from typing import Any

import pytest

from tests.infra.tools.deployment import ACCOUNT, deployed, resource_of, settings_of

APP_USER = ACCOUNT | {"auth": "app_user", "refreshTokenName": "partner-token"}


def test_the_vault_is_dedicated_and_protected() -> None:
    """Roles instead of access policies; a deleted vault comes back with its secrets."""
    vault = resource_of(deployed(), "Microsoft.KeyVault/vaults")
    properties = vault.body["properties"]
    assert properties["enableRbacAuthorization"] is True
    assert properties["enablePurgeProtection"] is True
    assert properties["enableSoftDelete"] is True
    assert properties["sku"] == {"family": "A", "name": "standard"}
    assert settings_of(deployed())["KEY_VAULT_URL"] == f"https://{vault.name}.vault.azure.net"


def test_no_secret_is_created() -> None:
    """A secret in a template is a secret in the deployment's history."""
    kinds = {resource.type for resource in deployed().resources}
    assert not {kind for kind in kinds if kind.startswith("Microsoft.KeyVault/vaults/")}


@pytest.mark.parametrize(
    ("accounts", "expected"),
    [
        ([ACCOUNT], []),
        ([ACCOUNT | {"auth": "app"}], []),
        ([ACCOUNT | {"name": "app_user"}], []),
        ([APP_USER], ["functionRenew"]),
        ([ACCOUNT, APP_USER], ["functionRenew"]),
    ],
)
def test_secrets_are_renewed_only_for_app_user(accounts: list[dict[str, Any]], expected: list[str]) -> None:
    """The role to set a secret exists only while an account's refresh token has to be renewed, and can do nothing else."""
    there = [resource for resource in deployed(partnerAccounts=accounts).resources if resource.file == "vault.bicep"]
    roles = [resource for resource in there if resource.type == "Microsoft.Authorization/roleDefinitions"]
    given = {
        resource.symbol: resource.body["properties"]["roleDefinitionId"].rpartition("/")[2]
        for resource in there
        if resource.type == "Microsoft.Authorization/roleAssignments"
    }
    assert [symbol for symbol, role in given.items() if role in {each.name for each in roles}] == expected
    assert len(roles) == len(expected)
    for role in roles:
        (permission,) = role.body["properties"]["permissions"]
        assert permission["dataActions"] == ["Microsoft.KeyVault/vaults/secrets/setSecret/action"]
        assert permission["actions"] == []
