"""The table and its archive, as a command uses them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from cli.support.interrupt import STOP
from cli.support.operator_table import OperatorTable
from shared.services import Services, open_services
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


@contextmanager
def open_tables(settings: Settings) -> Iterator[TableContext]:
    """Build the clients for one command and close them after it."""
    with open_services(settings, seconds=WORK_SECONDS, stop=STOP) as built:
        archive = built.open_table(OperatorTable, settings.archive_endpoint) if settings.archive_endpoint else None
        table = built.open_table(OperatorTable, settings.table_endpoint)
        ledger = built.open_ledger(OperatorTable)
        yield TableContext(built, table, archive, ledger)
