"""What all the services have in common."""

import pytest

from standin import StandIn, server
from standin.azurite_process import StandInError


def test_an_unavailable_port_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the address and what to do."""
    monkeypatch.setattr(server, "HOST", "192.0.2.1")  # not an address of any machine
    with pytest.raises(StandInError, match=r"Cannot listen on 192\.0\.2\.1: .*loopback"), StandIn():
        pytest.fail("it started")
