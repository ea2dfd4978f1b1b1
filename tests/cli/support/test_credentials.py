"""The user that a token names."""

import jwt
import pytest

from cli.support.credentials import token_user


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
