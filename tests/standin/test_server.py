"""What all services have in common."""

import socket

import pytest
import requests

from standin import StandIn, server
from standin.errors import StandInError


def test_connections_can_be_refused_for_a_while(world: StandIn, session: requests.Session) -> None:
    """Also on a connection that the client has in its pool; afterwards the address is the same."""
    url = f"{world.entra.url}/tenant/discovery/v2.0/keys"
    assert session.get(url, timeout=10).status_code == 200
    with world.service("entra").refusing(), pytest.raises(requests.exceptions.ConnectionError, match="refused"):
        session.get(url, timeout=10)
    assert session.get(url, timeout=10).status_code == 200


def test_a_port_that_cannot_be_had_is_said(world: StandIn) -> None:
    """The error names the port and what to do."""
    with socket.socket() as taken:
        taken.bind((server.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(StandInError, match=rf"port {port}\).*End other local servers"):
            server._bound(port)
