"""Every kind of fault, as a client meets it."""

import asyncio
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
import requests
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from azure.keyvault.secrets import SecretClient

from standin import StandIn
from standin.faults import (
    AnswerLost,
    ContentType,
    Cut,
    CutAnswer,
    CutBody,
    Delay,
    Drip,
    Echo,
    Fault,
    FaultContext,
    GzipBomb,
    Hang,
    Status,
    WrongDate,
    html,
    redirect,
    throttled,
    unavailable,
)


@pytest.fixture
def ask(world: StandIn, session: requests.Session) -> Callable[..., requests.Response]:
    """Ask Entra ID for its keys: any call will do."""

    def ask(timeout: float = 10, tenant: str = "tenant") -> requests.Response:
        return session.get(f"{world.entra.url}/{tenant}/discovery/v2.0/keys", timeout=timeout, allow_redirects=False)

    return ask


Ask = Callable[..., requests.Response]
SERVICES = ["entra", "identity", "vault", "partner", "table", "archive"]


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_can_be_faulty(world: StandIn, session: requests.Session, service: str) -> None:
    """A status with body and headers, in place of the service's answer."""
    world.faults.add(service, Status(418, "short and stout", {"X-Pot": "tea"}, "text/plain"))
    answer = session.get(world.service(service).url, timeout=10)
    assert (answer.status_code, answer.text) == (418, "short and stout")
    assert (answer.headers["X-Pot"], answer.headers["Content-Type"]) == ("tea", "text/plain")
    assert [(call.service, call.status) for call in world.journal.calls()] == [(service, 418)]


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_can_cut_the_connection(world: StandIn, session: requests.Session, service: str) -> None:
    """Before any byte of an answer."""
    world.faults.add(service, Cut())
    with pytest.raises(requests.exceptions.ConnectionError):
        session.post(world.service(service).url, data=b"x" * 100_000, timeout=10)
    assert [call.status for call in world.journal.calls()] == [None]


def test_an_empty_refusal_has_no_body(world: StandIn, ask: Ask) -> None:
    """403 with nothing in it, as after a role was lost."""
    world.faults.add("entra", Status(403))
    answer = ask()
    assert (answer.status_code, answer.content, answer.headers["Content-Length"]) == (403, b"", "0")


