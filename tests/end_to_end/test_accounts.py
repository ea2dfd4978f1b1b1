"""Accounts with every mode, credential and cloud together, all their currencies, and their credit limits."""

import threading
from decimal import Decimal
from itertools import product
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import ClassVar

import pytest

from standin import StandIn
from standin.sample import summary
from standin.services.identity import FEDERATION_AUDIENCES
from tests.end_to_end.conftest import environ_of, rows
from tests.support.in_process import lines, run_now

CLOUDS = ("global", "usgov", "china")
KINDS = (
    *product(("app", "app_user"), ("secret", "federated"), CLOUDS),
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


def test_every_mode_credential_and_cloud_together(world: StandIn) -> None:
    """All accounts come from one PARTNER_ACCOUNTS. Each signs in its own way, for its own cloud's audience."""
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
    assert run_now(world, environ_of(world, *partners.values())).recorded == len(partners)
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


def test_a_federated_account_needs_no_vault(world: StandIn) -> None:
    """There is no secret: no setting names a vault, and no vault is called."""
    environ = environ_of(world, world.add_partner(credential="federated"))
    del environ["KEY_VAULT_URL"]
    assert run_now(world, environ).recorded == 1
    assert world.journal.count("vault") == 0


class Refusing(StreamRequestHandler):
    """A proxy that records the host of each CONNECT and refuses it."""

    asked: ClassVar[list[str]]

    def handle(self) -> None:
        """Refuse."""
        self.asked.append(self.rfile.readline().decode().split()[1])
        self.wfile.write(b"HTTP/1.1 403 Forbidden\r\n\r\n")


@pytest.mark.parametrize(
    ("setting", "hosts", "audience"),
    [
        (
            {"PARTNER_LOGIN_URL": ""},
            {"login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn"},
            "https://storage.azure.com",
        ),
        (
            {"PARTNER_API_URL": ""},
            {"api.partnercenter.microsoft.com", "partner.partnercenterapi.microsoftonline.cn"},
            "https://storage.azure.com",
        ),
        ({"PARTNER_LOGIN_URL": "https://direct.invalid"}, set(), "https://storage.azure.com"),
        *(
            ({"SNAPSHOT_TABLE_ENDPOINT": f"https://{host}"}, {host}, audience)
            for host, audience in (
                ("contoso.table.core.usgovcloudapi.net", "https://storage.azure.us"),
                ("contoso.table.core.chinacloudapi.cn", "https://storage.azure.cn"),
            )
        ),
    ],
)
def test_each_cloud_has_its_own_addresses(
    world: StandIn, setting: dict[str, str], hosts: set[str], audience: str
) -> None:
    """By default. No other host is called, because there is no instance discovery. The table's URL determines its cloud.

    What NO_PROXY names is not asked through the proxy.
    """
    environ = environ_of(world, *(world.add_partner(name=cloud, cloud=cloud) for cloud in CLOUDS)) | setting
    Refusing.asked = []
    with ThreadingTCPServer(("127.0.0.1", 0), Refusing) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, args=(0.01,))
        thread.start()
        address = f"http://127.0.0.1:{proxy.server_address[1]}"
        failed = run_now(world, environ | {"HTTPS_PROXY": address, "NO_PROXY": ".invalid"}).failed
        proxy.shutdown()
        thread.join()
    assert set(Refusing.asked) == {f"{host}:443" for host in hosts}
    asked = {str(call.detail) for call in world.journal.calls("identity")}
    assert {detail for detail in asked if "storage" in detail} == {audience}
    assert len(failed) == len(CLOUDS)


def test_the_credit_limit_is_compared_in_its_own_currency_only(
    world: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    """The matching currency gets the percentage and the column. If none matches, there is one remark per run and no guess."""
    items = (summary(), summary(Decimal("12.5"), "EUR", "€"))
    one_of, none_of = (
        world.add_partner(name=limit, credit_limit=limit, auth="app_user", balances="summaries", items=items)
        for limit in ("100 eur", "1 CHF")
    )
    assert run_now(world, environ_of(world, one_of, none_of)).recorded == 2
    limits = {(row["AccountName"], row["CurrencyCode"]): row.get("CreditLimit") for row in rows(world)}
    assert limits == {**dict.fromkeys(product(("100 eur", "1 CHF"), ("USD", "EUR"))), ("100 eur", "EUR"): 100.0}
    (used,), (unknown,) = lines(caplog, "CREDIT_USED"), lines(caplog, "CREDIT_UNKNOWN")
    assert (used["account"], used["currency"], used["percent"]) == ("100 eur", "EUR", 12.5)
    assert (unknown["account"], unknown["currency"]) == ("1 CHF", "CHF")
