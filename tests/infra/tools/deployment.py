"""What the three deployments next to this folder create, read from the compiler's committed snapshots."""

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.infra.tools.bicep import DEPLOYMENTS

OPERATOR = "33333333-3333-3333-3333-333333333333"
NAMES = ("usual", "everything", "private")


@dataclass(frozen=True)
class Deployment:
    """A snapshot: its resources as sent to Azure, in order, and its outputs."""

    resources: tuple[dict[str, Any], ...]
    outputs: dict[str, Any]

    def all(self, kind: str) -> list[dict[str, Any]]:
        """Return the resources of a type."""
        return [resource for resource in self.resources if resource["type"] == kind]

    def only(self, kind: str) -> dict[str, Any]:
        """Return the only resource of a type."""
        (found,) = self.all(kind)
        return found

    @property
    def settings(self) -> dict[str, str]:
        """Return the function's app settings."""
        properties: dict[str, str] = self.only("Microsoft.Web/sites/config")["properties"]
        return properties

    @property
    def rules(self) -> dict[str, Any]:
        """Return the properties of each alert rule by its short name."""
        found = self.all("Microsoft.Insights/scheduledQueryRules")
        return {short(rule).removeprefix("alert-").rpartition("-")[0]: rule["properties"] for rule in found}


@cache
def deployment(name: str) -> Deployment:
    """Return a deployment by the name of its parameter file."""
    snapshot = json.loads((DEPLOYMENTS / f"{name}.snapshot.json").read_text("utf-8"))
    assert snapshot["diagnostics"] == []
    return Deployment(tuple(snapshot["predictedResources"]), snapshot["outputs"])


def short(resource: dict[str, Any]) -> str:
    """Return the last part of a resource's name."""
    return str(resource["name"]).rpartition("/")[2]


def scope_of(resource: dict[str, Any]) -> str:
    """Return the ID of the resource that a role, lock or diagnostic setting applies to."""
    inner = re.match(r"\[extensionResourceId\('([^']+)'", resource["id"])
    return inner[1] if inner else str(resource["id"]).rpartition("/providers/")[0]
