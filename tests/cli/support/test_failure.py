"""The job's errors, reworded for the person at the keyboard."""

import pytest

from cli.support.failure import for_operator
from shared import errors
from shared.azure_services.refusals import IDENTITY, TABLE, VAULT
from shared.errors import IdentityUnavailable, SnapshotError
from shared.net.service import INTERMEDIARY_REMEDY

ALL = [error for error in vars(errors).values() if isinstance(error, type) and issubclass(error, SnapshotError)]
REMEDIES = [error.usual_remedy for error in ALL if hasattr(error, "usual_remedy")]
REMEDIES += [rule.remedy for service in (IDENTITY, TABLE, VAULT) for rule in service.rules if rule.remedy]


@pytest.mark.parametrize("remedy", REMEDIES)
def test_no_remedy_mentions_the_function(remedy: str) -> None:
    """Nor a next run that nobody is waiting for, nor an identity that is not the reader's."""
    shown = for_operator(remedy)
    for words in ("next run", "Give the identity", "function app >", "allows the function", "Data Contributor"):
        assert words not in shown
    assert len(shown) <= 600


def test_somebody_who_is_not_signed_in_reads_az_login_first() -> None:
    """Somebody at a keyboard does not assign an identity to a function app. A more specific cause, such as a proxy or a certificate, is shown."""
    assert for_operator(IdentityUnavailable.usual_remedy).startswith("Run `az login`")
    assert for_operator(INTERMEDIARY_REMEDY) == INTERMEDIARY_REMEDY
