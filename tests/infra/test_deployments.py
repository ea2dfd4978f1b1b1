"""infra/*.bicep, by what Microsoft's compiler says that three deployments create; the snapshots are committed beside them."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from shared.settings.accounts import MANY, MEMBERS
from tests.infra.tools import bicep
from tests.infra.tools.bicep import DEPLOYMENTS, INFRA, MARK, ROOT
from tests.infra.tools.deployment import NAMES, OPERATOR, deployment, scope_of, short

COMPILER = pytest.mark.skipif(bicep.compiler() is None, reason=bicep.MISSING)
EACH = pytest.mark.parametrize("name", NAMES)
USUAL, EVERYTHING, PRIVATE = (deployment(name) for name in NAMES)
PLATFORM = {
    "AzureWebJobsStorage__blobServiceUri",
    "AzureWebJobsStorage__credential",
    "AzureWebJobsStorage__clientId",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
}
FORBIDDEN = re.compile(
    "FUNCTIONS_(WORKER_RUNTIME|EXTENSION_VERSION)|WEBSITE_(RUN_FROM_PACKAGE|TIME_ZONE|CONTENT.*)|TZ|(SCM|ORYX|ENABLE_ORYX)_.*"
    "|AzureWebJobsStorage|APPINSIGHTS_INSTRUMENTATIONKEY"
)
TAGGED = re.compile(
    r"Microsoft\.(Storage/storageAccounts|KeyVault/vaults|Web/(sites|serverfarms)|OperationalInsights/workspaces"
    r"|ManagedIdentity/userAssignedIdentities|Insights/(components|actionGroups|scheduledQueryRules)"
    r"|Network/(virtualNetworks|privateEndpoints|privateDnsZones(/virtualNetworkLinks)?))"
)
ROLES = {
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
    "76199698-9eea-4c19-bc75-cec21354c6b6": "Storage Table Data Reader",
    "4633458b-17de-408a-b874-0445c86b69e6": "Key Vault Secrets User",
    "b86a8fe4-44ce-4948-aee5-eccb2c155cd7": "Key Vault Secrets Officer",
    "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
}
SCOPES = {"stbalhost": "host account", "stbaldata": "data account", "kv-": "vault", "appi-": "Application Insights"}
FUNCTION = {
    ("function", "Storage Blob Data Owner", "host account"),
    ("function", "append rows", "data account"),
    ("function", "append rows", "host account"),
    ("function", "Key Vault Secrets User", "vault"),
    ("function", "Monitoring Metrics Publisher", "Application Insights"),
}
PERSON = {
    ("operator", "Key Vault Secrets Officer", "vault"),
    ("operator", "Storage Table Data Reader", "data account"),
    ("operator", "append rows", "data account"),
    ("operator", "append rows", "host account"),
}
RENEWAL = {("function", "renew secrets", "vault")}


@COMPILER
@EACH
def test_a_snapshot_is_what_the_compiler_gives(name: str) -> None:
    """What is tested here is what would be deployed."""
    result = bicep.snapshot(DEPLOYMENTS / f"{name}.bicepparam", "validate")
    assert (result.returncode, result.stderr) == (0, "")


def test_the_snapshots_belong_to_these_files() -> None:
    """Without the compiler, a changed file with old snapshots must not pass: run the module bicep_lint with --write."""
    assert MARK.read_text("utf-8").strip() == bicep.fingerprint()


IDS = "tenantId: '0a1b2c3d-0000-4000-8000-00000000000{0}', clientId: '0a1b2c3d-0000-4000-8000-0000000000c1'"
REFUSED = {
    (INFRA / "main.bicepparam")
    .read_text("utf-8")
    .partition("main.bicep'")[2]: "still holds the id|operatorObjectId|alertEmail",
    """
param alertEmail = ''
param operatorObjectId = ''
param operatorType = 'Group'""": "Nobody|operatorType",
    """
param existingActionGroupId = 'their-group'
param timeZone = '<zone>'""": "placeholder|set together|existingActionGroupId must be",
    """
param alertEmail = ' '
param existingVaultId = 'vault'""": "white space|existingVaultId must be",
    f"""
param partnerAccounts = [
  {{ {IDS.format("a")}, credential: 'federated', secretName: 'app', auth: 'app_user', refreshTokenName: 'App' }}
  {{ {IDS.format("a")}, auth: 'app_user', refreshTokenName: ' ' }}
  {{ {IDS.format("b")}, secretName: ' ', balances: 'summaries' }}
]""": "no secretName|has no effect|no refreshTokenName|need auth app_user|also a secretName|twice",
    f"""
