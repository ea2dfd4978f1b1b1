"""Who may do what: the whole list of role assignments, each as narrow as its use, and the same list in docs/deploy.md."""

import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.infra.tools.bicep import File
from tests.infra.tools.deployment import EVERYTHING, OPERATOR, deployed, resources_of

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "deploy.md"
BUILT_IN = {
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
    "76199698-9eea-4c19-bc75-cec21354c6b6": "Storage Table Data Reader",
    "4633458b-17de-408a-b874-0445c86b69e6": "Key Vault Secrets User",
    "b86a8fe4-44ce-4948-aee5-eccb2c155cd7": "Key Vault Secrets Officer",
    "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
}
"""https://learn.microsoft.com/azure/role-based-access-control/built-in-roles"""

SCOPES = {
    "stbalhost": "host account",
    "stbaldata": "data account",
    "kv-balance": "vault",
    "appi-balances": "Application Insights",
}


class Grant(NamedTuple):
    """Who has which role where."""

    who: str
    role: str
    scope: str


FUNCTION = {
    Grant("function", "Storage Blob Data Owner", "host account"),
    Grant("function", "append rows", "data account"),
    Grant("function", "append rows", "host account"),
    Grant("function", "Key Vault Secrets User", "vault"),
    Grant("function", "Monitoring Metrics Publisher", "Application Insights"),
}
RENEWAL = {Grant("function", "renew secrets", "vault")}
PERSON = {
    Grant("operator", "Key Vault Secrets Officer", "vault"),
    Grant("operator", "Storage Table Data Reader", "data account"),
    Grant("operator", "append rows", "data account"),
    Grant("operator", "append rows", "host account"),
}


def assignments(deployment: File) -> list[Any]:
    """Return the role assignments of a deployment."""
    return resources_of(deployment, "Microsoft.Authorization/roleAssignments")


def grants(deployment: File) -> list[Grant]:
    """Return the role assignments in plain words."""
    custom = {
        role.name: role.body["properties"]["roleName"].removeprefix("Partner balances: ").partition(" (")[0]
        for role in resources_of(deployment, "Microsoft.Authorization/roleDefinitions")
    }
    found = []
    for assignment in assignments(deployment):
        properties = assignment.body["properties"]
        guid = properties["roleDefinitionId"].rpartition("/")[2]
        who = "operator" if properties["principalId"] == OPERATOR else "function"
        where = next(words for start, words in SCOPES.items() if assignment.scope.rpartition("/")[2].startswith(start))
        found.append(Grant(who, (BUILT_IN | custom)[guid], where))
    return found


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, FUNCTION | PERSON),
        (EVERYTHING, FUNCTION | RENEWAL | PERSON),
        ({"operatorObjectId": ""}, FUNCTION),
        ({"archive": False}, {grant for grant in FUNCTION | PERSON if grant[1:] != ("append rows", "host account")}),
    ],
    ids=["usual", "app_user", "no operator", "no archive"],
)
def test_the_roles_are_these_and_no_others(parameters: dict[str, Any], expected: set[Grant]) -> None:
    """A role more is a right that nobody noticed; each is given once."""
    found = grants(deployed(**parameters))
    assert set(found) == expected
    assert len(found) == len(expected)


def test_each_assignment_stands_on_one_resource_with_its_kind_and_reason() -> None:
    """Without principalType a new identity may not be found yet; a role on the whole group would reach everything in it."""
    for assignment in assignments(deployed(**EVERYTHING)):
        properties = assignment.body["properties"]
        assert assignment.scope.count("/providers/") == 1
        assert properties["principalType"] == ("User" if properties["principalId"] == OPERATOR else "ServicePrincipal")
        assert 20 < len(properties["description"]) < 200


def test_the_operator_may_be_a_group() -> None:
    """A team looks after it, or a pipeline."""
    kinds = {
        assignment.body["properties"]["principalType"]
        for assignment in assignments(deployed(operatorType="Group"))
        if assignment.body["properties"]["principalId"] == OPERATOR
    }
    assert kinds == {"Group"}


def test_the_guide_lists_the_same_roles() -> None:
    """The least-privilege table is what an auditor reads; it must be what is deployed."""
    rows = re.findall(
        r"^\| (function|operator) \| ([^|]+?) \| ([^|]+?) \| [^|]{10,} \|$", GUIDE.read_text("utf-8"), re.MULTILINE
    )
    assert {Grant(*row) for row in rows} == FUNCTION | RENEWAL | PERSON
    assert len(rows) == len(FUNCTION | RENEWAL | PERSON)
