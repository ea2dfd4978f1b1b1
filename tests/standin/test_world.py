"""The whole stand-in."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from azure.data.tables import TableClient
from azure.keyvault.secrets import SecretClient

from standin import StandIn
from standin import world as world_module
from standin.errors import StandInError
from standin.faults import Hang, Status
from standin.partner import Partner


def test_it_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """No thread, no folder, no listener; also when a call hangs."""
    threads = threading.active_count()
    with StandIn(tables=False) as world:
        folder = world.ca_bundle.parent
        url = world.identity.url
        world.faults.add("identity", Hang(), times=None)
        caught: list[type[BaseException]] = []

        def wait() -> None:
            try:
                requests.get(url, timeout=60)
            except requests.exceptions.RequestException as error:
                caught.append(type(error))

        waiter = threading.Thread(target=wait)
        waiter.start()
        world.journal.wait_for(1, "identity")
    waiter.join(20)
    assert caught == [requests.exceptions.ConnectionError]
    assert threading.active_count() == threads
    assert not folder.exists()
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(url, timeout=10)


def test_a_start_that_fails_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was started before the failure is stopped again."""
    folders: list[Path] = []

    def refuse(authority: Any, folder: Path) -> None:
        folders.append(folder)
        raise StandInError("Azurite is missing.", "Install it.")

    monkeypatch.setattr(world_module, "Azurite", refuse)
    threads = threading.active_count()
    with pytest.raises(StandInError, match=r"Azurite is missing\. Install it\.") as caught, StandIn():
        pytest.fail("it started")
    assert caught.value.remedy == "Install it."
    assert threading.active_count() == threads
    assert not folders[0].exists()


def test_without_tables_there_is_no_table_endpoint() -> None:
    """And neither Node nor Azurite is asked for."""
    with StandIn(tables=False) as world:
        assert "SNAPSHOT_TABLE_ENDPOINT" not in world.environ
        world.reset()


def test_two_worlds_do_not_meet(world: StandIn) -> None:
    """Other ports, other keys, other identities."""
    with StandIn(tables=False) as other:
        for name, value in other.environ.items():
            assert name == "NO_PROXY" or world.environ[name] != value


def test_resetting_forgets_everything(
    world: StandIn, table_client: TableClient, session: requests.Session, secret_client: SecretClient
) -> None:
    """Partners, secrets, tables, faults, rights, switches, time and calls."""
    partner = world.add_partner()
    world.faults.add(None, Status(500), times=None)
    world.clock.advance(days=1)
    world.tokens.lifetime = timedelta()
    world.identity.user_assigned.vault_rights.clear()
    world.partner_center.mfa_enforced = False
    world.entra.refuse(partner.tenant_id, 50076)
    world.reset()
    assert world.journal.count() == 0
    assert world.vault.versions(str(partner.secret_name)) == ()
    assert world.clock.now() - datetime.now(UTC) <= timedelta()
    assert world.partner_center.mfa_enforced
    configuration = f"{world.entra.url}/{partner.tenant_id}/v2.0/.well-known/openid-configuration"
    assert session.get(configuration, timeout=10).json()["error_codes"] == [90002]
    table_client.create_table()
    world.vault.put("name", "value")
    assert secret_client.get_secret("name").value == "value"


@pytest.mark.parametrize("credential", ["secret", "pkcs12", "pem", "federated"])
@pytest.mark.parametrize("auth", ["app", "app_user"])
def test_a_partner_is_known_everywhere(world: StandIn, credential: str, auth: str) -> None:
    """What its settings name is there."""
    partner = world.add_partner(credential=credential, auth=auth)
    names = [name for name in (partner.secret_name, partner.refresh_token_name) if name]
    assert len(names) == (credential != "federated") + (auth == "app_user")
    assert all(world.vault.versions(name) for name in names)
    assert world.entra.directory.app(partner.tenant_id, partner.client_id) is partner.app


def test_a_partner_has_the_balance_given(
    world: StandIn, app_token: Callable[[Partner], str], balance: Callable[..., requests.Response]
) -> None:
    """In its currency, digit for digit."""
    partner = world.add_partner(balance=Decimal("-12345678901234567.89"), currency="CHF", symbol=None)
    text = balance(app_token(partner)).content.decode("utf-8-sig")
    assert text.startswith('{"balanceAmount":-12345678901234567.89,"currencyCode":"CHF","accountingDate"')


def test_partners_may_share_a_secret_and_a_refresh_token(
    world: StandIn, app_token: Callable[[Partner], str], user_token: Callable[[Partner], str]
) -> None:
    """One app in several tenants: nothing is stored twice."""
    shared: dict[str, Any] = {
        "client_id": "11111111-0000-4000-8000-000000000000",
        "secret_name": "shared-secret",
        "refresh_token_name": "shared-token",
        "auth": "app_user",
    }
    partners = [world.add_partner(name=f"Partner {number}", **shared) for number in range(3)]
    assert all(app_token(partner) and user_token(partner) for partner in partners)
    assert len(world.vault.versions("shared-secret")) == len(world.vault.versions("shared-token")) == 1


def test_a_refresh_token_may_be_old_already(world: StandIn) -> None:
    """Created then, and with an end ninety days after that."""
    partner = world.add_partner(auth="app_user", refresh_token_age=timedelta(days=80))
    version = world.vault.versions(str(partner.refresh_token_name))[-1]
    assert version.expires_on is not None
    assert timedelta(days=9) < version.expires_on - datetime.now(UTC) < timedelta(days=10)
    assert version.expires_on - version.created == timedelta(days=90)
