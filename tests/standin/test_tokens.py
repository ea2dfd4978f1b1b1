"""Access tokens."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest

from standin.tokens import InvalidTokenError, TokenSigner, unverified_claim

CLAIMS = {"aud": "https://service", "iss": "https://issuer"}


def test_a_token_is_read_by_its_audience() -> None:
    """What was signed comes back, with times around now."""
    signer = TokenSigner()
    claims = signer.read(signer.sign(CLAIMS), {"https://service"})
    assert claims["iss"] == "https://issuer"
    assert claims["nbf"] < datetime.now(UTC).timestamp() < claims["exp"]


def test_a_token_for_somebody_else_is_refused() -> None:
    """The error names the audience that was met."""
    signer = TokenSigner()
    with pytest.raises(InvalidTokenError, match="'https://service'"):
        signer.read(signer.sign(CLAIMS), {"https://other"})


def test_an_expired_token_is_refused() -> None:
    """A negative lifetime makes tokens that are over already."""
    signer = TokenSigner()
    signer.lifetime = timedelta(seconds=-1)
    with pytest.raises(InvalidTokenError, match="expired"):
        signer.read(signer.sign(CLAIMS), None)


@pytest.mark.parametrize("header", [None, "", "Basic abc", "Bearer", "Bearer not-a-token"])
def test_anything_but_a_bearer_token_is_refused(header: str | None) -> None:
    """Missing, foreign and malformed authorizations are told apart from a token."""
    with pytest.raises(InvalidTokenError):
        TokenSigner().read_bearer(header, None)


def test_a_stranger_cannot_sign() -> None:
    """The signature is checked, not only the claims."""
    with pytest.raises(InvalidTokenError, match="Signature"):
        TokenSigner().read(TokenSigner().sign(CLAIMS), None)


def test_the_public_keys_verify() -> None:
    """The published key set is the one that signed."""
    signer = TokenSigner()
    token = signer.sign(CLAIMS)
    keys = jwt.PyJWKSet.from_dict(signer.public_keys())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    assert jwt.decode(token, key.key, algorithms=["RS256"], audience="https://service")["iss"] == "https://issuer"


def test_an_unverified_claim_is_a_text_or_none() -> None:
    """Whatever stands in the header, asking it does not fail."""
    token = TokenSigner().sign(CLAIMS)
    assert unverified_claim(f"Bearer {token}", "iss") == "https://issuer"
    assert unverified_claim(f"Bearer {token}", "exp") is None
    assert unverified_claim("Bearer nonsense", "iss") is None
    assert unverified_claim(None, "iss") is None
