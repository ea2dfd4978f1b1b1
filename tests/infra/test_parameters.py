"""The parameters of infra/main.bicep are described and typed, and contradictory ones are refused before anything is created."""

import os
import re
from pathlib import Path
from typing import Any

import pytest

from shared.settings.accounts import MEMBERS
from tests.infra.tools.bicep import DEPLOYMENTS, INFRA, Bicep, BicepError

IDS = "tenantId: '0a1b2c3d-0000-4000-8000-00000000000{0}', clientId: '0a1b2c3d-0000-4000-8000-0000000000c1'"
USUAL = (DEPLOYMENTS / "usual.bicepparam").read_text("utf-8").partition("main.bicep'")[2]
AS_IT_COMES = (INFRA / "main.bicepparam").read_text("utf-8").partition("main.bicep'")[2]
REFUSED = {
    AS_IT_COMES: "all-zero ID|operatorObjectId|alertEmail",
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


@pytest.mark.parametrize(("lines", "expected"), REFUSED.items(), ids=range(len(REFUSED)))
def test_contradictory_parameters_are_refused(bicep: Bicep, lines: str, expected: str, tmp_path: Path) -> None:
    """Nothing is created. Exactly one sentence per problem says what is wrong and what to do."""
    others = USUAL
    for name in re.findall(r"^param (\w+)", lines, re.MULTILINE):
        others = re.sub(rf"(?ms)^param {name} = (\[.*?^\]|[^\n]*)\n?", "", others)
    path = tmp_path / "changed.bicepparam"
    main = Path(os.path.relpath(INFRA / "main.bicep", tmp_path)).as_posix()
    path.write_text(f"using '{main}'\n{others}\n{lines}\n", "utf-8")
    with pytest.raises(BicepError) as refused:
        bicep.snapshot(path)
    sentences = re.findall(r"[^.]+(?:\.\w[^.]*)*\.", str(refused.value))
    assert all(re.search(*pair) for pair in zip(expected.split("|"), sentences, strict=True)), sentences


def test_each_refusal_is_tested() -> None:
    """A problem that is added to main.bicep needs a case above; two cases try one sentence in two ways each."""
    tried = len("|".join(REFUSED.values()).split("|")) - 2
    assert (INFRA / "main.bicep").read_text("utf-8").count("      message: ") == tried


def test_the_parameters_are_described_and_typed(template: dict[str, Any]) -> None:
    """Every parameter has a description, secrets are marked, and an account has the members that the job knows."""
    for name, parameter in template["parameters"].items():
        assert len(parameter["metadata"]["description"]) > 10
        assert "defaultValue" in parameter or name == "partnerAccounts"
    assert template["parameters"]["alertWebhook"]["type"] == "securestring"
    given = template["resources"]["alerts"]["properties"]["parameters"]
    assert given["webhook"]["value"] == "[parameters('alertWebhook')]"  # a snapshot does not show secret parameters
    (account,) = (each for name, each in template["definitions"].items() if "partnerAccount" in name)
    assert set(account["properties"]) == set(MEMBERS.values())


def test_the_app_waits_for_the_network(template: dict[str, Any]) -> None:
    """It starts only when its endpoints exist."""
    assert "network" in template["resources"]["app"]["dependsOn"]
