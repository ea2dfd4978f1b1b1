"""The throw-away certificate authority."""

from pathlib import Path

import pytest
import requests

from standin import StandIn


def test_its_bundle_makes_the_services_trusted(world: StandIn, session: requests.Session) -> None:
    """REQUESTS_CA_BUNDLE alone is enough for a TLS connection to succeed."""
    assert session.get(f"{world.entra.url}/nobody/discovery/v2.0/keys", timeout=10).status_code == 200


def test_nobody_else_trusts_the_services(world: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the bundle the certificate is refused, as a stranger's is."""
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with pytest.raises(requests.exceptions.SSLError, match="certificate verify failed"):
        requests.get(world.vault.url, timeout=10)


def test_the_bundle_holds_no_key(world: StandIn) -> None:
    """What is handed around is a certificate only."""
    bundle = Path(world.environ["REQUESTS_CA_BUNDLE"]).read_text(encoding="ascii")
    assert "BEGIN CERTIFICATE" in bundle
    assert "PRIVATE KEY" not in bundle