param partnerAccounts = [{{ {IDS.format("a")}, secretName: 's', name: '{"x" * 120_000}' }}]
param schedule = '17 * * * *  '""": "120[0-9]{3} characters|5 fields",
    """
param schedule = '0 17 */6 * * *'
param allowedAddresses = ['203.0.113.7']""": "silentHours|allowedAddresses",
    """
param privateNetworking = true
param addressPrefix = '10.0.0.0/26'
param allowedAddresses = ['203.0.113.7/32']
param existingVaultId = '/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v'
""": "cannot close a vault|too small|one or two addresses",
}


@COMPILER
@pytest.mark.parametrize(("lines", "expected"), REFUSED.items(), ids=range(len(REFUSED)))
def test_contradicting_parameters_are_refused(lines: str, expected: str, tmp_path: Path) -> None:
    """Nothing is created then; one sentence for each problem, and no sentence more, says what is wrong and what to do."""
    said = refusal(tmp_path, lines).partition("is not valid: ")[2].partition(" Please see https")[0]
    sentences = re.findall(r"[^.]+(?:\.\w[^.]*)*\.", said)
    assert all(re.search(*pair) for pair in zip(expected.split("|"), sentences, strict=True)), said


def test_each_refusal_is_tried() -> None:
    """A problem that is added to main.bicep gets its case above; two of them try one sentence each in two ways."""
    assert (INFRA / "main.bicep").read_text("utf-8").count("      say: ") == len(
        "|".join(REFUSED.values()).split("|")
    ) - 2


def refusal(folder: Path, lines: str) -> str:
    """Return what the compiler says of the usual deployment with other parameters."""
    shutil.copytree(INFRA, folder / "infra")
    usual = (DEPLOYMENTS / "usual.bicepparam").read_text("utf-8").replace("../../../infra/", "infra/")
    for name in re.findall(r"^param (\w+)", lines, re.MULTILINE):
        usual = re.sub(rf"(?ms)^param {name} = (\[.*?^\]|[^\n]*)\n?", "", usual)
    path = folder / "changed.bicepparam"
    path.write_text(f"{usual}\n{lines}\n", "utf-8")
    result = bicep.snapshot(path, "overwrite")
    return result.stdout + result.stderr


@EACH
def test_no_two_resources_have_one_id(name: str) -> None:
    """Two declarations of one resource overwrite each other."""
    ids = [resource["id"] for resource in deployment(name).resources]
    assert len(ids) == len(set(ids))


def test_another_suffix_is_another_deployment() -> None:
    """A second deployment in one group needs other names, custom roles included."""
    here, there = (
        {short(each) for each in deployment.resources if re.search("Accounts$|sites$|roleDefinitions", each["type"])}
        for deployment in (USUAL, EVERYTHING)
    )
    assert len(here) == 4
    assert not here & there


@pytest.mark.parametrize(
    ("name", "expected"),
    [("usual", FUNCTION | PERSON), ("everything", FUNCTION | PERSON | RENEWAL), ("private", FUNCTION)],
)
def test_the_roles_are_these_and_no_others(name: str, expected: set[tuple[str, str, str]]) -> None:
    """A role more is a right that nobody noticed; each is given once, on one resource, with its kind and reason."""
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
        kind = {"usual": "User", "everything": "Group"}.get(name) if who == "operator" else "ServicePrincipal"
        assert properties["principalType"] == kind
        assert 20 < len(properties["description"]) < 200
    assert set(found) == expected
    assert len(found) == len(expected)


def test_the_guide_lists_the_same_roles() -> None:
    """The least-privilege table is what an auditor reads."""
    guide = (ROOT / "docs/deploy.md").read_text("utf-8")
    rows = re.findall(r"^\| (function|operator) \| ([^|]+?) \| ([^|]+?) \| [^|]{10,} \|$", guide, re.MULTILINE)
    assert sorted(rows) == sorted(FUNCTION | PERSON | RENEWAL)


def test_the_custom_roles_can_only_append_and_renew() -> None:
    """Anything more could change or delete history, or read what the function only has to set."""
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
    """Each setting that the job knows, the host's, none that Flex Consumption refuses, and nothing secret."""
    settings = deployment(name).settings
    example = json.loads((ROOT / "local.settings.example.json").read_text("utf-8"))["Values"]
    assert set(settings) - PLATFORM == set(example) - {"FUNCTIONS_WORKER_RUNTIME", "AzureWebJobsStorage"}
    assert [each for each in settings if FORBIDDEN.fullmatch(each)] == []
    assert not re.search("AccountKey|SharedAccess|InstrumentationKey=|sig=|@Microsoft.KeyVault|list", str(settings))
    assert settings["AzureWebJobsStorage__clientId"] == settings["AZURE_CLIENT_ID"]


