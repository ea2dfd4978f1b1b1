"""Choosing accounts, and identifying a token's owner."""

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


def test_a_tenant_need_not_be_configured_anymore() -> None:
    """A tenant ID is enough, but a name must be a configured account's. The result is in the settings' order; case does not matter."""
    former = "99999999-1111-1111-1111-111111111111"
    assert tenants_of(ACCOUNTS, None) is None
    assert tenants_of(ACCOUNTS, ["three", former, TENANTS[0].upper()]) == (TENANTS[0], TENANTS[2], former)
    with pytest.raises(typer.BadParameter, match=r"is named 'Four'\. Configured accounts: One, Two, Three\."):
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
def test_the_name_in_a_token(claims: dict[str, str], expected: str | None) -> None:
    """The user's, else the app's."""
    assert token_user(jwt.encode(claims, "k" * 32)) == expected


def test_an_unreadable_token_has_no_name() -> None:
    """A token's content is the service's own affair."""
    assert token_user("opaque") is None
