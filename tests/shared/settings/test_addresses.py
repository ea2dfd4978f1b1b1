"""The addresses of services."""

import pytest

from shared.settings.addresses import read_table_endpoint, read_url, read_vault_url
from shared.settings.values import ErrorCollector, SettingParser

ACCOUNT = "https://contoso1.table.core.windows.net"


def wrong(text: str, kind: str = "url") -> tuple[str | None, str]:
    """Return the address, or what is wrong with it."""
    setting = SettingParser("A_SETTING", text, ErrorCollector())
    if kind == "table":
        url = read_table_endpoint(setting, "partnerbalances")
    else:
        url = read_vault_url(setting) if kind == "vault" else read_url(setting, "https://example")
    assert all("for example https://" in error.right for error in setting.errors.found)
    return url, "".join(error.wrong for error in setting.errors.found)


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
        ("table", "https://[::1]:1/account", None),
        ("table", "https://10.0.0.4/account", None),
    ],
)
def test_an_address_is_taken(kind: str, text: str, url: str | None) -> None:
    """Without a slash at its end; a path only where it holds the account."""
    assert wrong(text, kind) == (url or text, "")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("http://contoso.vault.azure.net", "is not an https URL"),
        ("contoso.vault.azure.net", "is not an https URL"),
        ("https://", "is not an https URL"),
        ("https:///path", "is not an https URL"),
        ("https://:443", "is not an https URL"),
        ("https://a b", "is not an https URL"),
        ("https://a\nb", "is not an https URL"),
        ("https://a\x01b", "is not an https URL"),
        ("https://a|b", "is not an https URL"),
        ("https://<account>.table.core.windows.net", "is not an https URL"),
        ("https://[::1", "is not an https URL"),
        ("https://host:99999", "is not an https URL"),
        (
            "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=aHVzaA==",
            "is a connection string, with a key in it",
        ),
        ("BlobEndpoint=https://a.blob.x/;SharedAccessSignature=sv=hush", "is a connection string, with a key in it"),
        ("https://a.table.core.windows.net?sv=2024&sig=hush", "carries a key, a query or a user"),
        ("https://a.table.core.windows.net#hush", "carries a key, a query or a user"),
        ("https://user:hush@a.table.core.windows.net", "carries a key, a query or a user"),
        ("https://contoso.vault.azure.net/secrets/hush", "carries a path"),
    ],
)
def test_what_is_not_a_bare_address_is_refused(text: str, what: str) -> None:
    """Plain http, a key or a user in the address, a path where none belongs, the example with its placeholder."""
    assert wrong(text) == (None, what)


@pytest.mark.parametrize(
    ("kind", "text", "what"),
    [
        ("table", "https://contoso1.blob.core.windows.net", "is the address of the blob service of a storage account"),
        ("table", "https://contoso1.queue.core.usgovcloudapi.net/x", "is the address of the queue service"),
        ("table", "https://contoso1.z6.web.core.windows.net", "is the address of the web service"),
        ("table", "https://contoso1-secondary.table.core.windows.net", "is the address of the read-only copy"),
        ("table", "https://contoso1.privatelink.table.core.windows.net", "is the address of a private endpoint"),
        ("table", "https://contoso1.table.cosmos.azure.com:443/", "is the address of Cosmos DB"),
        ("table", "https://contoso.vault.usgovcloudapi.net", "is the address of a key vault, not of a table service"),
        ("table", "https://portal.azure.com/#@x/resource/subscriptions/y", "is the address of the Azure portal"),
        ("table", "https://contoso1.azurewebsites.net", "is the address of a web app"),
        ("table", f"{ACCOUNT}/partnerbalances", "is the address of a table, not of the table service"),
        ("table", f"{ACCOUNT}/partnerbalances()", "is the address of a table, not of the table service"),
        ("table", f"{ACCOUNT}/Tables('x')", "is the address of a table, not of the table service"),
        ("table", f"{ACCOUNT}/other", "carries a path"),
        ("table", "https://tables.contoso.com/account", "carries a path"),
        ("table", "https://my-account.table.core.windows.net", "names a storage account that cannot exist"),
        ("table", "https://a.table.core.windows.net", "names a storage account that cannot exist"),
        ("table", "https://table.core.windows.net", "names a storage account that cannot exist"),
        (
            "table",
            "https://contoso1contoso1contoso1c.table.core.windows.net",
            "names a storage account that cannot exist",
        ),
        ("vault", ACCOUNT, "is the address of a table service, not of a key vault"),
        ("vault", "https://contoso.managedhsm.azure.net", "is the address of a managed HSM"),
        ("vault", "https://v.privatelink.vaultcore.azure.net", "is the address of a private endpoint"),
    ],
)
def test_another_services_address_is_named(kind: str, text: str, what: str) -> None:
    """What it is, not only that it is wrong."""
    url, found = wrong(text, kind)
    assert url is None
    assert found.startswith(what)
