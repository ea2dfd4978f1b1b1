"""The refresh token stays alive for years: stored anew each week, never lost, whatever happens in between."""

import asyncio
import threading
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiohttp import web

from shared.sign_in.refresh_token import CONTENT_TYPE
from standin import StandIn
from standin.directory import SignIn
from standin.faults import AnswerLost, Fault, FaultContext, NoAnswerError, Status, unavailable
from standin.partner import Partner
from standin.services.vault import Version
from tests.end_to_end.conftest import environ_of, rows
from tests.support.engine import Engine, EngineError
from tests.support.in_process import Edited, lines, run_now

DUE = timedelta(days=8)
LIFETIME = timedelta(days=90)


def stored(world: StandIn, partner: Partner) -> tuple[Version, ...]:
    """Return the versions of the partner's refresh token, oldest first."""
    return world.vault.versions(str(partner.refresh_token_name))


def assert_works(world: StandIn, partner: Partner) -> None:
    """Raise RefusedError unless Entra ID takes the token that the vault would hand out now."""
    world.entra.directory.refresh_grant(partner.app, stored(world, partner)[-1].value)


def test_two_lifetimes_of_a_token(world: StandIn, caplog: pytest.LogCaptureFixture) -> None:
    """The job signs in every day for two lifetimes of a refresh token, stores one token a week, and every version says what it is."""
    caplog.set_level("INFO", "partner_balance_snapshots")
    partner = world.add_partner(auth="app_user", secret_expires_in=None)
    for _ in range(200):
        result = run_now(world, environ_of(world, partner))
        assert result.recorded == 1, result.failed
        assert_works(world, partner)
        world.clock.advance(days=1)
    versions = stored(world, partner)
    assert 27 <= len(versions) - 1 <= 29
    assert len({version.value for version in versions}) == len(versions)
    for before, version in pairwise(versions):
        assert timedelta(days=7) < version.created - before.created < timedelta(days=8, hours=1)
        assert version.content_type == CONTENT_TYPE
        assert version.expires_on is not None
        assert abs(version.expires_on - version.created - LIFETIME) < timedelta(minutes=1)
        assert version.tags == {
            "purpose": "Partner Center refresh token",
            "tenantId": partner.tenant_id,
            "clientId": partner.client_id,
            "storedOn": f"{version.created:%Y-%m-%d}",
        }
    assert lines(caplog, "SECRET_EXPIRING") == []
    assert len(rows(world)) == 200


class Stopped(Fault):
    """Holds a call for ever, before the service sees it or after it took effect; `reached` is set then."""

    def __init__(self, *, after: bool) -> None:
        self.after = after
        self.reached = threading.Event()

    async def play(self, context: FaultContext) -> web.StreamResponse:
        """Wait to be released."""
        await (context.proceed() if self.after else context.request.read())
        self.reached.set()
        await context.wait(None)
        raise NoAnswerError