def test_one_account_is_plain_settings_and_several_are_one() -> None:
    """Both forms at once are an error of the job's settings."""
    assert USUAL.settings["PARTNER_ACCOUNT_NAME"] == "Contoso"
    assert USUAL.settings[MANY] == ""
    assert [each["name"] for each in json.loads(EVERYTHING.settings[MANY])] == ["Contoso", "Fabrikam"]
    assert {EVERYTHING.settings[name] for name in MEMBERS} == {""}


def test_the_schedule_is_that_of_the_example_file() -> None:
    """The deployment sets the one that the docs and the tests speak of."""
    example = json.loads((ROOT / "local.settings.example.json").read_text("utf-8"))["Values"]
    assert USUAL.settings["SNAPSHOT_SCHEDULE"] == example["SNAPSHOT_SCHEDULE"]


@EACH
def test_the_storage_accounts(name: str) -> None:
    """Keys only for Power BI; the tables and the ledger there before the function; locks; who wrote is kept."""
    here = deployment(name)
    accounts = {short(each)[:9]: each["properties"] for each in here.all("Microsoft.Storage/storageAccounts")}
    keys = {each: properties["allowSharedKeyAccess"] for each, properties in accounts.items()}
    assert keys == {"stbalhost": False, "stbaldata": name != "everything"}
    for properties in accounts.values():
        assert not properties["allowBlobPublicAccess"]
        assert not properties["allowCrossTenantReplication"]
        assert properties["minimumTlsVersion"] == "TLS1_2"
        assert properties["supportsHttpsTrafficOnly"] is True
    tables = [each["name"] for each in here.all("Microsoft.Storage/storageAccounts/tableServices/tables")]
    assert [(each[:9], each.rpartition("/")[2]) for each in tables] == [
        ("stbalhost", "partnerbalances"),
        ("stbaldata", "partnerbalances"),
        ("stbaldata", "partnerbalancesruns"),
    ]
    locks = here.all("Microsoft.Authorization/locks")
    assert {scope_of(each).rpartition("/")[2][:9] for each in locks} == set(accounts)
    assert {each["properties"]["level"] for each in locks} == {"CanNotDelete"}
    audited = {
        scope_of(each).partition("/providers/")[2].split("/")[2][:9]: {
            log["category"] for log in each["properties"]["logs"]
        }
        for each in here.all("Microsoft.Insights/diagnosticSettings")
    }
    tables_audited = {account: {"StorageWrite", "StorageDelete"} for account in accounts}
    assert audited == tables_audited | ({} if name == "everything" else {"kv-balanc": {"AuditEvent"}})


@EACH
def test_every_resource_that_takes_tags_has_them(name: str) -> None:
    """A policy that demands a tag refuses the first resource without it."""
    expected = {} if name == "usual" else {"costCentre": "4711"}
    tagged = [each for each in deployment(name).resources if TAGGED.fullmatch(each["type"])]
    assert len(tagged) > 10
    assert [each["id"] for each in tagged if each.get("tags", {}) != expected] == []


def test_the_function_app() -> None:
    """Flex Consumption with the tested Python, one identity, no publishing by password."""
    site = USUAL.only("Microsoft.Web/sites")
    config = site["properties"]["functionAppConfig"]
    assert USUAL.only("Microsoft.Web/serverfarms")["sku"] == {"name": "FC1", "tier": "FlexConsumption"}
    assert config["runtime"] == {"name": "python", "version": "3.13"}
    assert config["deployment"]["storage"]["authentication"]["type"] == "UserAssignedIdentity"
    assert list(site["identity"]["userAssignedIdentities"]) == [
        USUAL.only("Microsoft.ManagedIdentity/userAssignedIdentities")["id"]
    ]
    assert site["properties"]["httpsOnly"] is True
    policies = USUAL.all("Microsoft.Web/sites/basicPublishingCredentialsPolicies")
    assert {short(each): (each["location"], each["properties"]["allow"]) for each in policies} == {
        "ftp": ("westeurope", False),
        "scm": ("westeurope", False),
    }


