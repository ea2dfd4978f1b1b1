"""The job warns before every expiry: the secret's, the certificate's and the refresh token's."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from standin import StandIn
from tests.end_to_end.conftest import environ_of
from tests.support.in_process import Edited, lines, run_now

NOON = datetime(2027, 1, 31, 12, tzinfo=UTC)
WEEK = timedelta(days=7, hours=1)
LATE = timedelta(days=1000)
ENDING: dict[str, dict[str, Any]] = {
    "a secret": {"secret_expires_in": WEEK},
    "an expired secret": {"secret_expires_in": -WEEK},  # which Entra ID still accepts
    "a certificate": {"secret_expires_in": WEEK, "credential": "pkcs12"},
    "a token": {"secret_expires_in": None, "auth": "app_user", "refresh_token_age": timedelta(days=83)},
}
LASTING: dict[str, dict[str, Any]] = {
    "a later secret": {"secret_expires_in": WEEK + timedelta(days=1)},
    "a secret without an expiry": {"secret_expires_in": None},
    "no secret": {"credential": "federated"},
    "a renewed token": {"secret_expires_in": None, "auth": "app_user", "refresh_token_age": timedelta(days=83)},
}


def test_every_expiry_is_warned_of_and_nothing_else(world: StandIn, caplog: pytest.LogCaptureFixture) -> None:
    """From the vault's date, a certificate's own end and a token's age; each with its name and days, and never its value."""
    world.clock.set(NOON)
    partners = {name: world.add_partner(name=name, **how) for name, how in (ENDING | LASTING).items()}
    ends = {name: partners[name].refresh_token_name or str(partners[name].secret_name) for name in ENDING}
    partners["an expired secret"].app.secrets.update(dict.fromkeys(partners["an expired secret"].app.secrets))
    world.vault.versions(ends["a certificate"])[0].expires_on = NOON + LATE
    world.vault.versions(ends["a token"])[0].expires_on = None
    no_successor = Edited(lambda answer, _: answer.pop("refresh_token"))
    world.faults.add("entra", no_successor, path_contains="/token", tenant=partners["a token"].tenant_id)
    values = [world.vault.versions(name)[0].value for name in ends.values()]
    assert run_now(world, environ_of(world, *partners.values())).recorded == len(partners)
    reported = {line["account"]: line for line in lines(caplog, "SECRET_EXPIRING")}
    assert reported.keys() == ENDING.keys()
    for name, line in reported.items():
        days, words = (-7, "expired 7 days ago") if name == "an expired secret" else (7, "expires in 7 days")
        assert (line["secret"], line["days"]) == (ends[name], days)
        assert line["message"] == f"The secret {ends[name]} {words}."
        assert len(line["remedy"]) > 40
    assert not any(value in caplog.text for value in values)
