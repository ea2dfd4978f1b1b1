"""The published function, and ways to see what it did."""

import json
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient
from azure.identity import ManagedIdentityCredential

from shared.log import LOGGER
from standin import StandIn
from standin.partner import Partner
from tests.support.engine import Engine, LogLine

ROOT = Path(__file__).parents[2]

Environ = dict[str, str]
LEDGER = "partnerbalancesruns"


@pytest.fixture(scope="session")
def app_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy what is published, so that nothing else in the repository can be imported."""
    root = tmp_path_factory.mktemp("app")
    for folder in ("BalanceSnapshot", "shared"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "host.json", root)
    return root


@pytest.fixture(autouse=True)
def _information(caplog: pytest.LogCaptureFixture) -> None:
    """Let the job's own lines through, as the host does."""
    caplog.set_level("INFO", LOGGER.name)


@pytest.fixture
def start(app_root: Path) -> Callable[..., Engine]:
    """Return a function that starts the app in its own worker process."""

    def started(environ: Mapping[str, str], **options: Any) -> Engine:
        return Engine(app_root, environ, **options)

    return started


def environ_of(world: StandIn, *partners: Partner) -> Environ:
    """Return a run's settings for these partners: PARTNER_ settings for one, PARTNER_ACCOUNTS for several."""
    if len(partners) == 1:
        return world.environ | partners[0].environ
    return world.environ | {"PARTNER_ACCOUNTS": json.dumps([partner.account for partner in partners])}


def rows(
    world: StandIn, *, archive: bool = False, table: str = "partnerbalances", tenant: str | None = None
) -> list[dict[str, Any]]:
    """Return a table's rows, all or one tenant's, as a reader sees them; an empty list if there is no table."""
    endpoint = world.archive.endpoint if archive else world.table.endpoint
    credential = ManagedIdentityCredential(client_id=world.identity.user_assigned.client_id)
    with TableClient(endpoint, table, credential=credential) as client:
        try:
            return [dict(row) for row in client.query_entities(f"PartitionKey eq '{tenant}'" if tenant else "")]
        except ResourceNotFoundError:
            return []


def marked(logs: Iterable[LogLine], marker: str) -> list[dict[str, Any]]:
    """Return the JSON of the lines that begin with a marker."""
    return [json.loads(line.message.partition(" ")[2]) for line in logs if line.message.split(" ")[0] == marker]
