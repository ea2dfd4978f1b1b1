"""The addresses of services: bare https URLs, and what else people copy instead."""

import ipaddress
import re
from urllib.parse import urlsplit

from shared.settings.values import SettingParser

TABLE_EXAMPLE = "https://<account>.table.core.windows.net"
VAULT_EXAMPLE = "https://<vault>.vault.azure.net"

_TABLE, _VAULT = "a table service", "a key vault"

_KINDS = (
    (r".+\.privatelink\..+", "a private endpoint, which the service's public name leads to as well"),
    (r".+\.(?:table\.cosmos|documents)\.azure\..+", "Cosmos DB"),
    (r".+\.(blob|dfs|file|queue|web)\.(?:core|storage)\..+", r"the \1 service of a storage account"),
    (r".+-secondary\.table\.(?:core|storage)\..+", "the read-only copy of a table service"),
    (r"(?:.*\.)?table\.(?:core|storage)\..+", _TABLE),
    (r".+\.vault(?:core)?\.(?:azure|usgovcloudapi|microsoftazure)\..+", _VAULT),
    (r".+\.managedhsm\.azure\..+", "a managed HSM"),
    (r"(?:portal|management)\.(?:azure|chinacloudapi|usgovcloudapi)\..+", "the Azure portal"),
    (r".+\.(?:azurewebsites|chinacloudsites)\..+", "a web app"),
)
"""What the host of an Azure service looks like; the first match counts, and hosts of one's own match none."""

_HOST = re.compile(r"[0-9a-z._:-]+")
_ACCOUNT = re.compile(r"[a-z0-9]{3,24}\.(?:[^.]+\.)?table\.")


def read_url(setting: SettingParser, example: str, *, kind: str | None = None, with_path: bool = False) -> str | None:
    """Return an https address without a slash at its end; a key, a query, a user or another kind of service is refused."""
    if setting.text is None:
        return None
    try:
        parts = urlsplit(setting.text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    found = _kind(host)
    if re.search("AccountKey=|SharedAccessSignature=", setting.text, re.IGNORECASE):
        wrong = "is a connection string, with a key in it"
    elif parts.scheme != "https" or not _HOST.fullmatch(host) or re.search(r"\s", setting.text):
        wrong = "is not an https URL"
    elif kind and found not in (kind, None):
        wrong = f"is the address of {found}, not of {kind}"
    elif parts.query or parts.fragment or "@" in parts.netloc:
        wrong = "carries a key, a query or a user"
    elif parts.path.rstrip("/") and not with_path:
        wrong = "carries a path"
    else:
        return f"https://{parts.netloc.lower().removesuffix(':443').removesuffix('.')}{parts.path.rstrip('/')}"
    setting.add_error(wrong, f"only the address, for example {example}")
    return None


def read_vault_url(setting: SettingParser) -> str | None:
    """Return the address of a key vault."""
    return read_url(setting, VAULT_EXAMPLE, kind=_VAULT)


def read_table_endpoint(setting: SettingParser, table_name: str) -> str | None:
    """Return the address of a table service; a path (the account) is for loopback and IP hosts only."""
    url = read_url(setting, TABLE_EXAMPLE, kind=_TABLE, with_path=True)
    parts = urlsplit(url or "")
    host, path = parts.hostname or "", parts.path.strip("/").lower()
    if url is None or _is_local(host):
        return url
    if path.partition("(")[0] in ("tables", table_name):
        wrong = "is the address of a table, not of the table service"
    elif path:
        wrong = "carries a path"
    elif _kind(host) and not _ACCOUNT.match(host):
        wrong = "names a storage account that cannot exist (3 to 24 lower-case letters and digits)"
    else:
        return url
    setting.add_error(wrong, f"only the address, for example {TABLE_EXAMPLE}")
    return None


def _kind(host: str) -> str | None:
    matches = ((re.fullmatch(pattern, host), kind) for pattern, kind in _KINDS)
    return next((match.expand(kind) for match, kind in matches if match), None)


def _is_local(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
