"""Choosing accounts."""

import pytest
import typer

from cli.support.accounts import tenants_of
from shared.settings.accounts import Account
from shared.settings.clouds import CLOUDS

TENANTS = [f"{digit * 8}-1111-1111-1111-111111111111" for digit in "321"]
ACCOUNTS = [
    Account(tenant, tenant, name, cloud=CLOUDS["global"])
    for tenant, name in zip(TENANTS, ("One", "Two", "Three"), strict=True)
]


def test_a_tenant_need_not_be_configured_anymore() -> None:
    """A tenant ID is enough, but a name must be a configured account's. The result is in the settings' order; case does not matter."""
    former = "99999999-1111-1111-1111-111111111111"
    assert tenants_of(ACCOUNTS, None) is None
    assert tenants_of(ACCOUNTS, ["three", former, TENANTS[0].upper()]) == (TENANTS[0], TENANTS[2], former)
    with pytest.raises(typer.BadParameter, match=r"is named 'Four'\. Configured accounts: One, Two, Three\."):
        tenants_of(ACCOUNTS, ["Four", former])
