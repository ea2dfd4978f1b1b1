"""`consent`, through a real process and the stand-in's authorization endpoint."""

import json
import sys
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from standin import StandIn
from standin.directory import SignIn
from standin.faults import Status, WrongDate
from standin.partner import Partner
from tests.cli.conftest import SECONDS, Cli, person

AT_DEBUG = (
    "import logging, runpy; logging.basicConfig(level=logging.DEBUG); runpy.run_module('cli', run_name='__main__')"
)


@pytest.fixture
def partner(cli: Cli, world: StandIn) -> Partner:
    """Return an `app_user` account, and set up a browser."""
    partner = world.add_partner(auth="app_user", credential="pkcs12")
    cli.use(partner.environ, person(cli))
    return partner


def stored(world: StandIn, partner: Partner) -> int:
    """Return how many versions the token's secret has."""
    return len(world.vault.versions(str(partner.refresh_token_name)))


def test_the_browser_redirects_to_this_machine(cli: Cli, world: StandIn, partner: Partner) -> None:
    """PKCE and state protect the redirect, and other requests are rejected. The token, here the first, is tried before it is stored."""
    world.vault.delete(str(partner.refresh_token_name))
    done = cli("consent")
    assert (done.status, done.err) == (0, "")
    assert "Partner Center accepted the token" in done.out
    assert "(90 days)" in done.out
    address, foreign = json.loads((cli.folder / "browsed.json").read_text(encoding="utf-8"))
    asked = parse_qs(urlsplit(address).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert "offline_access" in asked["scope"][0].split()
    assert foreign == 404
    newest = world.vault.versions(str(partner.refresh_token_name))[-1]
    assert stored(world, partner) == 1
    assert newest.tags["tenantId"] == partner.tenant_id
    assert newest.expires_on is not None


def test_without_a_browser_the_url_is_pasted_and_nothing_secret_is_shown(
    cli: Cli, world: StandIn, partner: Partner
) -> None:
    """No token, code or key is printed or logged, not even at DEBUG."""
    with cli.start([sys.executable, "-c", AT_DEBUG, "consent", "--no-browser"]) as process:
        assert process.stdout is not None
        address = next((text.strip() for text in process.stdout if text.startswith("https://")), "")
        with requests.Session() as browser:
            answer = browser.get(address, allow_redirects=False, verify=str(world.ca_bundle), timeout=SECONDS)
        back = answer.headers["Location"]
        out, err = process.communicate(f' "{back}"\n', timeout=SECONDS)
    assert process.returncode == 0
    assert "DEBUG" in err
    newest = world.vault.versions(str(partner.refresh_token_name))[-1]
    [code] = parse_qs(urlsplit(back).query)["code"]
    secret = world.vault.versions(str(partner.secret_name))[-1].value
    for hidden in (newest.value, code, secret[:60], "eyJ"):
        assert hidden not in out + err


def test_a_token_without_mfa_is_not_stored(cli: Cli, world: StandIn, partner: Partner) -> None:
    """Neither when Partner Center refuses it nor when it accepts it but says that MFA was missing."""
    before = stored(world, partner)
    world.entra.sign_in = SignIn(mfa=False)
    refused = cli("consent")
    world.partner_center.mfa_enforced = False
    reported = cli("consent")
    assert (refused.status, reported.status) == (1, 1)
    assert refused.err.startswith("mfa-required")
    assert "without MFA, so the token was not stored" in reported.err
    assert stored(world, partner) == before


def test_vault_problems_are_found_before_anybody_signs_in(cli: Cli, world: StandIn, partner: Partner) -> None:
    """The stored token's expiry counts from today. A deleted secret's name stays reserved, and the message has the whole recovery command."""
    name, vault = str(partner.refresh_token_name), str(urlsplit(world.vault.url).hostname).partition(".")[0]
    clock = world.faults.add("vault", WrongDate(timedelta(days=3)), times=None)
    wrong = cli("consent", "--no-browser")
    assert (wrong.status, wrong.out) == (1, "")
    assert wrong.err.startswith("clock-wrong")
    clock.remove()
    world.vault.delete(name)
    ids = {"id": f"{world.vault.url}/secrets/{name}", "recoveryId": f"{world.vault.url}/deletedsecrets/{name}"}
    world.faults.add("vault", Status(200, json.dumps(ids)), path_contains="deletedsecrets")
    done = cli("consent", "--no-browser")
    assert (done.status, done.out) == (1, "")
    assert f"The secret {name} was deleted but not purged" in done.err
    assert f"az keyvault secret recover --vault-name {vault} --name {name}`" in done.err
