"""Signed access tokens, and their verification by the services that accept them.

Their times are real, not those of the simulated clock, because clients and Azurite check them against real time.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

ALGORITHM = "RS256"


class InvalidTokenError(Exception):
    """A token is missing, malformed, expired, signed by another key or for another audience, as the text says."""


class TokenSigner:
    """Signs tokens for both Entra ID and the managed identity. A negative `lifetime` makes expired tokens."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.lifetime = timedelta(hours=1)

    def sign(self, claims: Mapping[str, Any]) -> str:
        """Return a token with `claims`, valid from now."""
        now = datetime.now(UTC)
        times = {"iat": now, "nbf": now - timedelta(minutes=5), "exp": now + self.lifetime}
        return jwt.encode({**times, **claims}, self._key, ALGORITHM)

    def read(self, token: str, audiences: Collection[str] | None) -> dict[str, Any]:
        """Return a valid token's claims; raises InvalidTokenError, also if `audiences` excludes it (None: any)."""
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
        """Return the claims of an Authorization header's token; raises InvalidTokenError as `read`, or if none."""
        return self.read(bearer(authorization), audiences)


def bearer(authorization: str | None) -> str:
    """Return an Authorization header's token; raises InvalidTokenError if there is none."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise InvalidTokenError("The request has no bearer token.")
    return token


def unverified_claim(authorization: str | None, claim: str) -> str | None:
    """Return a claim from an unverified token, only for the journal and for selecting faults."""
    try:
        claims = jwt.decode(bearer(authorization), options={"verify_signature": False})
    except (InvalidTokenError, jwt.InvalidTokenError):
        return None
    value = claims.get(claim)
    return value if isinstance(value, str) else None
