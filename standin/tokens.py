"""Signed access tokens, verified by the services that accept them.

Their times are real, whatever the simulated clock says: clients and Azurite compare them with the machine's time.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

ALGORITHM = "RS256"


class InvalidTokenError(Exception):
    """A token is missing, malformed, expired, signed by another key or for another audience; the text says which."""


class TokenSigner:
    """Signs for Entra ID and the managed identity alike; `lifetime` may be made negative for expired tokens."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.lifetime = timedelta(hours=1)

    def sign(self, claims: Mapping[str, Any]) -> str:
        """Return a token with `claims` and the times from now on."""
        now = datetime.now(UTC)
        times = {"iat": now, "nbf": now - timedelta(minutes=5), "exp": now + self.lifetime}
        return jwt.encode({**times, **claims}, self._key, ALGORITHM)

    def read(self, token: str, audiences: Collection[str] | None) -> dict[str, Any]:
        """Return the claims of a valid token for one of `audiences` (None: for anybody); InvalidTokenError otherwise."""
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key.public_key(),
                algorithms=[ALGORITHM],
                options={"verify_aud": False, "require": ["exp", "aud", "iss"]},
            )
        except jwt.InvalidTokenError as error:
            raise InvalidTokenError(str(error)) from error
        if audiences is not None and str(claims["aud"]).rstrip("/") not in audiences:
            raise InvalidTokenError(f"The audience '{claims['aud']}' in the token is invalid.")
        return claims

    def read_bearer(self, authorization: str | None, audiences: Collection[str] | None) -> dict[str, Any]:
        """Return the claims of an Authorization header's token; InvalidTokenError where there is none."""
        return self.read(bearer(authorization), audiences)


def bearer(authorization: str | None) -> str:
    """Return the token of an Authorization header; InvalidTokenError where there is none."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise InvalidTokenError("The request has no bearer token.")
    return token


def unverified_claim(authorization: str | None, claim: str) -> str | None:
    """Return a claim of an unverified token, for the journal and the choice of faults only."""
    try:
        claims = jwt.decode(bearer(authorization), options={"verify_signature": False})
    except (InvalidTokenError, jwt.InvalidTokenError):
        return None
    value = claims.get(claim)
    return value if isinstance(value, str) else None
