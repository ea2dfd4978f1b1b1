"""infra/main.bicep: its parameters, its outputs, and names that fit Azure's limits whatever the parameters hold."""

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.settings.accounts import MEMBERS
from tests.infra.tools.bicep import GROUP, File, Resource
from tests.infra.tools.bicep_values import BicepError, Group
from tests.infra.tools.deployment import EVERYTHING, INFRA, deployed, resource_of, resources_of, settings_of

MAIN = deployed()
LIMITS = {
    "Microsoft.Authorization/locks": r"[\w.()-]{1,90}",
    "Microsoft.Authorization/roleAssignments": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "Microsoft.Authorization/roleDefinitions": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "Microsoft.Insights/actionGroups": r"[\w-]{1,260}",
    "Microsoft.Insights/components": r"[\w-]{1,260}",
    "Microsoft.Insights/scheduledQueryRules": r"[\w-]{1,260}",
    "Microsoft.KeyVault/vaults": r"(?=.{3,24}$)[a-zA-Z][a-zA-Z0-9]*(-[a-zA-Z0-9]+)*",
    "Microsoft.ManagedIdentity/userAssignedIdentities": r"[a-zA-Z0-9][\w-]{2,127}",
    "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials": r"[a-zA-Z0-9][\w-]{2,119}",
    "Microsoft.OperationalInsights/workspaces": r"[a-zA-Z0-9][a-zA-Z0-9-]{2,61}[a-zA-Z0-9]",
    "Microsoft.Storage/storageAccounts": r"[a-z0-9]{3,24}",
    "Microsoft.Storage/storageAccounts/blobServices": r"default",
    "Microsoft.Storage/storageAccounts/blobServices/containers": r"(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*",
    "Microsoft.Storage/storageAccounts/tableServices": r"default",
    "Microsoft.Storage/storageAccounts/tableServices/tables": r"[a-z][a-z0-9]{2,62}",
    "Microsoft.Web/serverfarms": r"[a-zA-Z0-9-]{1,60}",
    "Microsoft.Web/sites": r"(?=.{2,32}$)[a-z0-9][a-z0-9-]*[a-z0-9]",
    "Microsoft.Web/sites/basicPublishingCredentialsPolicies": r"ftp|scm",
    "Microsoft.Web/sites/config": r"appsettings",
}
"""https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules; an app's host id has 32 characters."""

GLOBAL = {"Microsoft.KeyVault/vaults", "Microsoft.Storage/storageAccounts", "Microsoft.Web/sites"}
"""Their names are unique in all of Azure."""


def texts(parameter: str) -> st.SearchStrategy[str]:
    """Return any value that a text parameter allows."""
    decorators = MAIN.parameters[parameter].decorators
    if "allowed" in decorators:
        return st.sampled_from(decorators["allowed"])
    return st.text(min_size=decorators.get("minLength", 0), max_size=decorators.get("maxLength", 40))


@settings(deadline=None)
@given(
    suffix=texts("suffix"),
    operatorObjectId=texts("operatorObjectId"),
    operatorType=texts("operatorType"),
    redundancy=texts("redundancy"),
    timeZone=texts("timeZone"),
    githubSubject=texts("githubSubject"),
    group=st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.()", min_size=1, max_size=90),
)
def test_names_fit_for_any_parameter(group: str, **parameters: str) -> None:
    """A name that Azure refuses would only be met in the middle of somebody's deployment."""
    deployment = File(INFRA / "main.bicep", EVERYTHING | parameters, Group(GROUP.subscription, group))
    wrong = [
        (resource.type, resource.name)
        for resource in deployment.resources
        if not re.fullmatch(LIMITS[resource.type], resource.name, re.ASCII)
    ]
    assert wrong == []


@settings(deadline=None)
@given(one=texts("suffix"), other=texts("suffix"))
def test_another_suffix_is_another_deployment(one: str, other: str) -> None:
    """A second deployment in one group, or a vault whose name is still reserved, needs other names everywhere in Azure."""
    first, second = (
        {(resource.type, resource.name) for resource in deployed(suffix=suffix).resources if resource.type in GLOBAL}
        for suffix in (one, other)
    )
    assert len(first) == len(second) == 4
    assert first == second if one == other else not first & second


def test_no_two_resources_have_one_id() -> None:
    """Two declarations of one resource overwrite each other."""
    ids = [resource.id for resource in deployed(**EVERYTHING).resources]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", MAIN.parameters)
