"""Whose token it is."""

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
def test_the_name_that_a_token_tells(claims: dict[str, str], expected: str | None) -> None:
    """A user's, else the app's."""
    assert token_user(jwt.encode(claims, "k" * 32)) == expected


def test_a_token_that_is_unreadable_tells_nothing() -> None:
    """Its content is the service's own affair."""
    assert token_user("opaque") is None
