"""infra/*.bicep: what three deployments create according to Microsoft's compiler; the snapshots are committed next to them.

A snapshot shows every property. The other tests cover what must agree with other files, or must never be open.
"""

import json
import re

import pytest

from shared.settings.account_array import ACCOUNTS_SETTING
from shared.settings.accounts import MEMBERS
from tests.infra.tools.bicep import DEPLOYMENTS, MARK, ROOT, Bicep, fingerprint
from tests.infra.tools.deployment import NAMES, OPERATOR, deployment, scope_of, short

EACH = pytest.mark.parametrize("name", NAMES)
USUAL, EVERYTHING, PRIVATE = (deployment(name) for name in NAMES)
FORBIDDEN = re.compile(
    "FUNCTIONS_(WORKER_RUNTIME|EXTENSION_VERSION)|WEBSITE_(RUN_FROM_PACKAGE|TIME_ZONE|CONTENT.*)|TZ|(SCM|ORYX|ENABLE_ORYX)_.*"
    "|AzureWebJobsStorage|APPINSIGHTS_INSTRUMENTATIONKEY"
)
ROLES = {
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
    "76199698-9eea-4c19-bc75-cec21354c6b6": "Storage Table Data Reader",
    "4633458b-17de-408a-b874-0445c86b69e6": "Key Vault Secrets User",
    "b86a8fe4-44ce-4948-aee5-eccb2c155cd7": "Key Vault Secrets Officer",
    "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
}
SCOPES = {"stbalhost": "host account", "stbaldata": "data account", "kv-": "vault", "appi-": "Application Insights"}
GUIDE = (ROOT / "docs/deploy.md").read_text("utf-8")
GIVEN = re.findall(r"^\| (function|operator) \| ([^|]+?) \| ([^|]+?) \| [^|]{10,} \|$", GUIDE, re.MULTILINE)
"""The least-privilege table that an auditor reads: who, role, scope."""


@EACH
def test_a_snapshot_matches_the_compilers_output(bicep: Bicep, name: str) -> None:
    """The tests cover what would be deployed; `python -m tests.infra.tools.bicep_lint --write` regenerates the snapshots."""
    committed = (DEPLOYMENTS / f"{name}.snapshot.json").read_text("utf-8")
    assert json.loads(bicep.snapshot(DEPLOYMENTS / f"{name}.bicepparam")) == json.loads(committed)


def test_the_snapshots_belong_to_these_files() -> None:
    """A changed file with old snapshots must not pass on a machine without the compiler."""
    assert MARK.read_text("utf-8").strip() == fingerprint()


@EACH
def test_resource_ids_are_unique(name: str) -> None:
    """Two declarations of the same resource overwrite each other."""
    ids = [resource["id"] for resource in deployment(name).resources]
    assert len(ids) == len(set(ids))


def test_another_suffix_is_another_deployment() -> None:
    """A second deployment in the same group needs different names, including for custom roles."""
    here, there = (
        {short(each) for each in deployment.resources if re.search("Accounts$|sites$|roleDefinitions", each["type"])}
        for deployment in (USUAL, EVERYTHING)
    )
    assert len(here) == 4
    assert not here & there


@pytest.mark.parametrize(
    ("name", "operator", "renewal"), [("usual", "User", 0), ("everything", "Group", 1), ("private", "", 0)]
)
def test_the_roles_are_those_of_the_guide_and_no_others(name: str, operator: str, renewal: int) -> None:
    """An extra role is a permission that nobody noticed. Each is granted once, on one resource, with its kind and reason."""
    resources = deployment(name)
    custom = {
        short(role): role["properties"]["roleName"].removeprefix("Partner balances: ").partition(" (")[0]
        for role in resources.all("Microsoft.Authorization/roleDefinitions")
    }
    found = []
    for given in resources.all("Microsoft.Authorization/roleAssignments"):
        properties = given["properties"]
        who = "operator" if properties["principalId"] == OPERATOR else "function"
        target = scope_of(given).rpartition("/")[2]
        where = next(words for start, words in SCOPES.items() if target.startswith(start))
        found.append((who, (ROLES | custom)[properties["roleDefinitionId"].rpartition("/")[2]], where))
        assert properties["principalType"] == (operator if who == "operator" else "ServicePrincipal")
        assert 20 < len(properties["description"]) < 200
    assert len(GIVEN) == 10
    assert sorted(found) == sorted(
        row for row in GIVEN if (operator or row[0] == "function") and (renewal or row[1] != "renew secrets")
    )