def test_a_parameter_is_described_and_bounded(name: str) -> None:
    """A reader of the parameters needs no other page, and a slip is refused before anything is created."""
    parameter = MAIN.parameters[name]
    assert len(parameter.decorators["description"]) > 10
    if parameter.type == "string" and name not in ("location", "alertWebhook"):
        assert parameter.decorators.keys() & {"allowed", "maxLength"}
    assert parameter.has_default or name == "partnerAccounts"
    if re.search("secret|password|token|key|webhook", name, re.IGNORECASE):
        assert parameter.decorators["secure"] is True


def test_the_defaults_are_within_the_bounds() -> None:
    """A default that the deployment itself refuses helps nobody."""
    for parameter in MAIN.parameters.values():
        if isinstance(parameter.default, str | list):
            allowed = parameter.decorators.get("allowed", [parameter.default])
            size = len(parameter.default)
            assert parameter.default in allowed
            assert parameter.decorators.get("minLength", 0) <= size <= parameter.decorators.get("maxLength", size)


def test_an_account_has_the_members_of_the_setting() -> None:
    """The deployment refuses a member that the function does not know, and takes every one that it does."""
    members = MAIN.types["partnerAccount"]
    assert set(members) == set(MEMBERS.values())
    assert {name for name, needed in members.items() if needed} == {"tenantId", "clientId"}


def test_the_outputs_are_what_is_pasted_next() -> None:
    """Nothing else is put out, and nothing that is secret."""
    names = {resource.name for resource in MAIN.resources}
    outputs = MAIN.outputs
    assert list(outputs) == ["vaultName", "functionAppName", "tableEndpoint", "dataAccountName"]
    assert {outputs["vaultName"], outputs["functionAppName"], outputs["dataAccountName"]} <= names
    assert outputs["tableEndpoint"] == f"https://{outputs['dataAccountName']}.table.core.windows.net"


def test_the_parameter_file_fits() -> None:
    """The file to copy holds parameters that exist, all that are needed, and says where to put what."""
    given_values = json.loads((INFRA / "main.parameters.json").read_text("utf-8"))["parameters"]
    assert given_values.keys() <= MAIN.parameters.keys()
    assert {name for name, parameter in MAIN.parameters.items() if not parameter.has_default} <= given_values.keys()
    values = {name: entry["value"] for name, entry in given_values.items()}
    assert all(set(account) <= set(MAIN.types["partnerAccount"]) for account in values["partnerAccounts"])
    assert len(File(INFRA / "main.bicep", {"location": "westeurope"} | values).resources) == len(MAIN.resources)


def test_an_existing_vault_is_used_where_it_stands() -> None:
    """It may be in another group and subscription: nothing is created there but the roles on it."""
    vault = "/subscriptions/44444444-4444-4444-4444-444444444444/resourceGroups/rg-theirs/providers/Microsoft.KeyVault/vaults/kv-theirs"
    deployment = deployed(**EVERYTHING | {"existingVaultId": vault})
    assert resources_of(deployment, "Microsoft.KeyVault/vaults") == []
    there = [resource for resource in deployment.resources if resource.file == "vault.bicep"]
    assert {resource.scope for resource in there if resource.scope} == {vault}
    assert all(resource.id.startswith(vault.partition("/providers/")[0]) for resource in there)
    assert settings_of(deployment)["KEY_VAULT_URL"] == "https://kv-theirs.vault.azure.net"
    assert deployment.outputs["vaultName"] == "kv-theirs"


def test_an_existing_workspace_is_used() -> None:
    """The logs go there and the rules look there."""
    workspace = "/subscriptions/s/resourceGroups/g/providers/Microsoft.OperationalInsights/workspaces/log-theirs"
    deployment = deployed(existingWorkspaceId=workspace)
    assert resources_of(deployment, "Microsoft.OperationalInsights/workspaces") == []
    component = resource_of(deployment, "Microsoft.Insights/components")
    assert component.body["properties"]["WorkspaceResourceId"] == workspace
    rules: list[Resource] = resources_of(deployment, "Microsoft.Insights/scheduledQueryRules")
    assert all(rule.body["properties"]["scopes"] == [workspace] for rule in rules)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("name: identity.properties.principalId", "the name of late is not known when the deployment starts"),
        ("name: guid(identity.properties.principalId)", "the name of late is not known when the deployment starts"),
        ("name: unheard()", "the function unheard is not read here"),
        ("name: nobody", "nothing is called nobody"),
    ],
)
def test_what_the_compiler_refuses_is_refused_here(tmp_path: Any, line: str, problem: str) -> None:
    """A name that is only known while deploying (BCP120) must not pass these tests."""
    path = tmp_path / "late.bicep"
    path.write_text(
        "resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {\n  name: 'id'\n}\n"
        f"resource late 'Microsoft.Storage/storageAccounts@2023-05-01' = {{\n  {line}\n}}\n",
        "utf-8",
    )
    with pytest.raises(BicepError, match=problem):
        assert File(path, {}).resources
