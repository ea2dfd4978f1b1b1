"""The record of calls."""

import threading
from collections.abc import Callable

import pytest
import requests
from azure.data.tables import TableClient
from azure.keyvault.secrets import SecretClient

from standin import StandIn
from standin.journal import Call, Journal
from standin.partner import Partner


def test_a_run_of_the_job_is_told_call_by_call(
    world: StandIn,
    secret_client: SecretClient,
    app_token: Callable[[Partner], str],
    balance: Callable[..., requests.Response],
    table_client: TableClient,
) -> None:
    """Every service, what was asked for, the answer and the tenant are in it, in order."""
    partner = world.add_partner()
    secret_client.get_secret(str(partner.secret_name))
    balance(app_token(partner), **{"MS-RequestId": "one"})
    table_client.create_entity({"PartitionKey": partner.tenant_id, "RowKey": "2026-11-23_USD"})
    told = [(call.service, call.method, call.detail, call.status, call.tenant) for call in world.journal.calls()]
    tenant = partner.tenant_id
    resource = f"https://0.0.1:{world.vault.port}"
    assert [entry for entry in told if entry[3] != 401] == [
        ("identity", "GET", resource, 200, None),
        ("vault", "GET", "get", 200, None),
        ("entra", "GET", None, 200, tenant),
        ("entra", "POST", "client_credentials secret", 200, tenant),
        ("partner", "GET", "https://api.partnercenter.microsoft.com", 200, tenant),
        ("table", "POST", "add", 201, tenant),
    ]
    assert [call.request_id for call in world.journal.calls("partner")] == ["one"]


def test_nothing_secret_is_kept(
    world: StandIn,
    secret_client: SecretClient,
    user_token: Callable[[Partner], str],
    balance: Callable[..., requests.Response],
) -> None:
    """Neither a secret nor a token nor the identity header stands in any entry."""
    partner = world.add_partner(auth="app_user")
    secret_client.get_secret(str(partner.secret_name))
    token = user_token(partner)
    balance(token)
    written = repr(world.journal.calls())
    kept = [world.vault.versions(name)[-1].value for name in (partner.secret_name, partner.refresh_token_name) if name]
    assert "partner" in written
    assert not [one for one in (*kept, token, world.identity.header) if one in written]


def test_calls_are_selected_by_everything_given() -> None:
    """Conditions narrow down together."""
    journal = Journal()
    for service, method, path, tenant in (
        ("a", "GET", "/x", "1"),
        ("a", "POST", "/x/y", "2"),
        ("b", "GET", "/y", None),
    ):
        call = Call(service, method, path, None, tenant)
        journal.add(call)
        journal.answered(call, 200 if service == "a" else None)
    assert journal.count() == 3
    assert journal.count("a") == 2
    assert journal.count("a", method="POST") == 1
    assert journal.count(path_contains="y") == 2
    assert journal.count(status=200, tenant="1") == 1
    assert journal.count("b", status=200) == 0
    journal.clear()
    assert journal.count() == 0


def test_waiting_ends_with_the_call() -> None:
    """A waiting thread goes on as soon as the call has arrived."""
    journal = Journal()
    waiter = threading.Thread(target=lambda: journal.wait_for(1, "vault"))
    waiter.start()
    journal.add(Call("vault", "GET", "/", None, None))
    waiter.join(10)
    assert not waiter.is_alive()


def test_waiting_in_vain_says_for_what() -> None:
    """The error names the number, the service and the limit."""
    with pytest.raises(TimeoutError, match=r"fewer than 2 calls of vault within 0\.01 s"):
        Journal().wait_for(2, "vault", timeout=0.01)
