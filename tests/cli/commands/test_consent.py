"""`consent`, through a real process and the stand-in's authorization endpoint."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from standin import StandIn
from standin.directory import SignIn
from standin.faults import Status, WrongDate
from standin.partner import Partner
from tests.cli.conftest import SECONDS, Cli, Done

NOTHING = {"BROWSER": f'{sys.executable} -c "" %s'}
AT_DEBUG = (
    "import logging, runpy; logging.basicConfig(level=logging.DEBUG); runpy.run_module('cli', run_name='__main__')"
)


@pytest.fixture
def partner(cli: Cli, world: StandIn) -> Partner:
    """Give an account that works with a user's consent."""
    partner = world.add_partner(auth="app_user", credential="pkcs12")
    cli.use(partner.environ, NOTHING)
    return partner


def person(world: StandIn, address: str) -> str:
    """Sign in as the person in front of the browser does; return where the browser is sent."""
    with requests.Session() as browser:
        answer = browser.get(address, allow_redirects=False, verify=str(world.ca_bundle), timeout=SECONDS)
    return answer.headers["Location"]


@contextmanager
def started(cli: Cli, *arguments: str, line: list[str] | None = None) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start the command and give it with the address that it printed."""
    process = subprocess.Popen(  # noqa: S603 - our own command line
        line or cli.line("consent", *arguments),
        env=cli.environ,
        cwd=cli.folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    with process:
        try:
            assert process.stdout is not None
            address = next((text.strip() for text in process.stdout if text.startswith("https://")), "")
            yield process, address
        finally:
            process.kill()


def pasted(cli: Cli, world: StandIn, *arguments: str, line: list[str] | None = None) -> tuple[Done, str]:
    """Sign in with `--no-browser`; return how it ended and the address that was pasted."""
    with started(cli, "--no-browser", *arguments, line=line) as (process, address):
        back = person(world, address)
        out, err = process.communicate(back + "\n", timeout=SECONDS)
        return Done(process.returncode, out, err), back


def stored(world: StandIn, partner: Partner) -> int:
    """Return how many versions the token's secret has."""
    return len(world.vault.versions(str(partner.refresh_token_name)))


def test_the_browser_comes_back_to_this_machine(cli: Cli, world: StandIn, partner: Partner) -> None:
    """PKCE and state guard the way; a request that is not the answer is turned away; the token is tried, then stored."""
    before = stored(world, partner)
    with started(cli) as (process, address):
        asked = parse_qs(urlsplit(address).query)
        assert asked["code_challenge_method"] == ["S256"]
        assert "offline_access" in asked["scope"][0].split()
        back = person(world, address)
        foreign = requests.get(back.partition("?")[0] + "?state=foreign&code=x", timeout=SECONDS)
        assert foreign.status_code == 404
        page = requests.get(back, timeout=SECONDS)
        assert (page.status_code, "close this page" in page.text) == (200, True)
        out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, err) == (0, "")
    assert "Partner Center accepted the token" in out
    assert "(90 days)" in out
    newest = world.vault.versions(str(partner.refresh_token_name))[-1]
    assert stored(world, partner) == before + 1
    assert newest.tags["tenantId"] == partner.tenant_id
    assert newest.expires_on is not None


def test_without_a_browser_the_address_is_pasted_and_nothing_secret_is_shown(
    cli: Cli, world: StandIn, partner: Partner
) -> None:
    """No token, code or key is printed or logged, not even at DEBUG."""
    line = [sys.executable, "-c", AT_DEBUG, "consent", "--no-browser"]
    done, back = pasted(cli, world, line=line)
    assert done.status == 0
    assert "DEBUG" in done.err
    newest = world.vault.versions(str(partner.refresh_token_name))[-1]
    [code] = parse_qs(urlsplit(back).query)["code"]
    secret = world.vault.versions(str(partner.secret_name))[-1].value
    for hidden in (newest.value, code, secret[:60], "eyJ"):
        assert hidden not in done.out + done.err


def test_a_token_without_mfa_is_not_stored(cli: Cli, world: StandIn, partner: Partner) -> None:
    """Neither when Partner Center refuses it, nor when it answers and says that MFA was missing."""
    before = stored(world, partner)
    world.entra.sign_in = SignIn(mfa=False)
    refused, _ = pasted(cli, world)
    world.partner_center.mfa_enforced = False
    reported, _ = pasted(cli, world)
    assert (refused.status, reported.status) == (1, 1)
    assert refused.err.startswith("mfa-required")
    assert "without MFA; the token is not stored" in reported.err
    assert stored(world, partner) == before


def test_a_deleted_secret_is_found_before_anybody_signs_in(cli: Cli, world: StandIn, partner: Partner) -> None:
    """Its name cannot be used until it is recovered; the command that recovers it is named whole."""
    name = str(partner.refresh_token_name)
    world.vault.delete(name)
    deleted = json.dumps(
        {"id": f"{world.vault.url}/secrets/{name}", "recoveryId": f"{world.vault.url}/deletedsecrets/{name}"}
    )
    world.faults.add("vault", Status(200, deleted), path_contains="deletedsecrets")
    vault = str(urlsplit(world.vault.url).hostname).partition(".")[0]
    done = cli("consent", "--no-browser", given="")
    assert (done.status, done.out) == (1, "")
    assert f"The secret {name} was deleted and can be recovered" in done.err
    assert f"az keyvault secret recover --vault-name {vault} --name {name}`" in done.err
    assert "https://" not in done.out


def test_a_wrong_clock_is_found_before_anybody_signs_in(cli: Cli, world: StandIn, partner: Partner) -> None:
    """The end stored with the token is counted from today."""
    before = stored(world, partner)
    world.faults.add("vault", WrongDate(timedelta(days=3)), times=None)
    done = cli("consent", "--no-browser", given="")
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("clock-wrong")
    assert stored(world, partner) == before
