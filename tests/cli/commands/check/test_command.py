"""`check`, through a real process: every step, passing and failing, identified by its code."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from cli.support.tables import TableContext
from standin import StandIn
from standin.directory import SignIn
from standin.sample import summary
from standin.services.partner_center import error_response
from tests.cli.conftest import Cli, Done
from tests.support.rows import TODAY, row

# `...` replaces a name or day that varies.
ALL_STEPS = f"""
ok      settings    3 accounts, time zone UTC, from the environment and ...local.settings.json
ok      identity    in Azure you are the app ...
note    vault       App: client secret ...: exists; expires in 9 days (...)
ok      sign-in     App: app, by a client secret
ok      balance     App: $68,059.03, accounting date 2018-03-16
ok      currencies  App: captured: USD; only a user's sign-in can see whether there are more
ok      vault       User: certificate ...: exists; expires in 365 days (...)
ok      vault       User: refresh token ...: exists; expires in 90 days (...)
ok      sign-in     User: app with a user's consent, by a certificate; the user is admin@contoso.onmicrosoft.com
ok      balance     User: $68,059.03, accounting date 2018-03-16
ok      mfa         User: Partner Center confirms that the user signed in with MFA
note    currencies  User: captured: USD; NOT captured: EUR: set PARTNER_BALANCES to summaries (with PARTNER_AUTH app_user)
ok      vault       Bare: not needed: the app signs in with the Azure identity's token (federated)
ok      sign-in     Bare: app, by the Azure identity's token (federated)
ok      balance     Bare: $68,059.03, accounting date 2018-03-16
ok      currencies  Bare: captured: USD; only a user's sign-in can see whether there are more
ok      table       readable; 1 of 3 accounts have their row for {TODAY}
ok      table       rows may be inserted
note    table       rows may also be changed, which the job does not need; the append role from infra/ does not allow it
ok      clock       this machine and the table service agree to within five minutes
note    archive     reachable; the table does not exist yet: the first run creates it if it has permission
note    ledger      reachable; the table does not exist yet: the first run creates it if it has permission
Nothing failed: 22 findings, 5 notes.
"""


def lines(done: Done, step: str) -> list[str]:
    """Return the lines of a step, starting with their status."""
    return [" ".join(line.split()) for line in done.out.splitlines() if line[8:].startswith(f"{step:10}  ")]


def test_every_step_is_shown_as_it_passes(cli: Cli, world: StandIn, connect: Callable[[], TableContext]) -> None:
    """For an app-only, an `app_user` and a federated account; nothing is left behind in the table."""
    items = [summary(), summary(Decimal(5), "EUR", "€")]
    accounts = [
        world.add_partner(name="App", secret_expires_in=timedelta(days=9)).account,
        world.add_partner(name="User", auth="app_user", credential="pem", items=items).account,
        world.add_partner(name="Bare", credential="federated").account,
    ]
    cli.use({"PARTNER_ACCOUNTS": json.dumps(accounts)}, world.environ_archive)
    made, table = row(TODAY, tenant=str(accounts[0]["tenantId"])), connect().table
    table.insert([made])
    done = cli("check")
    assert (done.status, done.err) == (0, "")
    for shown, expected in zip(done.out.splitlines(), ALL_STEPS.strip().splitlines(), strict=True):
        assert re.fullmatch(re.escape(expected).replace(r"\.\.\.", ".+"), shown), shown
    assert [*table.tenants()] == [made["PartitionKey"]]


def test_the_append_role_is_all_that_is_needed(cli: Cli, world: StandIn, connect: Callable[[], TableContext]) -> None:
    """With read and add rights only, there are no notes about the table. An empty table cannot tell about inserts; a missing one is noted."""
    cli.use(world.add_partner().environ, world.environ_archive)
    opened = connect()
    opened.table.insert([row(TODAY)])
    assert opened.archive is not None
    opened.archive.insert([row(TODAY)])
    opened.archive._client.delete_entity(dict(row(TODAY)))
    world.identity.user_assigned.table_rights = {"read", "add"}
    done = cli("check")
    assert done.status == 0
    assert lines(done, "table")[1:] == [
        "ok table rows may be inserted",
        "ok table rows cannot be changed, as it should be",
    ]
    assert lines(done, "archive")[1] == "note archive empty: the first insert will show whether rows may be inserted"
    assert lines(done, "ledger")[0].startswith("note ledger reachable; the table does not exist yet")
    world.identity.user_assigned.table_rights = {"read"}
    refused = cli("check")
    assert (refused.status, lines(refused, "table")[1]) == (1, "FAILED table table-access-denied")


def test_every_step_that_can_fail_has_its_code_and_remedy(cli: Cli, world: StandIn) -> None:
    """Each account is checked up to its first failure, and one account's failure does not affect the others."""
    missing, expired, without, denied, good = (
        world.add_partner(name="Missing", secret_name="there"),
        world.add_partner(name="Expired", secret_expires_in=timedelta(days=-3)),
        world.add_partner(name="Without", auth="app_user"),
        world.add_partner(name="Denied"),
        world.add_partner(name="Good"),
    )
    world.vault.delete("there")
    expired.app.secrets.clear()
    token = world.entra.directory.issue_refresh_token(without.app, SignIn(mfa=False))
    world.vault.put(str(without.refresh_token_name), token)
    world.faults.add("partner", error_response(900308), tenant=denied.tenant_id, times=None)
    accounts = [partner.account for partner in (missing, expired, without, denied, good)]
    cli.use({"PARTNER_ACCOUNTS": json.dumps(accounts)})
    done = cli("check", "--format", "json")
    document = json.loads(done.out)
    assert (done.status, document["ok"]) == (1, False)
    failed = {finding["account"]: finding for finding in document["findings"] if finding["status"] == "failed"}
    assert {name: (finding["step"], finding["code"]) for name, finding in failed.items()} == {
        "Missing": ("vault", "vault-secret-missing"),
        "Expired": ("sign-in", "sign-in-rejected"),
        "Without": ("balance", "mfa-required"),
        "Denied": ("balance", "partner-access-denied"),
    }
    assert all(finding["message"] and finding["remedy"] for finding in failed.values())
    assert failed["Denied"]["requestId"]
    assert "expired on" in failed["Expired"]["remedy"]
    steps = [finding["step"] for finding in document["findings"] if finding.get("account") == "Good"]
    assert steps == ["vault", "sign-in", "balance", "currencies"]


