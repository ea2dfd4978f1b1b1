"""Masking a run's secrets in text from services."""

import base64
import html
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
import requests
from hypothesis import example, given
from hypothesis import strategies as st

from shared.net.masking import MIN_SECRET_LENGTH, Secrets

HUSH = "hush-hush"
SECRET = "hush~hush/8Q+söcret=\"&' x"
FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "upper case": str.upper,
    "percent": quote,
    "percent, all": lambda text: quote(text, safe=""),
    "percent, lower case": lambda text: quote(text, safe="").lower(),
    "form": quote_plus,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON in JSON": lambda text: json.dumps(json.dumps(text)[1:-1])[1:-1],
    "JSON with \\/": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "HTML": html.escape,
    "hexadecimal": lambda text: text.encode().hex(),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 in a user's": lambda text: base64.b64encode(f"user:{text}:".encode()).decode(),
    "in lines": lambda text: "\r\n  ".join(text[start : start + 12] for start in range(0, len(text), 12)),
    "base64 in lines": lambda text: base64.encodebytes(text.encode() * 3).decode(),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(f"x{text}".encode()).decode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_is_masked_in_every_form(form: str) -> None:
    """Plain or escaped, in any case, complete or cut off at either end of the text."""
    secrets = Secrets()
    secrets.add(SECRET)
    escaped = FORMS[form](SECRET)
    inner = escaped[3:-3]
    for text in (
        f"you sent {escaped}, which is wrong",
        f"cut {escaped[: len(escaped) * 2 // 3]}",
        f"{escaped[len(escaped) // 3 :]} cut",
    ):
        shown = secrets.sanitize(text)
        assert all(inner[start : start + 8] not in shown for start in range(len(inner) - 8))
    assert secrets.sanitize(f"you sent {escaped}, which is wrong").startswith("you sent ")


@pytest.mark.parametrize("token", ["eyJ0eXAiOiJKV1Qi.eyJh.c2ln", "0.AXYA" + "b-_9" * 40])
def test_what_looks_like_a_token_is_masked(token: str) -> None:
    """Whether or not it is one of the run's."""
    assert token[6:] not in Secrets().sanitize(f"got {token} instead")


FIELDS = ("client_secret", "refresh_token", "client_assertion", "code", "code_verifier")


@pytest.mark.parametrize(
    "sent",
    [
        *({"headers": {name: f"Bearer {HUSH}"}} for name in ("Authorization", "X-IDENTITY-HEADER")),
        *({"data": {"scope": "as it is", name: HUSH}} for name in FIELDS),
        {"method": "PUT", "json": {"value": HUSH, "id": "as it is"}},
    ],
    ids=str,
)
def test_a_requests_secrets_are_masked(sent: dict[str, Any]) -> None:
    """Its token, a sign-in's secrets, the value of a secret being stored; other fields are shown."""
    secrets = Secrets()
    secrets.add_from_request(requests.Request(**({"method": "POST", "url": "https://x/"} | sent)).prepare())
    assert secrets.sanitize(f"you sent {HUSH} as it is") == "you sent *** as it is"


@pytest.mark.parametrize("name", ["access_token", "refresh_token", "id_token", "value"])
def test_a_responses_secrets_are_masked(name: str) -> None:
    """A sign-in's tokens, a secret's value."""
    secrets = Secrets()
    secrets.add_from_answer({name: HUSH})
    assert secrets.is_in(f"got {HUSH}")


def test_short_values_and_other_types_are_ignored() -> None:
    """Masking `1` would leave nothing readable, and a response's members may have any type."""
    secrets = Secrets()
    secrets.add_from_answer({"access_token": 5, "value": None, "refresh_token": "abcde", "id_token": []})
    secrets.add_from_answer(None)
    assert secrets.sanitize("5 None abcde []") == "5 None abcde []"


SECRETS = st.text(min_size=6).filter(lambda secret: len("".join(secret.split())) >= MIN_SECRET_LENGTH)


@given(st.text(), st.lists(SECRETS, max_size=4), st.text())
@example("\u0130" * 9, [HUSH], "")
@example("", ["sixsix"], "")
def test_any_text_and_any_secret(before: str, known: list[str], after: str) -> None:
    """No secret is shown and nothing breaks, whatever the characters."""
    secrets = Secrets()
    for secret in known:
        secrets.add(secret)
        shown = secrets.sanitize(f"{before}{secret}{after}", 10_000)
        assert " ".join(secret.split()) not in shown.replace("***", "") or not secret.isprintable()
