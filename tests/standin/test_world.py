"""The whole stand-in."""

import threading
from datetime import UTC, datetime, timedelta
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
from tests.standin.conftest import Waiting


def test_it_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """No thread, no folder, no listener; also when a call hangs."""
    threads = threading.active_count()
    with StandIn() as world:
        folder, url = world.ca_bundle.parent, world.identity.url
        world.faults.add("identity", Hang(), times=None)
        waiting = Waiting(url)
        world.journal.wait_for(1, "identity")
    assert isinstance(waiting.end(), requests.exceptions.ConnectionError)
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
    with pytest.raises(StandInError, match=r"Azurite is missing\. Install it\."), StandIn():
        pytest.fail("it started")
    assert threading.active_count() == threads
    assert not folders[0].exists()


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