def test_the_verdict_on_mfa_is_reported(cli: Cli, world: StandIn) -> None:
    """The check fails if Partner Center returns a balance but says that MFA is missing; a missing verdict is noted."""
    without = world.add_partner(name="Without", auth="app_user")
    token = world.entra.directory.issue_refresh_token(without.app, SignIn(mfa=False))
    world.vault.put(str(without.refresh_token_name), token, created=world.clock.now())
    world.partner_center.mfa_enforced = False
    cli.use(without.environ)
    done = cli("check")
    assert (done.status, lines(done, "mfa")) == (1, ["FAILED mfa Without: mfa-required"])
    world.partner_center.reports_mfa = False
    done = cli("check")
    assert done.status == 0
    assert "did not report whether the user signed in with MFA" in lines(done, "mfa")[0]


@pytest.mark.parametrize(
    ("zone", "schedule", "shown"),
    [
        ("Asia/Kolkata", "0 0 0 1 jan *", "-01-01 05:30, "),
        ("UTC", "0 0 0 29 2 1", "does not fire in the next eight years"),
    ],
)
def test_the_next_runs_are_shown(cli: Cli, world: StandIn, zone: str, schedule: str, shown: str) -> None:
    """In the history's time zone; a schedule that never fires is a failure."""
    cli.use(world.add_partner().environ)
    done = cli("check", SNAPSHOT_SCHEDULE=schedule, SNAPSHOT_TIME_ZONE=zone)
    assert shown in done.out
    assert done.status == ("eight years" in shown)


def test_json_has_facts(cli: Cli, world: StandIn) -> None:
    """Numbers, days and amounts have their own fields. A token that no run has renewed is noted; the limit is exact."""
    partner = world.add_partner(
        auth="app_user",
        refresh_token_age=timedelta(days=20),
        secret_expires_in=timedelta(days=40),
        credit_limit="100000 USD",
    )
    cli.use(partner.environ)
    findings = json.loads(cli("check", "--format", "json").out)["findings"]
    vault = [finding for finding in findings if finding["step"] == "vault"]
    assert [finding.get("daysLeft") for finding in vault] == [40, 70, None]
    assert vault[2]["ageDays"] == 20
    assert "may not set secrets" in vault[2]["message"]
    [limit] = [finding for finding in findings if finding["step"] == "limit"]
    assert (limit["creditLimit"], limit["creditUsedPercent"], limit["currency"]) == ("100000", 68.1, "USD")
    [balance] = [finding for finding in findings if finding["step"] == "balance"]
    assert (balance["balance"], balance["currency"]) == ("68059.03", "USD")
