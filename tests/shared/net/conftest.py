"""One call over the session, and its response."""

import base64
from collections.abc import Callable
from typing import Any

import pytest
import requests

from shared.net.http_session import HttpSession
from standin import StandIn
from standin.faults import Fault

TOKEN = "hush-hush.8Q_secret"
AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}
Answered = Callable[..., requests.Response]


def token_of(claims: str) -> str:
    """Return a token with this text as its claims."""
    return f"eyJh.{base64.urlsafe_b64encode(claims.encode()).decode().rstrip('=')}.sig"


@pytest.fixture
def answered(world: StandIn, session: HttpSession) -> Answered:
    """Return a function that calls Partner Center once, lets a fault respond, and returns the session's result."""

    def ask(fault: Fault, method: str = "GET", path: str = "x", **request: Any) -> requests.Response:
        world.faults.add("partner", fault)
        return session.request(method, f"{world.partner_center.url}/v1/{path}", allow_redirects=True, **request)

    return ask
