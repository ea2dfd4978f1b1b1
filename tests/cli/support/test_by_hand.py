"""Errors of the job in words for the person at the keyboard."""

import pytest

from cli.support.by_hand import by_hand
from shared import errors
from shared.azure_services.refusals import IDENTITY, TABLE, VAULT
from shared.errors import IdentityUnavailable, SnapshotError

CHAIN = (
    "the identity gave no token for https://vault.azure.net/.default: DefaultAzureCredential failed to retrieve a token from the included "
    "credentials. Attempted credentials: EnvironmentCredential: EnvironmentCredential authentication unavailable. Environment variables are "
    "not fully configured. Visit https://aka.ms/azsdk/python/identity/environmentcredential/troubleshoot to troubleshoot this issue. "
    "AzureCliCredential: Azure CLI not found on path AzurePowerShellCredential: PowerShell is not installed"
)

ALL = [error for error in vars(errors).values() if isinstance(error, type) and issubclass(error, SnapshotError)]
REMEDIES = [error.usual_remedy for error in ALL if hasattr(error, "usual_remedy")]
REMEDIES += [rule.remedy for service in (IDENTITY, TABLE, VAULT) for rule in service.rules if rule.remedy]


@pytest.mark.parametrize("remedy", REMEDIES)
def test_no_remedy_speaks_of_the_function(remedy: str) -> None:
    """Nor of a next run that nobody waits for, nor of an identity that is not the reader's."""
    _, shown = by_hand("any", "", remedy)
    for words in ("next run", "Give the identity", "function app >", "allows the function", "Data Contributor"):
        assert words not in shown
    assert len(shown) <= 600


def test_who_is_not_signed_in_reads_az_login_first() -> None:
    """The chain's links in short, no address among them."""
    message, remedy = by_hand(IdentityUnavailable.code, CHAIN, "anything")
    assert remedy.startswith("Run `az login`")
    assert "you are not signed in to Azure on this machine (Environment: " in message
    assert "AzureCli: Azure CLI not found on path" in message
    assert "aka.ms" not in message
    assert len(message) < 400


def test_the_archive_is_named_with_its_own_setting() -> None:
    """Another table's error keeps the table's."""
    for subject, setting in (
        ("the archive's table", "SNAPSHOT_ARCHIVE_ENDPOINT"),
        ("the table", "SNAPSHOT_TABLE_ENDPOINT"),
    ):
        _, remedy = by_hand("table-unreachable", f"{subject} t at https://own: x", "check SNAPSHOT_TABLE_ENDPOINT")
        assert remedy == f"check {setting}"
