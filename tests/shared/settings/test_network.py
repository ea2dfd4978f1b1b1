"""The proxy and the CA file."""

from pathlib import Path

import certifi
import pytest

from shared.net.proxy import Proxy
from shared.settings.network import Network, read_network
from shared.settings.setting import ErrorCollector


def read(environ: dict[str, str]) -> tuple[Network, list[str]]:
    """Return the network settings and the errors, as text."""
    errors = ErrorCollector()
    return read_network(environ, errors), [str(error) for error in errors.found]


@pytest.mark.parametrize(
    ("environ", "proxy"),
    [
        ({"HTTP_PROXY": "http://h:1", "http_proxy": "http://h:1"}, None),
        ({"HTTPS_PROXY": "http://h:1"}, Proxy("HTTPS_PROXY", "http://h:1")),
        ({"HTTPS_PROXY": " ", "ALL_PROXY": "h:1"}, Proxy("ALL_PROXY", "http://h:1")),
        ({"HTTPS_PROXY": "http://h:1", "https_proxy": "https://i/"}, Proxy("https_proxy", "https://i/")),
        ({"https_proxy": "http://[::1]:8"}, Proxy("https_proxy", "http://[::1]:8")),
    ],
)
def test_a_proxy(environ: dict[str, str], proxy: Proxy | None) -> None:
    """The same variables in the same order as `requests`."""
    assert read(environ) == (Network(https_proxy=proxy), [])


def test_no_proxy_user_is_shown() -> None:
    """Nor a password."""
    network, _ = read({"HTTPS_PROXY": "http://user:hush@proxy:8080", "NO_PROXY": ".local"})
    assert network.no_proxy == ".local"
    assert "the proxy proxy:8080 (HTTPS_PROXY)" in repr(network)
    assert "hush" not in repr(network)


@pytest.mark.parametrize(
    "url",
    [
        *("socks5://h:1", "http://", "http://hush:h:1", "http://h:99999", "http://h:0", "http://a b:1", "http://[::1"),
        *("http://h/hush", "http://h?hush", "http://h#hush", "http://h<hush"),
    ],
)
def test_a_malformed_proxy_is_refused(url: str) -> None:
    """The message names the variable but not the value."""
    network, (error,) = read({"https_proxy": url})
    assert network.https_proxy is None
    assert error.startswith("https_proxy is not the address of an http or https proxy: ")
    assert "hush" not in error


@pytest.mark.parametrize(("of_requests", "of_curl"), [(certifi.where(), "nowhere"), (" ", certifi.where())])
def test_a_ca_file(of_requests: str, of_curl: str) -> None:
    """A PEM file; the same variables in the same order as `requests`."""
    network, problems = read({"REQUESTS_CA_BUNDLE": of_requests, "CURL_CA_BUNDLE": of_curl})
    assert problems == []
    assert network.tls is not None
    assert network.tls.get_ca_certs()


def test_an_unusable_ca_file_is_refused(tmp_path: Path) -> None:
    """With the variable and the path, on one short line."""
    path = tmp_path / "ca.pem"
    damaged = b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
    for content in (None, b"", b"text", b"\x30\x82\x01\x0a", damaged):
        wrong = "does not contain readable PEM certificates"
        if content is None:
            wrong = "cannot be read (No such file or directory)"
        else:
            path.write_bytes(content)
        _, (error,) = read({"REQUESTS_CA_BUNDLE": str(path)})
        assert error.startswith(f"REQUESTS_CA_BUNDLE names {path}, which {wrong}: ")
    assert "(Is a directory)" in read({"CURL_CA_BUNDLE": str(tmp_path)})[1][0]
    (line,) = read({"CURL_CA_BUNDLE": "a\0b\n" + "x" * 5000})[1][0].splitlines()
    assert len(line) < 600
