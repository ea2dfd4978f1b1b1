"""Every end is seen coming: the secret's, the certificate's and the refresh token's."""

from datetime import UTC, datetime, timedelta

import pytest

from standin import StandIn
from standin.partner import Partner
from standin.services.vault import Version
from tests.end_to_end.conftest import environ_of
from tests.support.in_process import Edited, lines, run_now

AHEAD = (31, 30, 29, 15, 14, 8, 7, 6, 5, 4, 3, 2, 1, 0, -1)
WARNED = [30, 14, 7, 6, 5, 4, 3, 2, 1, 0, -1]
"""The days before an end on which the job runs here, and those on which it has to warn."""

LATE = timedelta(days=1000)
NOON = datetime(2027, 1, 31, 12, tzinfo=UTC)


def stored(world: StandIn, partner: Partner) -> Version:
    """Return the only version of the app's secret or certificate."""
    (version,) = world.vault.versions(str(partner.secret_name))
    return version


def test_warnings_come_at_30_14_and_daily_from_7_days_on(world: StandIn, caplog: pytest.LogCaptureFixture) -> None:
    """By what the vault says of a secret, and by a certificate's own end when the vault's is later or unknown.

    What is over and still accepted goes on working. The line has the name and the days, and never the value.
    """
    caplog.set_level("INFO", "partner_balance_snapshots")
    world.clock.set(NOON)
    end = timedelta(days=AHEAD[0], hours=1)
    secret = world.add_partner(name="secret", secret_expires_in=end)
    secret.app.secrets.update(dict.fromkeys(secret.app.secrets))  # Entra ID knows no end of it
    certificate = world.add_partner(name="certificate", credential="pkcs12", secret_expires_in=end)
    stored(world, certificate).expires_on = NOON + LATE
    partners = (secret, certificate)
    for before, days in zip((AHEAD[0], *AHEAD), AHEAD, strict=False):
        world.clock.advance(days=before - days)
        assert run_now(world, environ_of(world, *partners)).recorded == len(partners)
    for partner in partners:
        reported = lines(caplog, "SECRET_EXPIRING", partner.name)
        assert [line["days"] for line in reported] == WARNED
        assert {line["secret"] for line in reported} == {partner.secret_name}
        assert all(line["message"] and line["remedy"] for line in reported)
        assert stored(world, partner).value not in caplog.text


def test_the_refresh_tokens_age_is_watched(world: StandIn, caplog: pytest.LogCaptureFixture) -> None:
    """A token that Entra ID gives no successor for is warned of until its day 90, then refused, and the remedy says why."""
    caplog.set_level("INFO", "partner_balance_snapshots")
    partner = world.add_partner(auth="app_user", refresh_token_age=timedelta(days=90 - AHEAD[0]))
    (version,) = world.vault.versions(str(partner.refresh_token_name))
    version.expires_on = None
    world.faults.add("entra", Edited(lambda answer, _: answer.pop("refresh_token")), path_contains="/token", times=None)
    ahead = [days for days in AHEAD if days > 0]
    for before, days in zip((AHEAD[0], *ahead), ahead, strict=False):
        world.clock.advance(days=before - days)
        assert run_now(world, environ_of(world, partner)).recorded == 1
    reported = lines(caplog, "SECRET_EXPIRING")
    assert [line["days"] for line in reported] == [days for days in WARNED if days > 0]
    assert {line["secret"] for line in reported} == {partner.refresh_token_name}
    assert reported[-1]["message"] == f"The secret {partner.refresh_token_name} expires in 1 day."
    assert version.value not in caplog.text
    world.faults.clear()
    world.clock.advance(days=1)
    (failure,) = run_now(world, environ_of(world, partner)).failed
    assert failure.error.code == "consent-required"
    assert f"expired on {version.created + timedelta(days=90):%Y-%m-%d}" in failure.error.remedy
    assert "python -m cli consent" in failure.error.remedy


def test_nothing_is_warned_of_where_nothing_ends(world: StandIn, caplog: pytest.LogCaptureFixture) -> None:
    """A secret without a noted end, a federated credential, a token that is renewed."""
    secret = world.add_partner(name="A", secret_expires_in=None)
    federated = world.add_partner(
        name="B", credential="federated", auth="app_user", refresh_token_age=timedelta(days=80)
    )
    assert run_now(world, environ_of(world, secret, federated)).recorded == 2
    assert lines(caplog, "SECRET_EXPIRING") == []
