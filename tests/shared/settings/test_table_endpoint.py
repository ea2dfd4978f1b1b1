"""The address of the table service."""

import pytest

from shared.settings.table_endpoint import read_table_endpoint
from shared.settings.values import ErrorCollector, SettingParser


def read(text: str) -> tuple[str | None, list[str]]:
    """Return the address and what is wrong."""
    errors = ErrorCollector()
    url = read_table_endpoint(SettingParser("A", text, errors), "partnerbalances")
    return url, [error.wrong for error in errors.found]


@pytest.mark.parametrize(
    "text",
    [
        "https://contoso1.table.core.windows.net",
        "https://contoso1.table.core.chinacloudapi.cn",
        "https://contoso1.z12.table.storage.azure.net",
        "https://tables.contoso.com",
        "https://127.0.0.1:10002/account",
        "https://localhost:10002/account",
        "https://[::1]:1/account",
        "https://10.0.0.4/account",
    ],
)
def test_a_table_service_is_taken(text: str) -> None:
    """A path only where the account stands in it."""
    assert read(text) == (text, [])


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("https://contoso1.blob.core.windows.net", "is the address of the blob service"),
        ("https://contoso1.file.core.windows.net/", "is the address of the file service"),
        ("https://contoso1.queue.core.usgovcloudapi.net/x", "is the address of the queue service"),
        ("https://contoso1.dfs.core.windows.net", "is the address of the dfs service"),
        ("https://contoso.vault.azure.net", "is the address of a key vault"),
        ("https://contoso1.table.core.windows.net/partnerbalances", "is the address of a table, not of the table"),
        ("https://contoso1.table.core.windows.net/partnerbalances()", "is the address of a table, not of the table"),
        ("https://contoso1.table.core.windows.net/Tables", "is the address of a table, not of the table service"),
        ("https://contoso1.table.core.windows.net/other", "has a path"),
        ("https://tables.contoso.com/account", "has a path"),
        ("https://my-account.table.core.windows.net", "names a storage account that cannot exist"),
        ("https://a.table.core.windows.net", "names a storage account that cannot exist"),
    ],
)
def test_another_address_is_named(text: str, wrong: str) -> None:
    """What it is, not only that it is wrong."""
    url, (found,) = read(text)
    assert url is None
    assert found.startswith(wrong)
