"""The whole job, from the environment to the result: the one place where settings are read and clients are built."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from azure.core.credentials import TokenCredential
from azure.data.tables import TableClient

from shared.azure_services.call import CLIENT_OPTIONS
from shared.azure_services.identity import Identity, azure_credential
from shared.errors import SettingsInvalid
from shared.history.history import History
from shared.history.table import HistoryTable
from shared.log import Marker, report
from shared.net.retry import Retry
from shared.run import RunResult, report_run, run
from shared.settings.clouds import storage_audience
from shared.settings.read import Settings, read_settings
from shared.snapshot import Day, Snapshots, error_fields

if TYPE_CHECKING:  # imported beside the first call of a run, by `_open_reading`
    from shared.azure_services.vault import Vault
    from shared.balance_reader import Reader
    from shared.services import Reading

RUN_SECONDS = 25 * 60
"""The time of a run: no call is begun or waited for after it. host.json's functionTimeout is longer."""


@dataclass(frozen=True)
class Services:
    """What a run works with, built once a run and closed with it."""

    identity: TokenCredential
    table: HistoryTable
    archive: HistoryTable | None
    reading: Future[Reading]
    retry: Retry
    now: Callable[[], datetime]

    @property
    def vault(self) -> Vault | None:
        """Return the vault, if any account needs one."""
        return self.reading.result().vault

    @property
    def reader(self) -> Reader:
        """Return what reads balances."""
        return self.reading.result().reader

    @property
    def snapshots(self) -> Snapshots:
        """Return what takes the snapshots."""
        return Snapshots(History(self.table, self.archive), self.reading.result, self.now)


def utc_now() -> datetime:
    """Return the time, aware and in UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """Return a new GUID."""
    return str(uuid4())


@contextmanager
def services(
    settings: Settings, *, seconds: float = RUN_SECONDS, now: Callable[[], datetime] = utc_now
) -> Iterator[Services]:
    """Build the clients for one run of at most so many seconds and close them after it."""
    retry = Retry(deadline=time.monotonic() + seconds, now=now)
    with ExitStack() as closing:
        credential = azure_credential(in_azure=settings.in_azure, client_id=settings.identity_client_id)
        closing.callback(credential.close)
        identity = Identity(credential, retry)

        def table(endpoint: str) -> HistoryTable:
            client = closing.enter_context(table_client(endpoint, settings.table_name, identity))
            return HistoryTable(client, retry, table_token(endpoint, identity))

        background = closing.enter_context(ThreadPoolExecutor(1, "reading"))
        reading = background.submit(_open_reading, settings, identity, retry, now)
        closing.callback(_close, reading)
        yield Services(
            identity=identity,
            table=table(settings.table_endpoint),
            archive=table(settings.archive_endpoint) if settings.archive_endpoint else None,
            reading=reading,
            retry=retry,
            now=now,
        )


def _open_reading(settings: Settings, identity: TokenCredential, retry: Retry, now: Callable[[], datetime]) -> Reading:
    from shared.services import open_reading  # noqa: PLC0415 - in its own time; the module says why

    return open_reading(settings, identity, retry, now, new_id)


def _close(reading: Future[Reading]) -> None:
    if reading.exception() is None:
        reading.result().close()


def table_client(endpoint: str, name: str, identity: TokenCredential) -> TableClient:
    """Build the client of one table, which has to be closed."""
    audience = storage_audience(endpoint)
    return TableClient(endpoint, name, credential=identity, audience=audience, **CLIENT_OPTIONS)


def table_token(endpoint: str, identity: TokenCredential) -> Callable[[], object]:
    """Return what has the identity's token for a table service ready."""
    return lambda: identity.get_token(f"{storage_audience(endpoint)}/.default")


def take_snapshots(
    environ: Mapping[str, str],
    *,
    run_id: str,
    now: Callable[[], datetime] = utc_now,
    on_thread: Callable[[], None] = lambda: None,
) -> RunResult:
    """Take today's snapshot of every configured account.

    Raises:
        SettingsInvalid: nothing was tried; it is in the log, as a run with one failure.

    """
    started = time.monotonic()
    try:
        settings = read_settings(environ)
    except SettingsInvalid as error:
        report(Marker.FAILED, runId=run_id, **error_fields(error))
        report_run(run_id, time.monotonic() - started, accounts=0, recorded=0, kept=0, failed=1)
        raise
    return run_once(settings, run_id=run_id, now=now, on_thread=on_thread)


def run_once(
    settings: Settings,
    *,
    run_id: str,
    now: Callable[[], datetime] = utc_now,
    on_thread: Callable[[], None] = lambda: None,
) -> RunResult:
    """Take today's snapshot of every account of the settings; the day is decided here, once."""
    day = Day(now().astimezone(settings.time_zone).date(), run_id)
    with services(settings, now=now) as built:
        return run(settings.accounts, day, built.snapshots, clock=time.monotonic, on_thread=on_thread)
