"""Choosing accounts, and doing something for each."""

import pytest
import typer

from cli.support.accounts import for_each, tenants_of
from shared.errors import PartnerThrottled, Unexpected
from shared.settings.accounts import Account
from shared.settings.clouds import CLOUDS

TENANTS = [f"{digit * 8}-1111-1111-1111-111111111111" for digit in "321"]
ACCOUNTS = [
    Account(tenant, tenant, name, cloud=CLOUDS["global"])
    for tenant, name in zip(TENANTS, ("One", "Two", "Three"), strict=True)
]


def test_a_tenant_need_not_be_configured_any_more() -> None:
    """Its id is enough; a name has to be a configured account's; they come in the settings' order, whatever the case."""
    former = "99999999-1111-1111-1111-111111111111"
    assert tenants_of(ACCOUNTS, None) is None
    assert tenants_of(ACCOUNTS, ["three", former, TENANTS[0].upper()]) == (TENANTS[0], TENANTS[2], former)
    with pytest.raises(typer.BadParameter, match=r"is called 'Four'\. There are: One, Two, Three\."):
        tenants_of(ACCOUNTS, ["Four", former])


def test_a_failure_costs_the_others_nothing() -> None:
    """A known one is kept; an unknown one becomes its type, without its text."""

    def work(account: Account) -> str:
        if account.name == "One":
            raise PartnerThrottled("slow down")
        if account.name == "Two":
            raise ZeroDivisionError("a secret")
        return "done"

    [(done, three)], [(_, one), (_, two)] = for_each(ACCOUNTS, work)
    assert done.name == "Three"
    assert isinstance(one, PartnerThrottled)
    assert isinstance(two, Unexpected)
    assert "a secret" not in two.message
    assert three == "done"
