"""Service addresses: bare https URLs, and what people copy instead."""

import ipaddress
import re
from functools import partial
from urllib.parse import urlsplit

from shared.settings.setting import WrongValue

_TABLE, _VAULT = "a table service", "a key vault"

_KINDS = (
    (r".+\.privatelink\..+", "a private endpoint, to which the service's public name also resolves"),
    (r".+\.(?:table\.cosmos|documents)\.azure\..+", "Cosmos DB"),
    (r".+\.(blob|dfs|file|queue|web)\.(?:core|storage)\..+", r"the \1 service of a storage account"),
    (r".+-secondary\.(?:.+\.)?table\.(?:core|storage)\..+", "the read-only copy of a table service"),
    (r"(?:.*\.)?table\.(?:core|storage)\..+", _TABLE),
    (r".+\.vault(?:core)?\.(?:azure|usgovcloudapi|microsoftazure)\..+", _VAULT),
    (r".+\.managedhsm\.azure\..+", "a managed HSM"),
    (r"(?:portal|management)\.(?:azure|chinacloudapi|usgovcloudapi)\..+", "the Azure portal"),
    (r".+\.(?:azurewebsites|chinacloudsites)\..+", "a web app"),
)
"""What the hosts of Azure services look like. The first match counts; custom host names match none."""

_HOST = re.compile(r"[0-9a-z._:-]+")
_ACCOUNT = re.compile(r"[a-z0-9]{3,24}\.(?:[^.]+\.)?table\.")
_KEY = re.compile("AccountKey=|SharedAccessSignature=", re.IGNORECASE)


def read_url(text: str, kind: str | None = None) -> str:
    """Read a service's https address and remove a trailing slash. An Azure host must be of this kind.

    Only a table service on a loopback or IP host may have a path (the account).
    """
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    matches = ((re.fullmatch(pattern, host), name) for pattern, name in _KINDS)
    found = next((match.expand(name) for match, name in matches if match), None)
    path, table = parts.path.rstrip("/"), kind == _TABLE
    causes = (
        (_KEY.search(text), "is a connection string, with a key in it"),
        (parts.scheme != "https" or not _HOST.fullmatch(host) or re.search(r"\s", text), "is not an https URL"),
        (kind and found not in (kind, None), f"is the address of {found}, not of {kind}"),
        (parts.query or parts.fragment or "@" in parts.netloc, "contains a key, a query or a user"),
        (path and table and not _is_local(host), "contains a path, as the address of a single table does"),
        (path and not table, "contains a path"),
        (
            found and table and not _ACCOUNT.match(host),
            "names a storage account that cannot exist (3 to 24 lower-case letters and digits)",
        ),
    )
    for wrong, why in causes:
        if wrong:
            raise WrongValue(why)
    return f"https://{parts.netloc.lower().removesuffix(':443').removesuffix('.')}{path}"


read_table_endpoint = partial(read_url, kind=_TABLE)
read_vault_url = partial(read_url, kind=_VAULT)


def _is_local(host: str) -> bool:
    try:
        return bool(ipaddress.ip_address(host))
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
