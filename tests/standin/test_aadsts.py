"""The texts of Entra ID's refusals."""

from datetime import UTC, datetime

import pytest

from standin.aadsts import REFUSALS

NOW = datetime(2026, 11, 23, 6, 17, tzinfo=UTC)


@pytest.mark.parametrize("code", REFUSALS)
def test_every_refusal_has_the_documented_shape(code: int) -> None:
    """The code stands in the text, in the list and in the address; no placeholder is left open."""
    body = REFUSALS[code].body(NOW, "https://login", app="the-app", tenant="the-tenant")
    assert body["error_description"].startswith(f"AADSTS{code}: ")
    assert "{" not in body["error_description"]
    assert body["error_codes"] == [code]
    assert body["error_uri"] == f"https://login/error?code={code}"
    assert body["timestamp"] == "2026-11-23 06:17:00Z"
    assert {body["trace_id"], body["correlation_id"]} <= set(body["error_description"].replace("\r\n", " ").split())


def test_names_are_filled_in() -> None:
    """A reader sees which app was refused."""
    assert "app 'the-app'" in REFUSALS[7000215].body(NOW, "", app="the-app")["error_description"]
