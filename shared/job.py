"""The whole job, from the environment to the result: the one place where settings are read and clients are built."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

import requests
from azure.core.credentials import TokenCredential
from azure.data.tables import TableClient
from azure.keyvault.secrets import SecretClient

from shared.azure_call import CLIENT_OPTIONS
from shared.errors import SettingsInvalid
from shared.history import History
from shared.identity import Identity, azure_credential
from shared.log import Marker, report
from shared.reader import Reader
from shared.refresh_token import Renewals
from shared.retry import Retry
from shared.run import RunResult, report_run, run
from shared.settings import Settings, read_settings
from shared.sign_in import SignIn
from shared.snapshot import Day, Snapshots, error_fields
from shared.table import HistoryTable
from shared.vault import Vault

RUN_SECONDS = 25 * 60
"""The time of a run: no call is begun or waited for after it. host.json's functionTimeout is longer."""


@dataclass(frozen=True)
class Services:
    """What a run works with, built once a run and closed with it."""

    identity: TokenCredential
    vault: Vault | None
    table: HistoryTable
    archive: HistoryTable | None
    reader: Reader
    retry: Retry
    now: Callable[[], datetime]

    @property
    def snapshots(self) -> Snapshots:
        """Return what takes the snapshots."""
        renewals = Renewals(self.vault) if self.vault else None
        return Snapshots(History(self.table, self.archive), self.reader, renewals, self.now)


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
        identity = Identity(azure_credential(in_azure=settings.in_azure, client_id=settings.identity_client_id), retry)

        def table(endpoint: str) -> HistoryTable:
            client = TableClient(endpoint, settings.table_name, credential=identity, **CLIENT_OPTIONS)
            return HistoryTable(closing.enter_context(client), retry)

        vault = None
        if settings.vault_url is not None:
            client = closing.enter_context(SecretClient(settings.vault_url, identity, **CLIENT_OPTIONS))
            vault = Vault(client, retry)
        login = closing.enter_context(requests.Session())
        partner = closing.enter_context(requests.Session())
        yield Services(
            identity=identity,
            vault=vault,
            table=table(settings.table_endpoint),
            archive=table(settings.archive_endpoint) if settings.archive_endpoint else None,
            reader=Reader(vault, identity, SignIn(login, retry, now), partner, retry, now, new_id),
            retry=retry,
            now=now,
        )


def take_snapshots(
    environ: Mapping[str, str],
    *,
    run_id: str,
    now: Callable[[], datetime] = utc_now,
    on_thread: Callable[[], None] = lambda: None,
) -> RunResult:
    """Take today's snapshot of every configured account; the day is decided here, once.

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
    day = Day(now().astimezone(settings.time_zone).date(), run_id)
    with services(settings, now=now) as built:
        return run(settings.accounts, day, built.snapshots, clock=time.monotonic, on_thread=on_thread)
