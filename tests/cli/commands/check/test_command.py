"""`check`, through a real process: every step, passing and failing, identified by its code."""

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from cli.support.tables import TableContext
from standin import StandIn
from standin.directory import SignIn
from standin.sample import summary
from standin.services.partner_center import error_response
from tests.cli.conftest import Cli, Done
from tests.support.rows import TODAY, row


def lines(done: Done, step: str, account: str = "") -> list[str]:
    """Return the lines of a step (and account), their status first."""
    found = [line for line in done.out.splitlines() if line[8:].startswith(f"{step:10}  {account}")]
    return [" ".join(line.split()) for line in found]


def test_every_step_is_shown_as_it_passes(cli: Cli, world: StandIn, place: Callable[[], TableContext]) -> None:
    """An app alone and an app with a user; nothing is left behind in the table, and each kind of credential is named."""
    app = world.add_partner(name="App", secret_expires_in=timedelta(days=9))
    user = world.add_partner(
        name="User", auth="app_user", credential="pem", items=[summary(), summary(Decimal(5), "EUR", "€")]
    )
    federated = world.add_partner(name="Bare", credential="federated")
    cli.use({"PARTNER_ACCOUNTS": json.dumps([app.account, user.account, federated.account])})
    cli.use(world.environ_archive)
    table = place().table
    table.insert([row(TODAY, tenant=app.tenant_id)])
    before = list(table.rows_of(app.tenant_id, TODAY))
    done = cli("check")
    assert (done.status, done.err) == (0, "")
    assert lines(done, "settings")[0].startswith("ok settings 3 accounts, time zone UTC, from the environment and ")
    assert world.identity.user_assigned.client_id in lines(done, "identity")[0]
    assert lines(done, "vault", "App")[0].startswith("note vault App: client secret")
    assert "expires in 9 days" in lines(done, "vault", "App")[0]
    assert lines(done, "sign-in", "App") == ["ok sign-in App: app, by a client secret"]
    assert lines(done, "balance", "App") == ["ok balance App: $68,059.03, accounting date 2018-03-16"]
    assert "only a user's sign-in can see whether there are more" in lines(done, "currencies", "App")[0]
    assert [line.split()[0] for line in lines(done, "vault", "User")] == ["ok", "ok"]
    assert lines(done, "sign-in", "User") == [
        "ok sign-in User: app with a user's consent, by a certificate; the user is admin@contoso.onmicrosoft.com"
    ]
    assert lines(done, "mfa", "User") == ["ok mfa User: Partner Center confirms that the user signed in with MFA"]
    assert lines(done, "currencies", "User")[0].startswith("note currencies User: captured: USD; NOT captured: EUR")
    assert "not needed" in lines(done, "vault", "Bare")[0]
    assert "federated" in lines(done, "sign-in", "Bare")[0]
    assert lines(done, "table") == [
        f"ok table readable; 1 of 3 accounts have their row of {TODAY}",
        "ok table rows may be inserted",
        "note table rows may be changed too: more than the job needs; the append role of infra/ has no such right",
    ]
    assert lines(done, "archive") == [
        "note archive reachable; the table does not exist yet: the first run creates it if it is allowed to"
    ]
    assert lines(done, "clock") == ["ok clock this machine and the table service agree to within five minutes"]
    assert lines(done, "ledger")[0].startswith("note ledger reachable; the table does not exist yet")
    assert done.out.splitlines()[-1] == f"Nothing failed: {len(done.out.splitlines()) - 1} findings, 5 notes."
    assert list(table.rows_of(app.tenant_id, TODAY)) == before
    assert list(table.rows_of("no-tenant", TODAY)) == []


def test_a_missing_table_is_noticed_with_the_append_role_too(cli: Cli, world: StandIn) -> None:
    """Who may not change rows is refused before the service looks for the table; it is not just empty."""
    cli.use(world.add_partner().environ)
    world.identity.user_assigned.table_rights = {"read", "add"}
    [line] = lines(cli("check"), "table")
    assert line.startswith("note table reachable; the table does not exist yet")


def test_the_append_role_is_all_that_is_needed(cli: Cli, world: StandIn, place: Callable[[], TableContext]) -> None:
    """With read and add alone nothing is remarked about the table; one without a row yet cannot tell about inserts."""
    cli.use(world.add_partner().environ, world.environ_archive)
    opened = place()
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


def test_every_step_that_can_fail_has_its_code_and_remedy(cli: Cli, world: StandIn) -> None:
    """Each account is checked up to its first failure, and one failure costs the other accounts nothing."""
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
    """A balance that Partner Center still gives although MFA is missing fails the check; a missing verdict is noted."""
    without = world.add_partner(name="Without", auth="app_user")
    token = world.entra.directory.issue_refresh_token(without.app, SignIn(mfa=False))
    world.vault.put(str(without.refresh_token_name), token, created=world.clock.now())
    world.partner_center.mfa_enforced = False
    cli.use(without.environ)
    done = cli("check")
    assert (done.status, lines(done, "mfa")) == (1, ["FAILED mfa Without: mfa-required"])
    world.partner_center.tells_mfa = False
    done = cli("check")
    assert done.status == 0
    assert "does not say whether the user signed in with MFA" in lines(done, "mfa")[0]


def forbid(rights: str, right: str) -> Callable[[StandIn], None]:
    """Return what takes a right of the identity away."""
    return lambda world: getattr(world.identity.user_assigned, rights).discard(right)


@pytest.mark.parametrize(
    ("break_it", "step", "code"),
    [
        (forbid("vault_rights", "get"), "vault", "vault-access-denied"),
        (forbid("table_rights", "read"), "table", "table-access-denied"),
        (forbid("table_rights", "add"), "table", "table-access-denied"),
    ],
    ids=["vault", "table read", "table insert"],
)
def test_a_missing_right_is_reported(
    cli: Cli,
    world: StandIn,
    place: Callable[[], TableContext],
    break_it: Callable[[StandIn], Any],
    step: str,
    code: str,
) -> None:
    """The step fails with its code, what happened and the remedy."""
    cli.use(world.add_partner(secret_expires_in=None).environ)
    place().table.insert([row(TODAY)])
    break_it(world)
    done = cli("check")
    assert done.status == 1
    assert any(line.startswith(f"FAILED {step}") and line.endswith(code) for line in lines(done, step))
    assert "        remedy: " in done.out
    if step == "table":
        assert "it has no expiry date in the vault, so nothing can warn of its end" in done.out


@pytest.mark.parametrize(
    ("zone", "schedule", "shown"),
    [
        ("UTC", "0 30 9 1 1 *", "-01-01 09:30, "),
        ("Asia/Kolkata", "0 0 0 1 jan *", "-01-01 05:30, "),
        ("UTC", "\ufeff0 30 9 1 1 *", "-01-01 09:30, "),
        ("UTC", "0 0 0 29 2 1", "does not fire in the next eight years"),
    ],
)
def test_the_next_runs_are_shown(cli: Cli, world: StandIn, zone: str, schedule: str, shown: str) -> None:
    """In the time zone of the history; a schedule that never fires is a failure."""
    cli.use(world.add_partner().environ)
    done = cli("check", SNAPSHOT_SCHEDULE=schedule, SNAPSHOT_TIME_ZONE=zone)
    assert shown in done.out
    assert done.status == ("eight years" in shown)


def test_json_has_facts(cli: Cli, world: StandIn) -> None:
    """Numbers, days and amounts in fields of their own; a token that no run has renewed is noted; the limit as it was read."""
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