def test_existing_resources_are_used_where_they_are() -> None:
    """Another subscription's vault, workspace and action group: nothing is created there but the roles on the vault."""
    theirs = "/subscriptions/44444444-4444-4444-4444-444444444444/resourceGroups/rg-theirs/"
    there = {each["type"] for each in EVERYTHING.resources if theirs in each["id"][:200]}
    assert there == {"Microsoft.Authorization/roleDefinitions", "Microsoft.Authorization/roleAssignments"}
    for kind in ("KeyVault/vaults", "OperationalInsights/workspaces", "Insights/actionGroups"):
        assert EVERYTHING.all(f"Microsoft.{kind}") == []
    assert all(rule["scopes"][0].startswith(theirs) for rule in EVERYTHING.rules.values())
    github = EVERYTHING.only("Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials")
    assert github["properties"]["subject"] == "repo:contoso/balances:ref:refs/heads/main"


def test_the_vault_and_the_logs_are_protected() -> None:
    """Roles, no purging, no writing with a key; no secret passes through the template."""
    vault = USUAL.only("Microsoft.KeyVault/vaults")["properties"]
    assert vault["enableRbacAuthorization"] is vault["enablePurgeProtection"] is vault["enableSoftDelete"] is True
    assert not [each for each in USUAL.resources if each["type"].startswith("Microsoft.KeyVault/vaults/")]
    workspace = USUAL.only("Microsoft.OperationalInsights/workspaces")["properties"]
    assert workspace["workspaceCapping"] == {"dailyQuotaGb": 1}
    assert workspace["features"] == {"disableLocalAuth": True}
    assert USUAL.only("Microsoft.Insights/components")["properties"]["DisableLocalAuth"] is True


def test_private_networking_closes_vault_and_accounts() -> None:
    """Default Deny with the given address; an endpoint for each service; the app goes through its own delegated subnet."""
    closed = [PRIVATE.only("Microsoft.KeyVault/vaults"), *PRIVATE.all("Microsoft.Storage/storageAccounts")]
    rules: list[Any] = [each["properties"]["networkAcls"] for each in closed]
    assert {each["defaultAction"] for each in rules} == {"Deny"}
    assert {each["ipRules"][0]["value"] for each in rules} == {"203.0.113.7"}
    endpoints = PRIVATE.all("Microsoft.Network/privateEndpoints")
    connections = [each["properties"]["privateLinkServiceConnections"][0]["properties"] for each in endpoints]
    assert [(each["privateLinkServiceId"].split("/")[-1][:9], *each["groupIds"]) for each in connections] == [
        ("kv-balanc", "vault"),
        ("stbalhost", "blob"),
        ("stbalhost", "table"),
        ("stbaldata", "table"),
    ]
    network = PRIVATE.only("Microsoft.Network/virtualNetworks")
    function, _ = network["properties"]["subnets"]
    assert (function["name"], function["properties"]["addressPrefix"]) == ("function", "10.20.30.0/26")
    assert function["properties"]["delegations"][0]["properties"]["serviceName"] == "Microsoft.App/environments"
    site = PRIVATE.only("Microsoft.Web/sites")["properties"]
    assert site["virtualNetworkSubnetId"] == f"{network['id']}/subnets/function"
    zones = str([each["name"] for each in PRIVATE.all("Microsoft.Network/privateDnsZones")])
    assert all(zone in zones for zone in ("vaultcore.azure.net", "vaultcore.usgovcloudapi.net", "vaultcore.azure.cn"))
    assert len(PRIVATE.all("Microsoft.Network/privateDnsZones/virtualNetworkLinks")) == 3
    assert not any("networkAcls" in each["properties"] for each in USUAL.all("Microsoft.Storage/storageAccounts"))
    assert USUAL.only("Microsoft.Web/sites")["properties"].get("virtualNetworkSubnetId") is None


@COMPILER
def test_the_app_waits_for_the_network_and_the_parameters_are_described() -> None:
    """The app starts only when its endpoints are there; every parameter says what it is, and secrets are marked."""
    built = json.loads(bicep.bicep("build", INFRA / "main.bicep", "--stdout").stdout)
    assert "network" in built["resources"]["app"]["dependsOn"]
    for name, parameter in built["parameters"].items():
        assert len(parameter["metadata"]["description"]) > 10
        assert "defaultValue" in parameter or name == "partnerAccounts"
    assert built["parameters"]["alertWebhook"]["type"] == "securestring"
    assert set(
        built["definitions"][next(name for name in built["definitions"] if "partnerAccount" in name)]["properties"]
    ) == set(MEMBERS.values())