@pytest.mark.parametrize(
    ("service", "call", "after"),
    [
        ("entra", {"path_contains": "/token"}, True),
        ("partner", {}, True),
        ("table", {"method": "POST", "path_contains": "partnerbalances"}, True),
        ("vault", {"path_contains": "refresh-token", "skip": 1}, True),
        ("vault", {"method": "PUT"}, False),
        ("vault", {"method": "PUT"}, True),
    ],
    ids=[
        "after the exchange",
        "after the balance",
        "after the row",
        "before storing",
        "while storing",
        "after storing",
    ],
)
def test_killed_between_any_two_steps(
    world: StandIn,
    start: Callable[..., Engine],
    service: str,
    call: dict[str, Any],
    after: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """The vault holds a working token all along, and the next days' runs store its successor, once."""
    partner = world.add_partner(auth="app_user", refresh_token_age=DUE)
    environ = environ_of(world, partner)
    fault = Stopped(after=after)
    rule = world.faults.add(service, fault, times=None, **call)
    with start(environ) as engine:
        pending = engine.submit()
        assert fault.reached.wait(60)
        engine.kill()
        with pytest.raises(EngineError):
            pending.result()
    rule.remove()
    assert_works(world, partner)
    for _ in range(2):
        assert not run_now(world, environ).failed
        assert_works(world, partner)
        world.clock.advance(days=1)
    assert len(stored(world, partner)) == 2
    assert [row["BalanceText"] for row in rows(world)] == ["68059.03", "68059.03"]


def test_a_lost_answer_leaves_one_more_copy(world: StandIn) -> None:
    """The token was stored and nobody heard of it: it is stored once more, which harms nothing."""
    partner = world.add_partner(auth="app_user", refresh_token_age=DUE)
    world.faults.add("vault", AnswerLost(), method="PUT")
    assert run_now(world, environ_of(world, partner)).recorded == 1
    old, *new = {version.value: None for version in stored(world, partner)}
    assert old
    assert len(new) == 1
    assert_works(world, partner)


def _no_right_to_set(world: StandIn) -> None:
    world.identity.user_assigned.vault_rights.discard("set")


def _fault(fault: Fault) -> Callable[[StandIn], object]:
    return lambda world: world.faults.add("vault", fault, method="PUT", times=None)


@pytest.mark.parametrize(
    ("code", "arrange"),
    [
        ("vault-access-denied", _no_right_to_set),
        ("vault-unreachable", _fault(unavailable(0))),
        ("vault-unreachable", _fault(Status(200, "<html>"))),
        ("vault-unreachable", _fault(Status(200, "{}", {"Retry-After": "0"}))),
        ("vault-unreachable", _fault(Status(404, "{}"))),
    ],
    ids=["no right", "503", "html", "an empty object", "404"],
)
def test_a_failed_store_is_told_and_the_day_recorded(
    world: StandIn, caplog: pytest.LogCaptureFixture, code: str, arrange: Callable[[StandIn], object]
) -> None:
    """With its code, what to do and how long the token before it lasts; the next day tries again. No token is logged."""
    caplog.set_level("DEBUG")
    partner = world.add_partner(auth="app_user", refresh_token_age=DUE)
    environ = environ_of(world, partner)
    arrange(world)
    assert run_now(world, environ).recorded == 1
    (reported,) = lines(caplog, "SECRET_EXPIRING")
    assert (reported["code"], reported["secret"], reported["days"]) == (code, partner.refresh_token_name, 82)
    assert "was not stored" in reported["message"]
    assert "expires in 82 days" in reported["message"]
    assert len(reported["remedy"]) > 40
    assert len(stored(world, partner)) == 1
    assert not any(secret in caplog.text for secret in world.entra.directory.issued)
    world.faults.clear()
    world.identity.user_assigned.vault_rights.add("set")
    world.clock.advance(days=1)
    assert run_now(world, environ).recorded == 1
    assert len(stored(world, partner)) == 2


def test_accounts_that_share_a_token_store_one(world: StandIn) -> None:
    """One app in two tenants with one user: one new version, which works for both, however the name is written."""
    first = world.add_partner(name="One", auth="app_user", refresh_token_name="shared", refresh_token_age=DUE)
    second = world.add_partner(name="Two", auth="app_user", refresh_token_name="Shared", client_id=first.client_id)
    for _ in range(2):
        assert run_now(world, environ_of(world, first, second)).recorded == 2
        assert len(world.vault.versions("shared")) == 2
        world.clock.advance(days=1)


class Meanwhile(Fault):
    """Does something beside the call, before the service sees it."""

    def __init__(self, act: Callable[[], object]) -> None:
        self.act = act

    async def play(self, context: FaultContext) -> web.StreamResponse:
        """Act, then let the call pass."""
        self.act()
        await asyncio.sleep(0)
        return await context.proceed()


def test_a_consent_given_during_the_run_is_kept(world: StandIn, caplog: pytest.LogCaptureFixture) -> None:
    """It may be another person's; the successor of the token before it would undo the change."""
    partner = world.add_partner(auth="app_user", refresh_token_age=DUE)
    consented = world.entra.directory.issue_refresh_token(partner.app, SignIn(user="new@contoso.onmicrosoft.com"))
    world.faults.add("partner", Meanwhile(lambda: world.vault.put(str(partner.refresh_token_name), consented)), times=1)
    assert run_now(world, environ_of(world, partner)).recorded == 1
    assert [version.value for version in stored(world, partner)][1:] == [consented]
    assert lines(caplog, "SECRET_EXPIRING") == []


def test_a_token_taken_away_during_the_run_does_not_return(world: StandIn, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever deletes the secret means it; that nothing was stored is said."""
    partner = world.add_partner(auth="app_user", refresh_token_age=DUE)
    world.faults.add("partner", Meanwhile(lambda: world.vault.delete(str(partner.refresh_token_name))))
    assert run_now(world, environ_of(world, partner)).recorded == 1
    assert stored(world, partner) == ()
    assert [reported["code"] for reported in lines(caplog, "SECRET_EXPIRING")] == ["vault-secret-missing"]


def _none(answer: dict[str, Any], _: bytes) -> None:
    del answer["refresh_token"]


def _empty(answer: dict[str, Any], _: bytes) -> None:
    answer["refresh_token"] = ""


def _the_same(answer: dict[str, Any], request: bytes) -> None:
    answer["refresh_token"] = parse_qs(request.decode())["refresh_token"][0]


@pytest.mark.parametrize("edit", [_none, _empty, _the_same])
def test_without_a_successor_the_old_token_stays(
    world: StandIn, caplog: pytest.LogCaptureFixture, edit: Callable[[dict[str, Any], bytes], object]
) -> None:
    """The token dies on its own day 90, so its true end is warned of, and none is pretended by storing it anew."""
    partner = world.add_partner(auth="app_user", refresh_token_age=timedelta(days=60))
    world.faults.add("entra", Edited(edit), path_contains="/token", times=None)
    assert run_now(world, environ_of(world, partner)).recorded == 1
    assert len(stored(world, partner)) == 1
    (reported,) = lines(caplog, "SECRET_EXPIRING")
    assert (reported["secret"], reported["days"]) == (partner.refresh_token_name, 30)
    assert "python -m cli consent" in reported["remedy"]


def _without_dates(answer: dict[str, Any], _: bytes) -> None:
    answer["attributes"] = {"enabled": True}


def test_a_token_put_by_hand_is_taken_over(world: StandIn) -> None:
    """With a byte order mark and a line end, without a content type or an end, even without an age: it is used and replaced by one that has all."""
    partner = world.add_partner(auth="app_user")
    name = str(partner.refresh_token_name)
    world.vault.put(name, f"\ufeff{stored(world, partner)[0].value}\r\n")
    world.faults.add("vault", Edited(_without_dates), method="GET", path_contains=name, times=None)
    assert run_now(world, environ_of(world, partner)).recorded == 1
    assert stored(world, partner)[-1].content_type == CONTENT_TYPE
    assert_works(world, partner)


def test_half_an_answer_to_the_second_look_stores_nothing(world: StandIn, caplog: pytest.LogCaptureFixture) -> None:
    """The stored token is then unknown, and the next day tries again."""
    partner = world.add_partner(auth="app_user", refresh_token_age=DUE)
    name = str(partner.refresh_token_name)
    world.faults.add("vault", Status(403), method="GET", path_contains=name, skip=1)
    assert run_now(world, environ_of(world, partner)).recorded == 1
    assert len(stored(world, partner)) == 1
    assert [reported["code"] for reported in lines(caplog, "SECRET_EXPIRING")] == ["vault-access-denied"]
