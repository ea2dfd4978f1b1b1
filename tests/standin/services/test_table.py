"""What the stand-in adds to Azurite: permissions, the journal, a second account. Azurite itself is not tested."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.data.tables import TableClient, UpdateMode
from azure.identity import ManagedIdentityCredential

from standin import StandIn

TENANT = "8a2b1c3d-0000-4000-8000-0123456789ab"
ROW: dict[str, Any] = {"PartitionKey": TENANT, "RowKey": "2026-11-23_USD", "BalanceAmount": 68059.03}


def test_the_journal_names_the_tenant(world: StandIn, table_client: TableClient) -> None:
    """From the body, the URL, the filter and the transaction."""
    table_client.create_entity(ROW)
    table_client.get_entity(TENANT, ROW["RowKey"])
    list(table_client.query_entities(f"PartitionKey eq '{TENANT}' and RowKey ge '2026'"))
    table_client.submit_transaction([("create", {**ROW, "RowKey": "other"})])
    assert [(call.tenant, call.detail) for call in world.journal.calls("table")] == [
        (TENANT, right) for right in ("add", "read", "read", "add")
    ]
    list(table_client.list_entities())
    assert world.journal.calls("table")[-1].tenant is None


@pytest.mark.parametrize(
    ("right", "call"),
    [
        ("read", lambda table: table.get_entity(TENANT, "there")),
        ("read", lambda table: list(table.list_entities())),
        ("add", lambda table: table.create_entity(ROW)),
        ("add", lambda table: table.submit_transaction([("create", ROW)])),
        ("add", lambda table: table.upsert_entity(ROW)),
        ("update", lambda table: table.upsert_entity(ROW, mode=UpdateMode.REPLACE)),
        ("update", lambda table: table.update_entity({**ROW, "RowKey": "there"})),
        ("update", lambda table: table.submit_transaction([("update", {**ROW, "RowKey": "there"})])),
        ("delete", lambda table: table.delete_entity(TENANT, "there")),
        ("delete", lambda table: table.submit_transaction([("delete", {**ROW, "RowKey": "there"})])),
        ("delete", lambda table: table.delete_table()),
    ],
)
def test_each_permission_can_be_removed(
    world: StandIn, table_client: TableClient, right: str, call: Callable[[TableClient], object]
) -> None:
    """Without it, the real refusal; with only the permissions needed for the call, success."""
    table_client.create_entity({**ROW, "RowKey": "there"})
    rights = world.identity.user_assigned.table_rights
    rights.discard(right)
    with pytest.raises(HttpResponseError, match="AuthorizationPermissionMismatch") as caught:
        call(table_client)
    assert caught.value.status_code == 403
    rights.add(right)
    call(table_client)


def test_an_expired_token_is_refused(world: StandIn, table_client: TableClient) -> None:
    """With a 401, before Azurite sees it."""
    world.tokens.lifetime = timedelta(hours=-1)
    credential = ManagedIdentityCredential(client_id=world.identity.user_assigned.client_id, retry_total=0)
    with (
        TableClient(world.table.endpoint, "partnerbalances", credential=credential, retry_total=0) as client,
        pytest.raises(ClientAuthenticationError, match="InvalidAuthenticationInfo"),
    ):
        client.create_table()
