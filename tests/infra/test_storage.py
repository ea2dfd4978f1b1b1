"""infra/storage.bicep: keys only where Power BI needs one, both tables there, both kept from deletion."""

from tests.infra.tools.deployment import deployed, resource_of, resources_of, settings_of

DEPLOYMENT = deployed()
ACCOUNTS = {account.symbol: account for account in resources_of(DEPLOYMENT, "Microsoft.Storage/storageAccounts")}


def test_only_the_data_account_has_usable_keys() -> None:
    """A key opens a whole account; Power BI's account holds nothing but the snapshots."""
    allowed = {name: account.body["properties"]["allowSharedKeyAccess"] for name, account in ACCOUNTS.items()}
    assert allowed == {"hostAccount": False, "dataAccount": True}
    data = ACCOUNTS["dataAccount"]
    inside = [
        resource for resource in DEPLOYMENT.resources if resource.id.startswith(f"{data.id}/") and not resource.scope
    ]
    assert {resource.symbol for resource in inside} == {"dataTables", "snapshotTable"}
    assert settings_of(DEPLOYMENT)["AzureWebJobsStorage__accountName"] != data.name


def test_both_accounts_are_closed_to_the_public() -> None:
    """No anonymous reading, no unencrypted or outdated connection."""
    for account in ACCOUNTS.values():
        properties = account.body["properties"]
        assert properties["allowBlobPublicAccess"] is False
        assert properties["allowCrossTenantReplication"] is False
        assert properties["defaultToOAuthAuthentication"] is True
        assert properties["supportsHttpsTrafficOnly"] is True
        assert properties["minimumTlsVersion"] == "TLS1_2"


def test_the_tables_are_there_before_the_function() -> None:
    """Its role cannot create one; the archive has the same name in the other account, and is left out when switched off."""
    name = settings_of(DEPLOYMENT)["SNAPSHOT_TABLE_NAME"]
    tables = resources_of(DEPLOYMENT, "Microsoft.Storage/storageAccounts/tableServices/tables")
    accounts = [ACCOUNTS[symbol].id for symbol in ("hostAccount", "dataAccount")]
    assert [table.id for table in tables] == [f"{account}/tableServices/default/tables/{name}" for account in accounts]
    without = deployed(archive=False)
    only = resource_of(without, "Microsoft.Storage/storageAccounts/tableServices/tables")
    assert only.symbol == "snapshotTable"


def test_the_endpoints_are_those_of_the_two_accounts() -> None:
    """A row must not go to the archive's account twice."""
    settings = settings_of(DEPLOYMENT)
    assert settings["SNAPSHOT_TABLE_ENDPOINT"] == f"https://{ACCOUNTS['dataAccount'].name}.table.core.windows.net"
    assert settings["SNAPSHOT_ARCHIVE_ENDPOINT"] == f"https://{ACCOUNTS['hostAccount'].name}.table.core.windows.net"


def test_the_history_cannot_be_deleted_by_mistake() -> None:
    """An account that holds rows has a lock against deletion; the host account without an archive needs none."""
    locks = resources_of(DEPLOYMENT, "Microsoft.Authorization/locks")
    assert {lock.scope for lock in locks} == {account.id for account in ACCOUNTS.values()}
    assert {lock.body["properties"]["level"] for lock in locks} == {"CanNotDelete"}
    without = deployed(archive=False)
    assert resource_of(without, "Microsoft.Authorization/locks").scope == ACCOUNTS["dataAccount"].id


def test_the_append_role_is_two_actions_in_this_group() -> None:
    """Inserting needs just these; anything more could change or delete history."""
    (role,) = [
        role
        for role in resources_of(DEPLOYMENT, "Microsoft.Authorization/roleDefinitions")
        if role.file == "storage.bicep"
    ]
    properties = role.body["properties"]
    entities = "Microsoft.Storage/storageAccounts/tableServices/tables/entities"
    assert properties["permissions"] == [
        {
            "actions": [],
            "notActions": [],
            "dataActions": [f"{entities}/read", f"{entities}/add/action"],
            "notDataActions": [],
        }
    ]
    assert properties["assignableScopes"] == [DEPLOYMENT.group.id]
    assert properties["type"] == "CustomRole"


def test_custom_roles_have_names_of_their_own() -> None:
    """A role's name is unique in the tenant, and the role outlives its group."""
    names = [
        role.body["properties"]["roleName"]
        for suffix in ("", "two")
        for role in resources_of(
            deployed(suffix=suffix, partnerAccounts=[{"tenantId": "t", "clientId": "c", "auth": "app_user"}]),
            "Microsoft.Authorization/roleDefinitions",
        )
    ]
    assert len(names) == len(set(names)) == 4
