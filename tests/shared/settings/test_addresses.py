"""The services' URLs."""

from collections.abc import Callable

import pytest

from shared.settings.addresses import read_table_endpoint, read_url, read_vault_url
from tests.support.samples import wrong_of

READERS: dict[str, Callable[[str], str]] = {"url": read_url, "vault": read_vault_url, "table": read_table_endpoint}
ACCOUNT = "https://contoso1.table.core.windows.net"


@pytest.mark.parametrize(
    ("kind", "text", "url"),
    [
        ("vault", "https://contoso.vault.azure.net", None),
        ("vault", "https://contoso.vault.azure.net/", "https://contoso.vault.azure.net"),
        ("vault", "HTTPS://Contoso.vault.azure.net:443", "https://contoso.vault.azure.net"),
        ("vault", "https://contoso.vault.azure.net.:443/", "https://contoso.vault.azure.net"),
        ("vault", "https://127.0.0.1:8443", None),
        ("vault", "https://keys.contoso.com", None),
        ("url", "https://[::1]:8443/", "https://[::1]:8443"),
        ("table", ACCOUNT, None),
        ("table", "https://contoso1.table.core.chinacloudapi.cn", None),
        ("table", "https://contoso1.z12.table.storage.azure.net", None),
        ("table", "https://tables.contoso.com", None),
        ("table", "https://127.0.0.1:10002/account/", "https://127.0.0.1:10002/account"),
        ("table", "https://localhost:10002/account", None),
        ("table", "https://a.localhost:10002/account", None),
        ("table", "https://[::1]:1/account", None),
        ("table", "https://10.0.0.4/account", None),
    ],
)
def test_a_url_is_accepted(kind: str, text: str, url: str | None) -> None:
    """Without a trailing slash; a path is allowed only if it contains the account."""
    assert READERS[kind](text) == (url or text)


@pytest.mark.parametrize(
    ("kind", "wrong", "texts"),
    [
        ("url", "is not an https URL", ["http://contoso.vault.azure.net", "contoso.vault.azure.net", "https://"]),
        ("url", "is not an https URL", ["https:///path", "https://:443", "https://a b", "https://a\nb", "https://a|b"]),
        ("url", "is not an https URL", ["https://a\x01b", "https://<account>.x", "https://[::1", "https://host:99999"]),
        ("url", "is a connection string, with a key in it", ["DefaultEndpointsProtocol=https;AccountKey=aHVzaA=="]),
        ("url", "is a connection string, with a key in it", ["BlobEndpoint=https://a/;sharedaccesssignature=sv=hush"]),
        ("url", "contains a key, a query or a user", [f"{ACCOUNT}?sig=hush", f"{ACCOUNT}#hush", "https://u:hush@a.b"]),
        ("url", "contains a path", ["https://contoso.vault.azure.net/secrets/hush", "https://127.0.0.1/x"]),
        ("table", "is the address of the blob service of a storage", ["https://contoso1.blob.core.windows.net"]),
        ("table", "is the address of the queue service of a storage", ["https://c.queue.core.usgovcloudapi.net/x"]),
        ("table", "is the address of the web service of a storage", ["https://contoso1.z6.web.core.windows.net"]),
        ("table", "is the address of the read-only copy", ["https://contoso1-secondary.table.core.windows.net"]),
        ("table", "is the address of the read-only copy", ["https://c-secondary.z1.table.storage.azure.net"]),
        ("table", "is the address of a private endpoint", ["https://contoso1.privatelink.table.core.windows.net"]),
        ("table", "is the address of Cosmos DB", ["https://contoso1.table.cosmos.azure.com:443/"]),
        ("table", "is the address of a key vault, not of a table service", ["https://contoso.vault.usgovcloudapi.net"]),
        ("table", "is the address of the Azure portal", ["https://portal.azure.com/#@x/resource/subscriptions/y"]),
        ("table", "is the address of a web app", ["https://contoso1.azurewebsites.net"]),
        ("table", "contains a path, as the address of a single table does", [f"{ACCOUNT}/partnerbalances()"]),
        ("table", "contains a path, as the address of a single table does", [f"{ACCOUNT}/Tables('x')"]),
        ("table", "contains a path, as the address of a single table does", ["https://tables.contoso.com/account"]),
        ("table", "names a storage account that cannot exist", ["https://my-account.table.core.windows.net"]),
        ("table", "names a storage account that cannot exist", ["https://ab.table.core.windows.net"]),
        ("table", "names a storage account that cannot exist", ["https://table.core.windows.net"]),
        ("table", "names a storage account that cannot exist", [f"https://{'a' * 25}.table.core.windows.net"]),
        ("vault", "is the address of a table service, not of a key vault", [ACCOUNT]),
        ("vault", "is the address of a managed HSM", ["https://contoso.managedhsm.azure.net"]),
        ("vault", "is the address of a private endpoint", ["https://v.privatelink.vaultcore.azure.net"]),
    ],
)
def test_anything_but_the_services_bare_url_is_named(kind: str, wrong: str, texts: list[str]) -> None:
    """The message says what the value is, not only that it is wrong, and shows none of it."""
    for text in texts:
        found, right = wrong_of(READERS[kind], text)
        assert found.startswith(wrong)
        assert right is None
        assert "hush" not in found