def test_the_custom_roles_can_only_append_and_renew() -> None:
    """Anything more could change or delete history, or read what the function only needs to set."""
    entities = "Microsoft.Storage/storageAccounts/tableServices/tables/entities"
    actions = {
        role["properties"]["roleName"].partition(" (")[0]: [
            (each["actions"], each["dataActions"]) for each in role["properties"]["permissions"]
        ]
        for role in EVERYTHING.all("Microsoft.Authorization/roleDefinitions")
    }
    assert actions == {
        "Partner balances: append rows": [([], [f"{entities}/read", f"{entities}/add/action"])],
        "Partner balances: renew secrets": [([], ["Microsoft.KeyVault/vaults/secrets/setSecret/action"])],
    }


@EACH
def test_the_settings_are_those_of_the_contract(name: str) -> None:
    """All settings that the job knows and the host's, but none that Flex Consumption refuses, and no secrets."""
    settings = deployment(name).settings
    example = json.loads((ROOT / "local.settings.example.json").read_text("utf-8"))["Values"]
    ours = {each for each in settings if not each.startswith(("AzureWebJobsStorage__", "APPLICATIONINSIGHTS_"))}
    assert ours == set(example) - {"FUNCTIONS_WORKER_RUNTIME", "AzureWebJobsStorage"}
    assert [each for each in settings if FORBIDDEN.fullmatch(each)] == []
    assert not re.search("AccountKey|SharedAccess|InstrumentationKey=|sig=|@Microsoft.KeyVault|list", str(settings))
    assert settings["AzureWebJobsStorage__clientId"] == settings["AZURE_CLIENT_ID"]
    assert settings["SNAPSHOT_TABLE_ENDPOINT"].startswith("[format('https://{0}.table.{1}', 'stbaldata")
    assert settings["SNAPSHOT_ARCHIVE_ENDPOINT"].startswith("[format('https://{0}.table.{1}', 'stbalhost")
    assert "stbalhost" in settings["AzureWebJobsStorage__blobServiceUri"]
    if name == "usual":
        assert settings["SNAPSHOT_SCHEDULE"] == example["SNAPSHOT_SCHEDULE"]


def test_one_account_is_plain_settings_and_several_are_one() -> None:
    """Both forms at once are an error in the job's settings."""
    assert USUAL.settings["PARTNER_ACCOUNT_NAME"] == "Contoso"
    assert USUAL.settings[ACCOUNTS_SETTING] == ""
    assert [each["name"] for each in json.loads(EVERYTHING.settings[ACCOUNTS_SETTING])] == ["Contoso", "Fabrikam"]
    assert {EVERYTHING.settings[name] for name in MEMBERS} == {""}