def test_the_gateway_throttles_in_seconds(world: StandIn, ask: Ask) -> None:
    """In the gateway's shape."""
    world.faults.add("entra", throttled(57))
    answer = ask()
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "57")
    assert answer.json() == {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 57 seconds."}


def test_the_gateway_throttles_until_a_date(world: StandIn, ask: Ask) -> None:
    """As an HTTP date."""
    world.faults.add("entra", throttled(57, as_date=True))
    until = parsedate_to_datetime(ask().headers["Retry-After"])
    assert timedelta(seconds=50) < until - datetime.now(UTC) <= timedelta(seconds=57)


@pytest.mark.parametrize("seconds", [None, 3])
def test_unavailable_may_say_until_when(world: StandIn, ask: Ask, seconds: int | None) -> None:
    """503 with and without Retry-After."""
    world.faults.add("entra", unavailable(seconds))
    answer = ask()
    assert (answer.status_code, answer.headers.get("Retry-After")) == (503, seconds and str(seconds))


def test_a_gateway_speaks_html(world: StandIn, ask: Ask) -> None:
    """In place of JSON."""
    world.faults.add("entra", html(502))
    answer = ask()
    assert (answer.status_code, answer.headers["Content-Type"]) == (502, "text/html")
    assert answer.text.startswith("<html>")


def test_a_redirect_leads_elsewhere(world: StandIn, ask: Ask) -> None:
    """A client that follows it with its token gives the token away."""
    world.faults.add("entra", redirect("https://elsewhere.example/"))
    answer = ask()
    assert (answer.status_code, answer.headers["Location"]) == (302, "https://elsewhere.example/")


def test_a_good_answer_may_have_a_wrong_type(world: StandIn, ask: Ask) -> None:
    """The body is right."""
    world.faults.add("entra", ContentType("text/html"))
    answer = ask()
    assert answer.headers["Content-Type"] == "text/html"
    assert "keys" in answer.json()


def test_an_answer_may_be_cut_in_its_middle(world: StandIn, ask: Ask) -> None:
    """More is announced than comes."""
    world.faults.add("entra", CutBody(5))
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        ask()
    assert [call.status for call in world.journal.calls()] == [None]


def test_a_slow_answer_comes_whole(world: StandIn, ask: Ask) -> None:
    """Byte by byte."""
    whole = ask().content
    world.faults.add("entra", Drip(every_ms=0))
    assert ask().content == whole


def test_a_slow_answer_outlasts_every_limit_per_read(world: StandIn, session: requests.Session) -> None:
    """Each byte comes in time: only the removal of the rule ends this answer."""
    rule = world.faults.add("entra", Drip(every_ms=50))
    with session.get(f"{world.entra.url}/tenant/discovery/v2.0/keys", timeout=5, stream=True) as answer:
        assert answer.raw.read(3) == b'{"k'
        rule.remove()
        with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
            answer.content  # noqa: B018 - reading it is the point


def test_a_hanging_call_runs_into_the_limit_of_the_client(world: StandIn, ask: Ask) -> None:
    """Nothing comes."""
    world.faults.add("entra", Hang())
    with pytest.raises(requests.exceptions.ReadTimeout):
        ask(timeout=0.05)


def test_removing_a_rule_releases_what_hangs(world: StandIn, ask: Ask) -> None:
    """The waiting client sees its connection end, and the next call is answered."""
    rule = world.faults.add("entra", Hang(), times=None)
    caught: list[BaseException] = []

    def wait() -> None:
        try:
            ask(timeout=60)
        except requests.exceptions.RequestException as error:
            caught.append(error)

    waiter = threading.Thread(target=wait)
    waiter.start()
    world.journal.wait_for(1, "entra")
    rule.remove()
    waiter.join(20)
    assert [type(error) for error in caught] == [requests.exceptions.ConnectionError]
    assert ask().status_code == 200


def test_a_delayed_call_is_answered(world: StandIn, ask: Ask) -> None:
    """Later, but not otherwise."""
    world.faults.add(None, Delay(1), times=None)
    assert ask().status_code == 200


def test_a_delay_on_everything_goes_with_other_faults(world: StandIn, ask: Ask) -> None:
    """Rules nest in the order in which they were added."""
    world.faults.add(None, Delay(1), times=None)
    world.faults.add("entra", Status(500))
    assert [ask().status_code for _ in range(2)] == [500, 200]


def test_a_rule_plays_as_often_as_it_says_after_those_it_skips(world: StandIn, ask: Ask) -> None:
    """One call passes, two are faulty, the rest passes."""
    world.faults.add("entra", Status(500), times=2, skip=1)
    assert [ask().status_code for _ in range(4)] == [200, 500, 500, 200]


def test_a_rule_without_end_is_removed(world: StandIn, ask: Ask) -> None:
    """By hand, or with all others."""
    rule = world.faults.add("entra", Status(500), times=None)
    other = world.faults.add("entra", Status(501), times=None)
    assert [ask().status_code for _ in range(2)] == [500, 500]
    rule.remove()
    rule.remove()
    assert ask().status_code == 501
    world.faults.clear()
    assert ask().status_code == 200
    assert other.released.is_set()


def test_a_rule_is_narrowed_by_method_path_and_tenant(world: StandIn, ask: Ask) -> None:
    """All of them have to match."""
    world.faults.add("entra", Status(500), method="POST", times=None)
    world.faults.add("entra", Status(501), path_contains="/token", times=None)
    world.faults.add("entra", Status(502), tenant="other", times=None)
    assert [ask().status_code, ask(tenant="Other").status_code] == [200, 502]


def test_a_lost_answer_took_effect(world: StandIn, secret_client: SecretClient) -> None:
    """The challenge before it is no effect, so that it does not use the fault up."""
    world.faults.add("vault", AnswerLost(), method="PUT")
    with pytest.raises((ServiceRequestError, ServiceResponseError)):
        secret_client.set_secret("name", "value")
    assert [version.value for version in world.vault.versions("name")] == ["value"]
    answers = [call.status for call in world.journal.calls("vault")]
    assert answers[-1] is None
    assert set(answers[:-1]) <= {401}, "the challenge, unless an earlier test's is remembered"
    secret_client.set_secret("name", "value")


def test_an_answer_on_its_way_cannot_be_changed_any_more() -> None:
    """A mistake in a test, said as such."""

    async def stream() -> web.StreamResponse:
        return web.StreamResponse()

    async def change() -> None:
        await ContentType().play(FaultContext(make_mocked_request("GET", "/"), stream, asyncio.Event()))

    with pytest.raises(TypeError, match="it is sent already"):
        asyncio.run(change())


def test_an_answer_may_be_cut_inside_its_head(world: StandIn, ask: Ask) -> None:
    """Inside the status line it is no answer; http.client takes a status line without headers or body for a whole one."""
    world.faults.add("entra", CutAnswer(5))
    with pytest.raises(requests.exceptions.ConnectionError):
        ask()
    world.faults.add("entra", CutAnswer(len("HTTP/1.1 200 OK\r\nCont")))
    answer = ask()
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("fault", [Drip(every_ms=0, head=True), CutAnswer(10_000)])
def test_an_answer_in_raw_bytes_reads_like_the_services_own(world: StandIn, ask: Ask, fault: Fault) -> None:
    """Dripped from its first byte, or cut after its last one."""
    whole = ask().content
    world.faults.add("entra", fault)
    assert ask().content == whole
    assert [call.status for call in world.journal.calls()] == [200, None]


def test_a_date_may_be_wrong(world: StandIn, ask: Ask) -> None:
    """The answer is the service's own, from another hour."""
    world.faults.add("entra", WrongDate(timedelta(hours=1)))
    answer = ask()
    assert parsedate_to_datetime(answer.headers["Date"]) - datetime.now(UTC) > timedelta(minutes=59)
    assert "keys" in answer.json()


def test_a_refusal_may_echo_the_request(world: StandIn, ask: Ask) -> None:
    """With the headers that were sent."""
    world.faults.add("entra", Echo())
    assert "Accept-Encoding" in ask().json()["error_description"]["headers"]


def test_a_small_answer_may_unpack_to_a_large_one(world: StandIn, ask: Ask) -> None:
    """A gzip bomb."""
    world.faults.add("entra", GzipBomb(2))
    answer = ask()
    assert int(answer.headers["Content-Length"]) < 10_000
    assert len(answer.content) == 2 * 1024 * 1024
