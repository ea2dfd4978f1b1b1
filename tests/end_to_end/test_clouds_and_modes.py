"""Accounts of every mode, credential and cloud together, all their currencies, and their credit limits."""

import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any, ClassVar

import pytest

from standin import StandIn
from standin.sample import summary
from standin.services.identity import FEDERATION_AUDIENCES
from tests.end_to_end.conftest import environ_of, rows
from tests.support.engine import InvocationResult
from tests.support.in_process import lines, run_now

Run = Callable[..., InvocationResult]

CLOUDS = ("global", "usgov", "china")
KINDS = (
    *(
        (mode, credential, cloud)
        for mode in ("app", "app_user")
        for credential in ("secret", "federated")
        for cloud in CLOUDS
    ),
    ("app", "pkcs12", "global"),
    ("app", "pem", "china"),
    ("app_user", "pkcs12", "usgov"),
    ("app_user", "pem", "global"),
)
AUDIENCES = {
    "global": "https://api.partnercenter.microsoft.com",
    "usgov": "https://api.partnercenter.microsoft.com",
    "china": "https://partner.partnercenterapi.microsoftonline.cn",
}


def test_every_mode_credential_and_cloud_together(world: StandIn, run_once: Run) -> None:
    """All accounts from one PARTNER_ACCOUNTS: each signs in its own way, for its own cloud's audience."""
    partners = {
        (mode, credential, cloud): world.add_partner(
            name=f"{mode} {credential} {cloud}",
            auth=mode,
            credential=credential,
            cloud=cloud,
            secret_name=f"{mode.replace('_', '-')}-{credential}-{cloud}",
            refresh_token_name=f"token-{credential}-{cloud}",
        )
        for mode, credential, cloud in KINDS
    }
    result = run_once(environ_of(world, *partners.values()))
    assert result.success, result
    assert {row["PartitionKey"] for row in rows(world)} == {partner.tenant_id for partner in partners.values()}
    for (mode, credential, cloud), partner in partners.items():
        (exchange,) = world.journal.calls("entra", path_contains="/token", tenant=partner.tenant_id)
        grant = "client_credentials" if mode == "app" else "refresh_token"
        proof = credential if credential in ("secret", "federated") else "certificate"
        assert exchange.detail == f"{grant} {proof}"
        (asked,) = world.journal.calls("partner", tenant=partner.tenant_id)
        assert asked.detail == AUDIENCES[cloud]
    resources = {call.detail for call in world.journal.calls("identity")}
    assert resources >= set(FEDERATION_AUDIENCES.values())


def test_a_federated_account_needs_no_vault(world: StandIn, run_once: Run) -> None:
    """There is no secret at all: no setting names a vault, and none is called."""
    environ = environ_of(world, world.add_partner(credential="federated"))
    del environ["KEY_VAULT_URL"]
    assert run_once(environ).success
    assert world.journal.count("vault") == 0


class _Tunnel(StreamRequestHandler):
    """Notes the host of a CONNECT and connects it to the stand-in, whose certificate is for another name."""

    hosts: ClassVar[list[str]]
    port: ClassVar[int]

    def handle(self) -> None:
        """Answer the CONNECT and carry bytes both ways until one side closes."""
        self.hosts.append(self.rfile.readline().decode().split()[1])
        while self.rfile.readline().strip():
            pass
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with socket.create_connection(("127.0.0.1", self.port)) as other:
            ends = {self.connection: other, other: self.connection}
            while True:
                for end in select.select(list(ends), [], [])[0]:
                    chunk = end.recv(65536)
                    if not chunk:
                        return
                    ends[end].sendall(chunk)


@contextmanager
def proxy(port: int) -> Iterator[tuple[str, list[str]]]:
    """Run a proxy that leads everything to a port of the stand-in; yield its address and the hosts asked for."""
    hosts: list[str] = []
    handler: Any = type("Tunnel", (_Tunnel,), {"hosts": hosts, "port": port})
    with ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", hosts
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("without", "code", "hosts"),
    [
        (
            "PARTNER_LOGIN_URL",
            "sign-in-unavailable",
            ["login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn"],
        ),
        (
            "PARTNER_API_URL",
            "partner-unavailable",
            [
                "api.partnercenter.microsoft.com",
                "api.partnercenter.microsoft.com",
                "partner.partnercenterapi.microsoftonline.cn",
            ],
        ),
    ],
)
def test_each_cloud_has_its_own_addresses(world: StandIn, without: str, code: str, hosts: list[str]) -> None:
    """Without an override, and no other host: there is no instance discovery. A foreign certificate there ends it at once."""
    environ = environ_of(world, *(world.add_partner(name=cloud, cloud=cloud) for cloud in CLOUDS))
    del environ[without]
    with proxy(world.entra.port) as (address, asked):
        failed = run_now(world, environ | {"HTTPS_PROXY": address, "NO_PROXY": "127.0.0.1"}).failed
    assert sorted(asked) == [f"{host}:443" for host in sorted(hosts)]
    assert [failure.error.code for failure in failed] == [code] * len(CLOUDS)
    assert all("is not trusted" in failure.error.message for failure in failed)


def test_the_credit_limit_is_compared_in_its_own_currency_only(
    world: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    """The percentage and the column where the currencies match; one remark a run, and no guess, where none does."""
    caplog.set_level("INFO", "partner_balance_snapshots")
    items = (summary(), summary(Decimal("12.5"), "EUR", "€"))
    same = world.add_partner(name="same", credit_limit="85000 usd")
    other = world.add_partner(name="other", credit_limit="85000 GBP")
    one_of = world.add_partner(
        name="one-of", credit_limit="100 EUR", auth="app_user", balances="summaries", items=items
    )
    none_of = world.add_partner(
        name="none-of", credit_limit="1 CHF", auth="app_user", balances="summaries", items=items
    )
    environ = environ_of(world, same, other, one_of, none_of)
    assert run_now(world, environ).recorded == 4
    reported = {line["account"]: (line["currency"], line["percent"]) for line in lines(caplog, "CREDIT_USED")}
    assert reported == {"same": ("USD", 80.1), "one-of": ("EUR", 12.5)}
    limits = {(row["PartitionKey"], row["CurrencyCode"]): row.get("CreditLimit") for row in rows(world)}
    assert limits == {
        (same.tenant_id, "USD"): 85000.0,
        (other.tenant_id, "USD"): None,
        (one_of.tenant_id, "USD"): None,
        (one_of.tenant_id, "EUR"): 100.0,
        (none_of.tenant_id, "USD"): None,
        (none_of.tenant_id, "EUR"): None,
    }
    unknown = {line["account"]: line["currency"] for line in lines(caplog, "CREDIT_UNKNOWN")}
    assert unknown == {"none-of": "CHF", "other": "GBP"}
