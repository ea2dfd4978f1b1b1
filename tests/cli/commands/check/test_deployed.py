"""`check --deployed`, through a real process against a function app over TLS."""

import json
import os
import sys
from collections.abc import Callable

import pytest
import typer

from cli.commands.check.deployed import as_function_url, master_key
from cli.support.tables import TableContext
from shared.job import take_snapshots
from shared.services import new_id
from standin import StandIn
from standin.faults import Status
from tests.cli.conftest import Cli
from tests.support.function_app import KEY, function_app
from tests.support.rows import TODAY


def timer_run(cli: Cli) -> None:
    """Do what the function does when it is started."""
    take_snapshots(os.environ | cli.environ, run_id=new_id())


def test_it_waits_for_the_functions_run(cli: Cli, world: StandIn, connect: Callable[[], TableContext]) -> None:
    """The function is started with its key and an empty body. Earlier runs, a command's runs and foreign rows prove nothing."""
    one, two = world.add_partner(name="One"), world.add_partner(name="Two")
    cli.use({"PARTNER_ACCOUNTS": json.dumps([one.account, two.account])})
    take_snapshots(dict(cli.environ), run_id="an-earlier-run")
    assert cli("run").status == 0

    def run() -> None:
        key, foreign = f"{TODAY}T00:00:00.000000Z_a", {"SnapshotDate": f"{TODAY}", "Trigger": "timer"}
        connect().ledger.insert([{"PartitionKey": "run", "RowKey": key, **foreign}])
        timer_run(cli)

    with function_app(world, run) as app:
        done = cli("check", "--deployed", app.url, "--wait", 30, FUNCTIONS_MASTER_KEY=KEY)
        assert app.bodies == [b"{}"]
    assert (done.status, done.err) == (0, "")
    assert "0 recorded, 2 kept, 0 failed of 2 accounts; every row already existed: this tests" in done.out
    assert "an-earlier-run" not in done.out
    assert KEY not in done.out


def test_a_failed_account_in_the_run_fails_the_check(cli: Cli, world: StandIn) -> None:
    """With the code and remedy that the function left in the ledger: the missing role is the function's, not the reader's."""
    good, bad = world.add_partner(name="Good"), world.add_partner(name="Bad")
    denied = Status(403, json.dumps({"error": {"code": "ForbiddenByRbac"}}))
    world.faults.add("vault", denied, path_contains=str(bad.secret_name), times=None)
    cli.use({"PARTNER_ACCOUNTS": json.dumps([good.account, bad.account])})
    with function_app(world, lambda: timer_run(cli)) as app:
        done = cli("check", "--deployed", app.url, "--wait", 30, FUNCTIONS_MASTER_KEY=KEY)
    assert done.status == 1
    assert "1 recorded, 0 kept, 1 failed of 2 accounts" in done.out
    assert "FAILED  run         Bad: vault-access-denied\n" in done.out
    assert "remedy: Give the identity the Key Vault Secrets User role" in done.out


def test_a_run_that_never_comes_fails_the_check(cli: Cli, world: StandIn) -> None:
    """After the given time, with a hint where to look."""
    cli.use(world.add_partner().environ)
    with function_app(world, lambda: None) as app:
        done = cli("check", "--deployed", app.url, "--wait", 1, FUNCTIONS_MASTER_KEY=KEY)
    assert done.status == 1
    assert "FAILED  deployed\n        no new timer run appeared in the ledger within 1 s" in done.out
    assert "SNAPSHOT_FAILED" in done.out


@pytest.mark.parametrize(
    ("key", "answer", "message"),
    [
        ("wrong-secret-key", b"", "answered 401, without a reason\n        remedy: Check the master key"),
        (KEY, b"202 Acc", "the response was cut off\n        remedy: Check the address"),
        (KEY, b"200 OK\r\nContent-Length: 2\r\n\r\n{}", "answered 200\n        remedy: Try again in a minute"),
        (KEY, b"302 Found\r\nLocation: https://portal.example/\r\n\r\n", "a redirect to portal.example"),
        (KEY, b"403 No\r\n\r\n<html>It is stopped.</html>", "'It is stopped.'\n        remedy: Check that the function app is running"),
        (KEY, b"503 No\r\n\r\nThe host of the-master-key is not running.", "503, The host of *** is not running."),
    ],
)  # fmt: skip
def test_only_a_complete_202_means_that_the_function_started(
    cli: Cli, world: StandIn, key: str, answer: bytes, message: str
) -> None:
    """Any other response is reported like the other services' responses: its text, without the key, and a matching remedy."""
    cli.use(world.add_partner().environ)
    with function_app(world, lambda: None, answer and b"HTTP/1.1 " + answer) as app:
        done = cli("check", "--deployed", app.url, "--wait", 30, FUNCTIONS_MASTER_KEY=key)
    assert done.status == 1
    assert message in done.out
    assert key not in done.out + done.err


@pytest.mark.parametrize(
    "url", ["http://app", "app.azurewebsites.net", "https://app/api", "https://u@app", "https://app?a=b", "https://"]
)
def test_the_key_goes_only_to_an_https_host(url: str) -> None:
    """Anything but an app's bare https URL is wrong usage. A trailing slash, as browsers show it, is accepted."""
    with pytest.raises(typer.BadParameter):
        as_function_url(url)
    assert as_function_url("https://app.azurewebsites.net/") == "https://app.azurewebsites.net"


def test_the_key_prompt_does_not_echo(monkeypatch: pytest.MonkeyPatch) -> None:
    """It prompts if the environment has no key and there is a terminal. Otherwise, and for a key that no header can hold, it is wrong usage."""
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("cli.commands.check.deployed.getpass", lambda _: " typed ")
    assert master_key({}) == "typed"
    assert master_key({"FUNCTIONS_MASTER_KEY": "given"}) == "given"
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    with pytest.raises(typer.BadParameter, match="FUNCTIONS_MASTER_KEY"):
        master_key({})
    for damaged in ("the-\nkey", "ключ"):
        with pytest.raises(typer.BadParameter, match="copy the key again"):
            master_key({"FUNCTIONS_MASTER_KEY": damaged})
