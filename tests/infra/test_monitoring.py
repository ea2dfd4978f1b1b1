"""infra/monitoring.bicep: logs written by the identity alone, kept long enough, with a bound on their cost."""

from tests.infra.tools.deployment import deployed, resource_of

DEPLOYMENT = deployed()


def test_only_identities_write_logs() -> None:
    """An instrumentation key is no key when local authentication is off."""
    component = resource_of(DEPLOYMENT, "Microsoft.Insights/components").body["properties"]
    workspace = resource_of(DEPLOYMENT, "Microsoft.OperationalInsights/workspaces")
    assert component["DisableLocalAuth"] is True
    assert component["WorkspaceResourceId"] == workspace.id
    assert workspace.body["properties"]["features"] == {"disableLocalAuth": True}


def test_the_logs_have_an_end_and_a_bound() -> None:
    """Two days are needed for the alerts and a month to look back; a runaway log stops at the daily cap."""
    properties = resource_of(DEPLOYMENT, "Microsoft.OperationalInsights/workspaces").body["properties"]
    assert 30 <= properties["retentionInDays"] <= 90
    assert properties["workspaceCapping"] == {"dailyQuotaGb": 1}
