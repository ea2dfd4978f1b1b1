"""`check --deployed`, through a real process against a function app over TLS."""

import json
import sys

import pytest
import typer

from cli.commands.check.deployed import as_function_url, master_key
from shared.job import take_snapshots
from standin import StandIn
from standin.services.partner_center import error_response
from tests.cli.conftest import Cli
from tests.support.function_app import KEY, function_app


def test_the_run_of_the_function_is_waited_for(cli: Cli, world: StandIn) -> None:
    """The function is started with its key and an empty body; runs that the ledger had before, or of a command, prove nothing."""
    one, two = world.add_partner(name="One"), world.add_partner(name="Two")
    cli.use({"PARTNER_ACCOUNTS": json.dumps([one.account, two.account])})
    take_snapshots(dict(cli.environ), run_id="an-earlier-run")
    assert cli("run").status == 0
    with function_app(world, cli.environ) as app:
        done = cli("check", "--deployed", app.url, FUNCTIONS_MASTER_KEY=KEY)
        assert app.bodies == [b"{}"]
    assert (done.status, done.err) == (0, "")
    assert (
        "0 recorded, 2 kept, 0 failed of 2 accounts; every row existed: this proves the rights on the tables"
        in done.out
    )
    assert "an-earlier-run" not in done.out
    assert KEY not in done.out


def test_a_failed_account_of_the_run_fails_the_check(cli: Cli, world: StandIn) -> None:
    """With the code and the remedy that the function left in the ledger."""
    good, bad = world.add_partner(name="Good"), world.add_partner(name="Bad")
    world.faults.add("partner", error_response(900308), tenant=bad.tenant_id, times=None)
    cli.use({"PARTNER_ACCOUNTS": json.dumps([good.account, bad.account])})
    with function_app(world, cli.environ) as app:
        done = cli("check", "--deployed", app.url, FUNCTIONS_MASTER_KEY=KEY)
    assert done.status == 1
    assert "1 recorded, 0 kept, 1 failed of 2 accounts" in done.out
    assert "FAILED  run         Bad:\n        partner-access-denied: " in done.out


@pytest.mark.parametrize("before", [False, True], ids=["no run", "only an earlier run"])
def test_a_run_that_does_not_come_fails_the_check(cli: Cli, world: StandIn, *, before: bool) -> None:
    """After the time given, with where to look; a run that the ledger had before is not the one."""
    cli.use(world.add_partner().environ)
    if before:
        take_snapshots(dict(cli.environ), run_id="an-earlier-run")
    with function_app(world, None) as app:
        done = cli("check", "--deployed", app.url, "--wait", 1, FUNCTIONS_MASTER_KEY=KEY)
    assert done.status == 1
    assert "FAILED  deployed" in done.out
    assert "the ledger has no new run of the timer after 1 s" in done.out
    assert "SNAPSHOT_FAILED" in done.out


def test_a_wrong_key_is_reported_and_not_shown(cli: Cli, world: StandIn) -> None:
    """The remedy says where to find the right one."""
    cli.use(world.add_partner().environ)
    with function_app(world, None) as app:
        done = cli("check", "--deployed", app.url, FUNCTIONS_MASTER_KEY="wrong-secret-key")
    assert done.status == 1
    assert "answered 401 instead of 202" in done.out
    assert "App keys" in done.out
    assert "wrong-secret-key" not in done.out + done.err


@pytest.mark.parametrize(
    "url", ["http://app", "app.azurewebsites.net", "https://app/api", "https://u@app", "https://app?a=b", "https://"]
)
def test_the_key_goes_to_an_https_host_alone(url: str) -> None:
    """Anything but the bare https address of an app is wrong usage; it is taken with a slash, as a browser shows it."""
    with pytest.raises(typer.BadParameter):
        as_function_url(url)
    assert as_function_url("https://app.azurewebsites.net/") == "https://app.azurewebsites.net"


def test_the_key_is_asked_for_without_echo(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is not in the environment and somebody is there to ask; elsewhere that is wrong usage."""
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("cli.commands.check.deployed.getpass", lambda _: " typed ")
    assert master_key({}) == "typed"
    assert master_key({"FUNCTIONS_MASTER_KEY": "given"}) == "given"
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    with pytest.raises(typer.BadParameter, match="FUNCTIONS_MASTER_KEY"):
        master_key({})
