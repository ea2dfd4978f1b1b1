"""Whose token it is, as far as the token says."""

import jwt

_NAMES = ("upn", "unique_name", "preferred_username")


def who(token: str) -> str | None:
    """Return the name in a token's claims, else its app and object id, else None: the service decides what it holds.

    For showing only: nothing is verified, and nothing depends on it.
    """
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        return None
    name = next((str(claims[claim]) for claim in _NAMES if claims.get(claim)), None)
    app = claims.get("appid") or claims.get("azp")
    if name is not None or app is None:
        return name
    return f"the app {app} (object {claims.get('oid', 'unknown')})"
