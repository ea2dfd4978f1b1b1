"""What all tests share: a clean environment, and one stand-in per test process."""

import gc
import os
import sys
import time
from collections.abc import Iterator

import pytest
from hypothesis import settings

from shared.settings.read import NAMES
from standin import StandIn

# No time limit per example: a busy machine is not a defect. `dev.py prove` runs many more examples.
settings.register_profile("calm", deadline=None, max_examples=int(os.environ.get("PROPERTY_EXAMPLES", "60")))
settings.load_profile("calm")

# With a local time other than UTC, a test fails if it mistakes a naive time for UTC or for local time.
os.environ["TZ"] = "Pacific/Auckland"
if sys.platform != "win32":
    time.tzset()

FOREIGN = (
    "IDENTITY_ENDPOINT",
    "IDENTITY_HEADER",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
)  # the lowercase forms are cleared too


def pytest_collection_finish() -> None:
    """Exempt what was imported and collected from garbage collection, which otherwise takes 8 % of the tests' CPU time."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove this machine's settings from every test's environment."""
    for name in (*NAMES, *FOREIGN):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(scope="session")
def session_world() -> Iterator[StandIn]:
    """Start the stand-in once per test process."""
    with StandIn() as world:
        yield world


@pytest.fixture
def world(session_world: StandIn, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """Return the stand-in in its initial state, with its certificate authority and identity endpoint in this process's environment."""
    session_world.reset()
    for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(name, session_world.environ[name])
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return session_world