@EACH
def test_the_history_is_locked_and_watched(name: str) -> None:
    """Only Power BI has a key; the tables exist before the function; writes and deletions are logged, as is access to our own vault."""
    here = deployment(name)
    accounts = here.all("Microsoft.Storage/storageAccounts")
    keys = {short(each)[:9]: each["properties"]["allowSharedKeyAccess"] for each in accounts}
    assert keys == {"stbalhost": False, "stbaldata": name != "everything"}
    tables = [each["name"] for each in here.all("Microsoft.Storage/storageAccounts/tableServices/tables")]
    assert [(each[:9], each.rpartition("/")[2]) for each in tables] == [
        ("stbalhost", "partnerbalances"),
        ("stbaldata", "partnerbalances"),
        ("stbaldata", "partnerbalancesruns"),
    ]
    locks = here.all("Microsoft.Authorization/locks")
    assert {(scope_of(each).rpartition("/")[2][:9], each["properties"]["level"]) for each in locks} == {
        ("stbalhost", "CanNotDelete"),
        ("stbaldata", "CanNotDelete"),
    }
    audited = {
        scope_of(each).partition("/providers/")[2].split("/")[2][:9]: {
            log["category"] for log in each["properties"]["logs"]
        }
        for each in here.all("Microsoft.Insights/diagnosticSettings")
    }
    writes = {"StorageWrite", "StorageDelete"}
    vault = {} if name == "everything" else {"kv-balanc": {"AuditEvent"}}
    assert audited == {"stbalhost": writes, "stbaldata": writes} | vault


@EACH
def test_every_resource_that_takes_tags_has_them(name: str) -> None:
    """A policy that requires a tag refuses the first resource without it. Every type with a region takes tags, except for one."""
    expected = {} if name == "usual" else {"costCentre": "4711"}
    placed = [each for each in deployment(name).resources if "location" in each]
    tagged = [each for each in placed if not each["type"].endswith("/basicPublishingCredentialsPolicies")]
    assert len(tagged) > 10
    assert [each["id"] for each in tagged if each.get("tags", {}) != expected] == []


def test_existing_resources_are_used_where_they_are() -> None:
    """For a vault, workspace and action group in another subscription, only the roles on the vault are created there."""
    theirs = "/subscriptions/44444444-4444-4444-4444-444444444444/resourceGroups/rg-theirs/"
    there = {each["type"] for each in EVERYTHING.resources if theirs in each["id"][:200]}
    assert there == {"Microsoft.Authorization/roleDefinitions", "Microsoft.Authorization/roleAssignments"}
    for kind in ("KeyVault/vaults", "OperationalInsights/workspaces", "Insights/actionGroups"):
        assert EVERYTHING.all(f"Microsoft.{kind}") == []
    assert all(rule["scopes"][0].startswith(theirs) for rule in EVERYTHING.rules.values())
    github = EVERYTHING.only("Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials")
    assert github["properties"]["subject"] == "repo:contoso/balances:ref:refs/heads/main"


def test_a_private_endpoint_leads_to_each_service() -> None:
    """The vault, the host's blobs and both tables, each through its own kind of zone, in every cloud; nothing else is admitted."""
    for closed in (*PRIVATE.all("Microsoft.Storage/storageAccounts"), *PRIVATE.all("Microsoft.KeyVault/vaults")):
        assert closed["properties"]["networkAcls"]["defaultAction"] == "Deny"
    endpoints = PRIVATE.all("Microsoft.Network/privateEndpoints")
    connections = [each["properties"]["privateLinkServiceConnections"][0]["properties"] for each in endpoints]
    groups = PRIVATE.all("Microsoft.Network/privateEndpoints/privateDnsZoneGroups")
    zones = [each["properties"]["privateDnsZoneConfigs"][0]["properties"]["privateDnsZoneId"] for each in groups]
    assert [
        (
            each["privateLinkServiceId"].split("/")[-1][:9],
            *each["groupIds"],
            zone.split("privatelink.")[1].split(".")[0],
        )
        for each, zone in zip(connections, zones, strict=True)
    ] == [
        ("kv-balanc", "vault", "vaultcore"),
        ("stbalhost", "blob", "blob"),
        ("stbalhost", "table", "table"),
        ("stbaldata", "table", "table"),
    ]
    vaults = (
        r"'AzureCloud', '{0}azure.net', 'AzureUSGovernment', '{0}usgovcloudapi.net', 'AzureChinaCloud', '{0}azure.cn'"
    )
    assert vaults.format("privatelink.vaultcore.") in zones[0]
