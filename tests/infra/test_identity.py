"""infra/identity.bicep: one identity, and a GitHub workflow may act as it only when asked for."""

from tests.infra.tools.deployment import deployed, resource_of, resources_of

CREDENTIAL = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials"


def test_no_workflow_may_act_as_the_identity_unless_asked() -> None:
    """The second trigger is off by default."""
    assert resources_of(deployed(), CREDENTIAL) == []


def test_the_named_workflow_and_no_other_may_act_as_it() -> None:
    """The subject is taken as given; issuer and audience are GitHub's."""
    subject = "repo:contoso/balances:ref:refs/heads/main"
    deployment = deployed(githubSubject=subject)
    credential = resource_of(deployment, CREDENTIAL)
    identity = resource_of(deployment, "Microsoft.ManagedIdentity/userAssignedIdentities")
    assert credential.id.startswith(f"{identity.id}/")
    assert credential.body["properties"] == {
        "issuer": "https://token.actions.githubusercontent.com",
        "subject": subject,
        "audiences": ["api://AzureADTokenExchange"],
    }
