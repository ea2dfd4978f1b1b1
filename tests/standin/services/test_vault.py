"""Key Vault's tokens; its rights and what a secret's state means are tested with the job's own client."""

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
    """One for another service, and one of an identity without any role."""
    own = {"aud": f"https://0.0.1:{world.vault.port}", "oid": world.identity.user_assigned.object_id, "iss": "x"}
    headers = {"Authorization": f"Bearer {world.tokens.sign(own | claims)}"}
    assert session.get(f"{world.vault.url}/secrets/name", headers=headers, timeout=10).status_code == status
