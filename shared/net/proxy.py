"""The proxy for calls to the services, and the addresses that bypass it."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined] # missing in typeshed


@dataclass(frozen=True)
class Proxy:
    """A proxy and the variable that names it. `url` may contain a password, so repr shows only the host and port."""

    variable: str
    url: str

    def __repr__(self) -> str:
        return f"the proxy {urlsplit(self.url).netloc.rpartition('@')[2]} ({self.variable})"


def is_direct(url: str, no_proxy: str) -> bool:
    """Return whether a URL bypasses the proxy: plain http, this machine, or listed in NO_PROXY."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        address = ipaddress.ip_address(host)
        local = address.is_loopback or address.is_link_local
    except ValueError:
        local = host == "localhost" or host.endswith(".localhost")
    return parts.scheme != "https" or local or bool(proxy_bypass_environment(parts.netloc, {"no": no_proxy}))
