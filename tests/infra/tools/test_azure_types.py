"""Every resource declares only what Azure's published types know, with values that they allow."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.infra.tools.azure_types import AzureTypes
from tests.infra.tools.bicep import Resource
from tests.infra.tools.deployment import EVERYTHING, INFRA, deployed, resource_of

Change = Callable[[dict[str, Any]], object]


def _path(name: str) -> Path:
    path = Path(os.environ.get(name, ""))
    if not os.environ.get(name) or not path.exists():
        pytest.skip(f"the published types are not at hand: {name} names nothing that is there")
    return path


@pytest.fixture(scope="module")
def types() -> AzureTypes:
    """Return the published types."""
    return AzureTypes(_path("AZURE_TYPES_DIR"))


def test_the_files_pass_the_check_of_names() -> None:
    """The check reads the files by another parser than these tests do, and knows the properties under conditions and loops."""
    check, folder = _path("BICEP_TYPES_CHECK"), _path("AZURE_TYPES_DIR")
    done = subprocess.run(  # noqa: S603 - the arguments are this project's
        [sys.executable, check, "--types", folder, INFRA], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert ", 0 problems" in done.stdout


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        EVERYTHING,
        {"archive": False, "operatorObjectId": ""},
        {"existingWorkspaceId": "/subscriptions/s/w", "existingActionGroupId": "/subscriptions/s/g"},
    ],
    ids=["usual", "everything", "least", "existing"],
)
def test_each_resource_fits_its_type(types: AzureTypes, parameters: dict[str, Any]) -> None:
    """Names, required properties, lengths, patterns and allowed values, of the resources as they would be sent."""
    resources = deployed(**parameters).resources
    assert len(resources) > 20
    assert [problem for resource in resources for problem in types.problems(resource)] == []


@pytest.mark.parametrize(
    ("kind", "change", "problem"),
    [
        ("Microsoft.KeyVault/vaults", lambda p: p.update(enableRbac=True), "enableRbac: unknown"),
        ("Microsoft.KeyVault/vaults", lambda p: p.pop("tenantId"), "tenantId: missing"),
        ("Microsoft.KeyVault/vaults", lambda p: p.update(tenantId="t"), "tenantId: 't' is not between 36 and 36"),
        ("Microsoft.KeyVault/vaults", lambda p: p.update(hsmPoolResourceId="x"), "hsmPoolResourceId: read-only"),
        (
            "Microsoft.KeyVault/vaults",
            lambda p: p["sku"].update(name="gold"),
            "sku.name: 'gold' is none of the allowed",
        ),
        ("Microsoft.Web/sites/config", lambda p: p.update(KEY_VAULT_URL=1), "KEY_VAULT_URL: 1 is no StringType"),
    ],
)
def test_a_wrong_property_is_found(types: AzureTypes, kind: str, change: Change, problem: str) -> None:
    """The check itself can fail."""
    resource: Resource = resource_of(deployed(), kind)
    properties = {**resource.body["properties"]}
    properties = {name: dict(value) if isinstance(value, dict) else value for name, value in properties.items()}
    change(properties)
    found = types.problems(replace(resource, body={**resource.body, "properties": properties}))
    assert any(problem in each for each in found), found
