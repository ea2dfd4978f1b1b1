"""infra/function.bicep: the settings are those of the contract, the platform is the tested one, nothing secret is in it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from shared.settings.accounts import MANY, MEMBERS
from shared.settings.read import NAMES, read_settings
from tests.infra.tools.deployment import ACCOUNT, EVERYTHING, deployed, resource_of, resources_of, settings_of

ROOT = Path(__file__).resolve().parents[2]
DEPLOYMENT = deployed()
SITE = resource_of(DEPLOYMENT, "Microsoft.Web/sites").body
SECOND = ACCOUNT | {"name": "Fabrikam", "tenantId": "0a1b2c3d-0000-4000-8000-00000000000b", "creditLimit": "85000 USD"}
PLATFORM = {
    "AzureWebJobsStorage__accountName",
    "AzureWebJobsStorage__credential",
    "AzureWebJobsStorage__clientId",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
}
"""Settings of the host, which the job does not read."""

FORBIDDEN = re.compile(
    "FUNCTIONS_(WORKER_RUNTIME|EXTENSION_VERSION)|WEBSITE_(RUN_FROM_PACKAGE|TIME_ZONE|CONTENT.*)|TZ|(SCM|ORYX|ENABLE_ORYX)_.*"
    "|AzureWebJobsStorage|APPINSIGHTS_INSTRUMENTATIONKEY"
)
"""Refused or harmful on Flex Consumption, or a key."""


def test_the_settings_are_those_of_the_contract() -> None:
    """Each setting that the job knows is set, and no other beside the host's."""
    assert set(settings_of(DEPLOYMENT)) - PLATFORM == set(NAMES)
    assert set(settings_of(DEPLOYMENT)) >= PLATFORM


def test_a_single_account_is_in_the_plain_settings() -> None:
    """The portal then shows and changes them one by one; both forms at once are an error of the job's settings."""
    account = {member: f"a {member}" for member in MEMBERS.values()}
    settings = settings_of(deployed(partnerAccounts=[account]))
    assert {member: settings[name] for name, member in MEMBERS.items()} == account
    assert settings[MANY] == ""


def test_several_accounts_are_one_setting() -> None:
    """Each with just the members that were given."""
    accounts = [ACCOUNT, SECOND]
    settings = settings_of(deployed(partnerAccounts=accounts))
    assert json.loads(settings[MANY]) == accounts
    assert {settings[name] for name in MEMBERS} == {""}


@pytest.mark.parametrize("accounts", [[ACCOUNT], [ACCOUNT, SECOND]], ids=["one", "two"])
def test_the_job_accepts_the_settings(accounts: list[dict[str, str]]) -> None:
    """What Bicep writes is what the job reads."""
    identity = {"AZURE_CLIENT_ID": "0a1b2c3d-0000-4000-8000-0000000000d1"}  # Azure's answer
    settings = read_settings(settings_of(deployed(partnerAccounts=accounts)) | identity)
    assert [account.name for account in settings.accounts] == [account["name"] for account in accounts]
    assert settings.archive_endpoint is not None
    assert settings.archive_endpoint != settings.table_endpoint


def test_without_an_archive_there_is_no_endpoint() -> None:
    """An empty setting counts as absent."""
    assert settings_of(deployed(archive=False))["SNAPSHOT_ARCHIVE_ENDPOINT"] == ""


@pytest.mark.parametrize("parameters", [{}, EVERYTHING], ids=["usual", "everything"])
def test_no_forbidden_setting_and_nothing_secret(parameters: dict[str, Any]) -> None:
    """A setting that Flex refuses stops the app; a key or a connection string with one has no place here."""
    settings = settings_of(deployed(**parameters))
    assert [name for name in settings if FORBIDDEN.fullmatch(name)] == []
    assert not re.search("AccountKey|SharedAccess|InstrumentationKey=|sig=|@Microsoft.KeyVault", json.dumps(settings))


def test_no_file_asks_for_a_key() -> None:
    """The functions that read keys from Azure appear nowhere."""
    sources = [path.read_text("utf-8") for path in (ROOT / "infra").glob("*.bicep")]
    assert sources
    assert not any(re.search(r"\blist(Keys|Secrets|AccountSas|ServiceSas)?\(|\bgetSecret\(", text) for text in sources)


def test_the_host_signs_in_as_the_one_identity() -> None:
    """Two identities gave random refusals (azure-functions-host#11782); the same one serves host, package, logs and job."""
    settings = settings_of(DEPLOYMENT)
    identity = resource_of(DEPLOYMENT, "Microsoft.ManagedIdentity/userAssignedIdentities")
    client_id = settings["AZURE_CLIENT_ID"]
    assert SITE["identity"] == {"type": "UserAssigned", "userAssignedIdentities": {identity.id: {}}}
    assert "properties.clientId" in client_id
    assert settings["AzureWebJobsStorage__clientId"] == client_id
    assert settings["AzureWebJobsStorage__credential"] == "managedidentity"
    assert settings["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"] == f"ClientId={client_id};Authorization=AAD"
    package = SITE["properties"]["functionAppConfig"]["deployment"]["storage"]
    assert package["authentication"] == {
        "type": "UserAssignedIdentity",
        "userAssignedIdentityResourceId": identity.id,
    }


def test_the_package_lies_in_the_account_of_the_host() -> None:
    """The container that the app reads from is the one that is created, in the account that the identity owns blobs of."""
    container = resource_of(DEPLOYMENT, "Microsoft.Storage/storageAccounts/blobServices/containers")
    host = settings_of(DEPLOYMENT)["AzureWebJobsStorage__accountName"]
    package = SITE["properties"]["functionAppConfig"]["deployment"]["storage"]
    assert f"/storageAccounts/{host}/" in container.id
    assert (package["type"], package["value"]) == (
        "blobContainer",
        f"https://{host}.blob.core.windows.net/{container.name}",
    )


def test_the_platform_is_flex_consumption_with_the_tested_python() -> None:
    """The plan, the runtime and the sizes that Flex offers."""
    plan = resource_of(DEPLOYMENT, "Microsoft.Web/serverfarms").body
    config = SITE["properties"]["functionAppConfig"]
    assert (plan["sku"], plan["properties"]) == ({"name": "FC1", "tier": "FlexConsumption"}, {"reserved": True})
    assert SITE["kind"] == "functionapp,linux"
    assert config["runtime"] == {"name": "python", "version": "3.13"}
    assert config["scaleAndConcurrency"]["instanceMemoryMB"] in (512, 2048, 4096)
    assert 40 <= config["scaleAndConcurrency"]["maximumInstanceCount"] <= 1000
    assert SITE["properties"]["httpsOnly"] is True


def test_publishing_by_password_is_off() -> None:
    """Publishing signs in with Entra ID; both passwords of a new site are refused."""
    policies = resources_of(DEPLOYMENT, "Microsoft.Web/sites/basicPublishingCredentialsPolicies")
    assert {policy.name: policy.body["properties"]["allow"] for policy in policies} == {"ftp": False, "scm": False}


def test_the_function_asks_for_the_settings_that_exist() -> None:
    """function.json names the schedule's setting."""
    binding = json.loads((ROOT / "BalanceSnapshot" / "function.json").read_text("utf-8"))["bindings"][0]
    assert binding["schedule"].strip("%") in settings_of(DEPLOYMENT)
