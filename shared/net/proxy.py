"""The proxy that the services are reached through."""

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Proxy:
    """A proxy and the variable that names it. `url` may hold a password, so repr shows the host and port only."""

    variable: str
    url: str

    @property
    def host(self) -> str:
        """Return the host and port, without a user."""
        return urlsplit(self.url).netloc.rpartition("@")[2]

    def __repr__(self) -> str:
        return f"the proxy {self.host} ({self.variable})"
