"""Key Vault's tokens. The job's own client tests its permissions and the states of a secret."""

from typing import Any

import pytest
import requests

from standin import StandIn


@pytest.mark.parametrize(
    ("claims", "status"), [({"aud": "https://storage.azure.com"}, 401), ({"oid": "stranger"}, 403)]
)
def test_a_foreign_token_is_refused(
    world: StandIn, session: requests.Session, claims: dict[str, Any], status: int
) -> None:
    """A token for another service, and one from an identity without any role."""
    own = {"aud": f"https://0.0.1:{world.vault.port}", "oid": world.identity.user_assigned.object_id, "iss": "x"}
    headers = {"Authorization": f"Bearer {world.tokens.sign(own | claims)}"}
    assert session.get(f"{world.vault.url}/secrets/name", headers=headers, timeout=10).status_code == status
