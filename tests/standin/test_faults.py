"""Every kind of fault as a client sees it, and the calls that a rule matches."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from azure.keyvault.secrets import SecretClient

from standin import StandIn
from standin import faults as f
from standin.faults import Fault, Status

Ask = Callable[..., requests.Response]


@pytest.fixture
def ask(world: StandIn, session: requests.Session) -> Ask:
    """Ask Entra ID for a tenant's endpoints; any call would do, and Entra ID knows no tenant."""

    def ask(tenant: str = "tenant", timeout: float = 10) -> requests.Response:
        return session.get(f"{world.entra.url}/{tenant}/v2.0/.well-known/openid-configuration", timeout=timeout)

    return ask


@pytest.mark.parametrize("service", ["entra", "identity", "vault", "partner_center", "table", "archive"])
def test_every_service_can_be_faulty(world: StandIn, session: requests.Session, service: str) -> None:
    """A status with body and headers replaces the service's response; the next call gets no response at all."""
    played = getattr(world, service)
    world.faults.add(played.name, Status(418, "short and stout", {"X-Pot": "tea"}, "text/plain"))
    world.faults.add(played.name, f.Cut())
    answer = session.get(played.url, timeout=10)
    assert (answer.status_code, answer.text) == (418, "short and stout")
    assert (answer.headers["X-Pot"], answer.headers["Content-Type"]) == ("tea", "text/plain")
    with pytest.raises(requests.exceptions.ConnectionError):
        session.post(played.url, data=b"x" * 100_000, timeout=10)
    assert [(call.service, call.status) for call in world.journal.calls()] == [(played.name, 418), (played.name, None)]


@pytest.mark.parametrize(
    ("fault", "holds"),
    [
        (f.ContentType("text/html"), lambda answer: answer.headers["Content-Type"] == "text/html" and answer.json()),
        (f.Echo(), lambda answer: "Accept-Encoding" in answer.json()["error_description"]["headers"]),
        (f.gzip_bomb(2), lambda answer: len(answer.content) == 2**21 > 100 * int(answer.headers["Content-Length"])),
    ],
    ids=lambda value: repr(value)[:30] if isinstance(value, Fault) else "",
)
def test_a_faulty_response(world: StandIn, ask: Ask, fault: Fault, holds: Callable[[requests.Response], bool]) -> None:
    """Each fault sends the response that it is named after."""
    world.faults.add("entra", fault)
    assert holds(ask())


def test_a_call_hangs_until_its_rule_is_removed(world: StandIn, ask: Ask) -> None:
    """An impatient client times out; another sees its connection close."""
    rule = world.faults.add("entra", f.Hang(), times=None)
    with pytest.raises(requests.exceptions.ReadTimeout):
        ask(timeout=0.2)
    with ThreadPoolExecutor(1) as client:
        waiting = client.submit(ask)
        world.journal.wait_for(2, "entra")
        rule.remove()
    assert isinstance(waiting.exception(), requests.exceptions.ConnectionError)


def test_which_calls_a_rule_matches(world: StandIn, ask: Ask) -> None:
    """Those that match every condition, after the skipped ones, as often as specified; rules nest in order."""
    world.faults.add(None, f.Delay(1), times=None)
    world.faults.add("entra", Status(500), method="POST", times=None)
    world.faults.add("entra", Status(501), path_contains="/token", times=None)
    world.faults.add("entra", Status(502), tenant="other", times=None)
    world.faults.add("entra", Status(503), times=2, skip=1)
    asked = [ask(tenant=tenant).status_code for tenant in ("a", "a", "Other", "a", "a")]
    assert asked == [400, 503, 502, 503, 400]


def test_a_call_whose_response_is_lost_takes_effect(world: StandIn, secret_client: SecretClient) -> None:
    """The challenge before it has no effect and does not use up the fault."""
    world.faults.add("vault", f.AnswerLost(), method="PUT")
    with pytest.raises((ServiceRequestError, ServiceResponseError)):
        secret_client.set_secret("name", "value")
    assert [version.value for version in world.vault.versions("name")] == ["value"]
    assert world.journal.calls("vault")[-1].status is None
