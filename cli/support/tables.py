"""The table and its archive, as a command uses them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from azure.core.credentials import AccessToken

from cli.support.interrupt import STOP
from cli.support.operator_table import OperatorTable
from shared.services import Services, open_services
from shared.settings.clouds import storage_audience
from shared.settings.read import Settings

WORK_SECONDS = 24 * 3600.0
"""The time of a command that works through years of history; each call has its own limits."""


@dataclass(frozen=True)
class TableContext:
    """What a command works with."""

    services: Services
    table: OperatorTable
    archive: OperatorTable | None
    ledger: OperatorTable

    @property
    def settings(self) -> Settings:
        """Return the settings that the tables were opened with."""
        return self.services.settings

    def token(self) -> AccessToken:
        """Return the token for the table service.

        Raises:
            IdentityUnavailable: the Azure identity gave none.

        """
        return self.services.identity.get_token(f"{storage_audience(self.settings.table_endpoint)}/.default")


@contextmanager
def open_tables(settings: Settings) -> Iterator[TableContext]:
    """Build the clients for one command and close them after it."""
    with open_services(settings, seconds=WORK_SECONDS, stop=STOP) as built:
        archive = built.open_table(OperatorTable, settings.archive_endpoint) if settings.archive_endpoint else None
        table = built.open_table(OperatorTable, settings.table_endpoint)
        ledger = built.open_ledger(OperatorTable)
        yield TableContext(built, table, archive, ledger)
