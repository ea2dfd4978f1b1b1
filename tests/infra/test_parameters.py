"""The parameters of infra/main.bicep: described, typed, and refused before anything is created where they contradict each other."""

import json
import re
import shutil
from pathlib import Path

import pytest

from shared.settings.account_array import MEMBERS
from tests.infra.tools import bicep
from tests.infra.tools.bicep import DEPLOYMENTS, INFRA

pytestmark = pytest.mark.skipif(bicep.compiler() is None, reason=bicep.MISSING)
IDS = "tenantId: '0a1b2c3d-0000-4000-8000-00000000000{0}', clientId: '0a1b2c3d-0000-4000-8000-0000000000c1'"
AS_IT_COMES = (INFRA / "main.bicepparam").read_text("utf-8").partition("main.bicep'")[2]
REFUSED = {
    AS_IT_COMES: "still holds the id|operatorObjectId|alertEmail",
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


def test_the_parameters_are_described_and_typed() -> None:
    """Every parameter says what it is; secrets are marked; an account has the members that the job knows."""
    built = json.loads(bicep.bicep("build", INFRA / "main.bicep", "--stdout").stdout)
    for name, parameter in built["parameters"].items():
        assert len(parameter["metadata"]["description"]) > 10
        assert "defaultValue" in parameter or name == "partnerAccounts"
    assert built["parameters"]["alertWebhook"]["type"] == "securestring"
    given = built["resources"]["alerts"]["properties"]["parameters"]
    assert given["webhook"]["value"] == "[parameters('alertWebhook')]"  # a snapshot shows no secret parameter
    (account,) = (each for name, each in built["definitions"].items() if "partnerAccount" in name)
    assert set(account["properties"]) == set(MEMBERS.values())
