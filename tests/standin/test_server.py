"""What all services have in common."""

import pytest

from standin import StandIn, server
from standin.azurite_process import StandInError


def test_a_port_that_cannot_be_had_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the address and what to do."""
    monkeypatch.setattr(server, "HOST", "192.0.2.1")  # no machine's own
    with pytest.raises(StandInError, match=r"no port on 192\.0\.2\.1: .*loopback"), StandIn():
        pytest.fail("it started")
