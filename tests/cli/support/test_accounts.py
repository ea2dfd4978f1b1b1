"""Choosing accounts, and whose a token is."""

import jwt
import pytest
import typer

from cli.support.accounts import tenants_of, token_user
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


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"upn": "a@b.example", "appid": "app"}, "a@b.example"),
        ({"preferred_username": "a@b.example"}, "a@b.example"),
        ({"appid": "app", "oid": "object"}, "the app app (object object)"),
        ({"azp": "app"}, "the app app (object unknown)"),
        ({}, None),
    ],
)
def test_the_name_that_a_token_tells(claims: dict[str, str], expected: str | None) -> None:
    """A user's, else the app's."""
    assert token_user(jwt.encode(claims, "k" * 32)) == expected


def test_a_token_that_is_unreadable_tells_nothing() -> None:
    """Its content is the service's own affair."""
    assert token_user("opaque") is None
