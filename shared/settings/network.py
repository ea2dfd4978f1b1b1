"""The network settings that every HTTP client of this machine shares: proxy and CA file, read and checked.

They are variables of the operating system, not app settings of ours; the HTTP session is built from the values read here.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from shared.net.proxy import Proxy
from shared.settings.values import ErrorCollector

PROXY_VARIABLES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
"""In the order in which `requests` takes them; all services are called over https, so HTTP_PROXY is not read."""

CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@dataclass(frozen=True)
class Network:
    """How the services are reached: `no_proxy` is the list of hosts reached directly, as NO_PROXY has it.

    `tls` trusts the certificates of the CA file; None means the built-in ones. Loading them takes about 20 ms, so the context
    that checks the file is the one that the run works with.
    """

    https_proxy: Proxy | None = None
    no_proxy: str = ""
    tls: ssl.SSLContext | None = field(default=None, compare=False)


def read_network(environ: Mapping[str, str], errors: ErrorCollector) -> Network:
    """Read the proxy and the CA file; a malformed proxy URL or an unusable file is added to `errors`."""
    proxy = _first(environ, PROXY_VARIABLES)
    ca_file = _first(environ, CA_VARIABLES)
    no_proxy = _first(environ, ("no_proxy", "NO_PROXY"))
    return Network(
        https_proxy=_proxy(*proxy, errors) if proxy else None,
        no_proxy=no_proxy[1] if no_proxy else "",
        tls=_tls(*ca_file, errors) if ca_file else None,
    )


def _first(environ: Mapping[str, str], names: tuple[str, ...]) -> tuple[str, str] | None:
    return next(((name, text) for name in names if (text := environ.get(name, "").strip())), None)


def _proxy(variable: str, text: str, errors: ErrorCollector) -> Proxy | None:
    url = text if "://" in text else f"http://{text}"
    try:
        parts = urlsplit(url)
        valid = bool(parts.hostname) and parts.port != 0 and not any(c.isspace() or c in "<>\\" for c in url)
    except ValueError:
        valid = False
        parts = urlsplit("")
    if not valid or parts.scheme not in ("http", "https") or parts.path.strip("/") or parts.query or parts.fragment:
        errors.add(
            variable,
            "is not the address of an http or https proxy",
            "http://<host>:<port>; percent-encode special characters in a user or password",
        )
        return None
    return Proxy(variable, url)


def _tls(variable: str, text: str, errors: ErrorCollector) -> ssl.SSLContext | None:
    try:
        return ssl.create_default_context(cafile=text)
    except ssl.SSLError:
        wrong = "does not hold readable PEM certificates"
    except (OSError, ValueError) as error:
        wrong = f"cannot be read ({getattr(error, 'strerror', None) or 'invalid path'})"
    shown = "".join(c if c.isprintable() else "?" for c in text[:200])
    errors.add(
        variable,
        f"names {shown}, which {wrong}",
        "the path of a PEM file with the certificates to trust, or remove the variable",
    )
    return None
