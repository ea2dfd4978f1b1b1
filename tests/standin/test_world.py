"""The whole stand-in."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import requests
from azure.data.tables import TableClient
from azure.keyvault.secrets import SecretClient

from standin import StandIn
from standin.faults import Hang, Status


def test_it_leaves_nothing_behind() -> None:
    """No thread, no folder and no listener, even when a call hangs."""
    threads = threading.active_count()
    with ThreadPoolExecutor(1) as client, StandIn() as world:
        folder, url = world.ca_bundle.parent, world.identity.url
        world.faults.add("identity", Hang(), times=None)
        waiting = client.submit(requests.get, url, timeout=60)
        world.journal.wait_for(1, "identity")
    assert isinstance(waiting.exception(20), requests.exceptions.ConnectionError)
    assert threading.active_count() == threads
    assert not folder.exists()
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(url, timeout=10)


def test_resetting_forgets_everything(
    world: StandIn, table_client: TableClient, session: requests.Session, secret_client: SecretClient
) -> None:
    """Partners, secrets, tables, faults, permissions, switches, time and calls."""
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
