"""The refresh token stays valid for years: it is renewed each week and never lost, whatever happens in between."""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs

import pytest

from shared.sign_in.refresh_token import CONTENT_TYPE
from standin import StandIn
from standin.directory import SignIn
from standin.faults import AnswerLost, Fault, Status, unavailable
from standin.partner import Partner
from standin.services.vault import Version
from tests.end_to_end.conftest import environ_of
from tests.support.in_process import Edited, Meanwhile, lines, run_now

DUE = timedelta(days=8)
LIFETIME = timedelta(days=90)


def stored(world: StandIn, partner: Partner) -> tuple[Version, ...]:
    """Return the versions of the partner's refresh token, oldest first."""
    return world.vault.versions(str(partner.refresh_token_name))


def assert_works(world: StandIn, partner: Partner) -> None:
    """Raise RefusedError unless Entra ID accepts the token that the vault would return now."""
    world.entra.directory.refresh_grant(partner.app, stored(world, partner)[-1].value)


def test_renewal_outlasts_a_tokens_lifetime(world: StandIn, caplog: pytest.LogCaptureFixture) -> None:
    """Daily for three weeks, then every eighth day past day 90: one token a week is stored, and every version has its metadata."""
    partner = world.add_partner(auth="app_user", secret_expires_in=None)
    for pause in [1] * 21 + [8] * 10:
        assert run_now(world, environ_of(world, partner)).recorded == 1
        assert_works(world, partner)
        world.clock.advance(days=pause)
    versions = stored(world, partner)
    assert len(versions) == len({version.value for version in versions}) == 1 + 3 + 9
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


def _storing_gets(fault: Fault, times: int | None = None) -> Callable[[StandIn, Partner], object]:
    return lambda world, _: world.faults.add("vault", fault, method="PUT", times=times)


def _no_second_look(world: StandIn, partner: Partner) -> None:
    name = str(partner.refresh_token_name)
    world.faults.add("vault", Status(403), method="GET", path_contains=name, skip=1)


def _deleted(world: StandIn, partner: Partner) -> None:
    world.faults.add("partner", Meanwhile(lambda _: world.vault.delete(str(partner.refresh_token_name))))


def _consented(world: StandIn, partner: Partner) -> None:
    token = world.entra.directory.issue_refresh_token(partner.app, SignIn(user="new@contoso.onmicrosoft.com"))
    world.faults.add("partner", Meanwhile(lambda _: world.vault.put(str(partner.refresh_token_name), token)))


@pytest.mark.parametrize(
    ("arrange", "code", "versions"),
    [
        (_storing_gets(unavailable(0)), "vault-unreachable", 1),
        (_storing_gets(Status(200, "{}", {"Retry-After": "0"})), "vault-unreachable", 1),
        (_storing_gets(Status(404, "{}")), "vault-unreachable", 1),
        (_storing_gets(AnswerLost(), times=1), None, 2),
        (_no_second_look, "vault-access-denied", 1),
        (_deleted, "vault-secret-missing", 0),  # somebody deleted it on purpose
        (_consented, None, 2),  # it may be another person's; the previous token's successor would undo the change
    ],
    ids=["503", "not an answer", "404", "answer lost", "no second look", "deleted", "a new consent"],
)
def test_what_happens_before_the_new_token_is_stored(
    world: StandIn,
    caplog: pytest.LogCaptureFixture,
    arrange: Callable[[StandIn, Partner], object],
    code: str | None,
    versions: int,
) -> None:
    """The day is recorded. A failure is reported with its remedy and the old token's remaining lifetime; no token is logged."""
    caplog.set_level("DEBUG")
    partner = world.add_partner(auth="app_user", refresh_token_age=DUE)
    arrange(world, partner)
    assert run_now(world, environ_of(world, partner)).recorded == 1
    for reported in lines(caplog, "SECRET_EXPIRING"):
        assert (reported["code"], reported["secret"], reported["days"]) == (code, partner.refresh_token_name, 82)
        assert reported["message"].startswith("Could not replace the refresh token")
        assert "expires in 82 days" in reported["message"]
        assert len(reported["remedy"]) > 40
    assert len(lines(caplog, "SECRET_EXPIRING")) == (code is not None)
    assert len({version.value for version in stored(world, partner)}) == versions
    assert not any(secret in caplog.text for secret in world.entra.directory.issued)
    world.faults.clear()
    world.clock.advance(days=1)
    if versions:
        assert_works(world, partner)
        assert run_now(world, environ_of(world, partner)).recorded == 1
        assert len({version.value for version in stored(world, partner)}) == 2


def test_accounts_that_share_a_token_store_one(world: StandIn) -> None:
    """One app in two tenants with one user: one new version, which works for both, whatever the name's capitalization."""
    first = world.add_partner(name="One", auth="app_user", refresh_token_name="shared", refresh_token_age=DUE)
    second = world.add_partner(name="Two", auth="app_user", refresh_token_name="Shared", client_id=first.client_id)
    for _ in range(2):
        assert run_now(world, environ_of(world, first, second)).recorded == 2
        assert len(world.vault.versions("shared")) == 2
        world.clock.advance(days=1)


def _the_same(answer: dict[str, Any], request: bytes) -> None:
    answer["refresh_token"] = parse_qs(request.decode())["refresh_token"][0]


def test_without_a_successor_the_old_token_stays(world: StandIn, caplog: pytest.LogCaptureFixture) -> None:
    """The token expires on its own day 90. The warning gives that date, and the token is not stored again with a later one."""
    partner = world.add_partner(auth="app_user", refresh_token_age=timedelta(days=60))
    world.faults.add("entra", Edited(_the_same), path_contains="/token", times=None)
    assert run_now(world, environ_of(world, partner)).recorded == 1
    assert len(stored(world, partner)) == 1
    (reported,) = lines(caplog, "SECRET_EXPIRING")
    assert (reported["secret"], reported["days"]) == (partner.refresh_token_name, 30)
    assert "python -m cli consent" in reported["remedy"]


def _without_dates(answer: dict[str, Any], _: bytes) -> None:
    answer["attributes"] = {"enabled": True}


def test_a_manually_stored_token_is_taken_over(world: StandIn) -> None:
    """With a byte order mark and a line break, and without a content type, expiry or even age, it is used and replaced by a complete one."""
    partner = world.add_partner(auth="app_user")
    name = str(partner.refresh_token_name)
    world.vault.put(name, f"\ufeff{stored(world, partner)[0].value}\r\n")
    world.faults.add("vault", Edited(_without_dates), method="GET", path_contains=name, times=None)
    assert run_now(world, environ_of(world, partner)).recorded == 1
    assert stored(world, partner)[-1].content_type == CONTENT_TYPE
    assert_works(world, partner)
