"""The table and its archive, as a command uses them."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

from azure.core.credentials import AccessToken

from cli.support.operator_table import OperatorTable
from shared.azure_services.identity import Identity, azure_credential
from shared.job import table_client
from shared.net.retry import Retry
from shared.settings.clouds import storage_audience
from shared.settings.read import Settings

WORK_SECONDS = 24 * 3600.0
"""The time of a command that works through years of history; each call has its own limits."""


@dataclass(frozen=True)
class Workplace:
    """What a command works with."""

    identity: Identity
    settings: Settings
    table: OperatorTable
    archive: OperatorTable | None

    def token(self) -> AccessToken:
        """Return the token for the table service.

        Raises:
            IdentityUnavailable: the Azure identity gave none.

        """
        return self.identity.get_token(_scope(self.settings.table_endpoint))


@contextmanager
def workplace(settings: Settings) -> Iterator[Workplace]:
    """Build the clients for one command and close them after it."""
    with ExitStack() as closing:
        retry = Retry(deadline=time.monotonic() + WORK_SECONDS)
        credential = azure_credential(in_azure=settings.in_azure, client_id=settings.identity_client_id)
        closing.callback(credential.close)
        identity = Identity(credential, retry)

        def table(endpoint: str) -> OperatorTable:
            client = closing.enter_context(table_client(endpoint, settings.table_name, identity))
            return OperatorTable(client, retry, partial(identity.get_token, _scope(endpoint)))

        archive = table(settings.archive_endpoint) if settings.archive_endpoint else None
        yield Workplace(identity, settings, table(settings.table_endpoint), archive)


def _scope(endpoint: str) -> str:
    return f"{storage_audience(endpoint)}/.default"
