"""The address of a table service, told apart from the addresses that people copy instead."""

import ipaddress
import re
from urllib.parse import urlsplit

from shared.settings.values import SettingParser

EXAMPLE = "https://<account>.table.core.windows.net"

_RIGHT = f"only the table service's address, for example {EXAMPLE}"
_SERVICE = re.compile(r"([^.]*)\.(?:[^.]*\.)?(blob|dfs|file|queue|table|vault|web)\..+")
_ACCOUNT = re.compile(r"[a-z0-9]{3,24}")


def read_table_endpoint(setting: SettingParser, table_name: str) -> str | None:
    """Return the address without a slash at its end; a path (the account) is for loopback and IP hosts only."""
    url = setting.https_url(EXAMPLE, with_path=True)
    if url is None:
        return None
    parts = urlsplit(url)
    host = parts.hostname or ""
    if _is_local(host):
        return url
    path = parts.path.strip("/").lower()
    service = _SERVICE.fullmatch(host)
    if service and service[2] == "vault":
        wrong = "is the address of a key vault"
    elif service and service[2] != "table":
        wrong = f"is the address of the {service[2]} service"
    elif service and not _ACCOUNT.fullmatch(service[1]):
        wrong = "names a storage account that cannot exist (3 to 24 lower-case letters and digits)"
    elif path.partition("(")[0] in ("tables", table_name):
        wrong = "is the address of a table, not of the table service"
    elif path:
        wrong = "has a path"
    else:
        return url
    setting.add_error(wrong, _RIGHT)
    return None


def _is_local(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
