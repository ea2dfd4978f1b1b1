"""The network settings that all HTTP clients on this machine share: the proxy and the CA file, read and checked.

They are environment variables, not app settings of ours. The HTTP session is built from the values read here.
"""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar
from urllib.parse import urlsplit

from shared.net.proxy import Proxy
from shared.settings.setting import ErrorCollector, WrongValue

T = TypeVar("T")


@dataclass(frozen=True)
class Network:
    """How to reach the services. `no_proxy` lists the hosts to reach directly, in NO_PROXY's format.

    `tls` trusts the certificates in the CA file; None means the built-in ones. Loading them takes about 20 ms, so the
    run uses the same context that checked the file.
    """

    https_proxy: Proxy | None = None
    no_proxy: str = ""
    tls: ssl.SSLContext | None = field(default=None, compare=False)


def read_network(environ: Mapping[str, str], errors: ErrorCollector) -> Network:
    """Read the proxy and the CA file, checking variables in the order that `requests` uses. `errors` gets the problems.

    All services are called over https, so HTTP_PROXY is not read.
    """

    def first(names: str, read: Callable[[str, str], T], right: str = "") -> T | None:
        for name in names.split():
            if text := environ.get(name, "").strip():
                return errors.read(name, text, partial(read, name), right)
        return None

    return Network(
        https_proxy=first(
            "https_proxy HTTPS_PROXY all_proxy ALL_PROXY",
            _proxy,
            "http://<host>:<port>; percent-encode special characters in a user or password",
        ),
        no_proxy=first("no_proxy NO_PROXY", lambda _, text: text) or "",
        tls=first(
            "REQUESTS_CA_BUNDLE CURL_CA_BUNDLE",
            _tls,
            "the path of a PEM file with the certificates to trust, or remove the variable",
        ),
    )


def _proxy(variable: str, text: str) -> Proxy:
    url = text if "://" in text else f"http://{text}"
    try:
        parts = urlsplit(url)
        valid = bool(parts.hostname) and parts.port != 0 and not any(c.isspace() or c in "<>\\" for c in url)
    except ValueError:
        valid = False
    if not valid or parts.scheme not in ("http", "https") or parts.path.strip("/") or parts.query or parts.fragment:
        raise WrongValue("is not the address of an http or https proxy")
    return Proxy(variable, url)


def _tls(_: str, text: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=text)
    except ssl.SSLError:
        wrong = "does not contain readable PEM certificates"
    except (OSError, ValueError) as error:
        wrong = f"cannot be read ({getattr(error, 'strerror', None) or 'invalid path'})"
    shown = "".join(c if c.isprintable() else "?" for c in text[:200])
    raise WrongValue(f"names {shown}, which {wrong}")
