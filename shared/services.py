"""The clients of one run or command: built once, sharing one HTTP session, and closed together."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event
from typing import TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

from azure.core.pipeline.transport import RequestsTransport
from azure.data.tables import TableClient
from azure.keyvault.secrets import SecretClient

from shared.azure_services.identity import CachedCredential, azure_credential
from shared.azure_services.vault import Vault
from shared.balance_reader import BalanceReader
from shared.errors import ClockWrong, SnapshotError
from shared.history.history import History
from shared.history.runs import LEDGER_SUFFIX
from shared.history.table import HistoryTable
from shared.net.http_session import HttpSession, tls_context
from shared.net.retry import Retry
from shared.settings.clouds import storage_audience
from shared.settings.read import Settings
from shared.sign_in.refresh_token import Renewals
from shared.snapshot import Snapshots

T = TypeVar("T", bound=HistoryTable)

MAX_CONCURRENT_ACCOUNTS = 300
"""Also the connections per host. With 600 accounts, the most that fit in one setting, and 100 s for each response from
Partner Center, a run takes two rounds of about 105 s."""

RUN_SECONDS = 14.5 * 60
"""The time limit for a run's accounts: nothing is started or awaited after it. With the ledger's 20 s, a run ends
within 15 minutes, so the host's three attempts end before the next hourly run. host.json's functionTimeout is longer."""

MAX_SKEW = timedelta(minutes=5)


def utc_now() -> datetime:
    """Return the current time, aware and in UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """Return a new GUID."""
    return str(uuid4())


class Services:
    """A run's clients: `settings`, `session`, `retry`, `identity`, `vault` (None if not needed) and `reader`."""

    def __init__(self, settings: Settings, retry: Retry, closing: ExitStack) -> None:
        """Build the clients; `closing` closes them and what `open_table` opens."""
        network = settings.network
        self.settings, self.retry, self.closing, self.now = settings, retry, closing, retry.now
        self.session = closing.enter_context(
            HttpSession(
                tls=network.tls or tls_context(),
                now=retry.now,
                connections=min(MAX_CONCURRENT_ACCOUNTS, max(10, len(settings.accounts))),
                proxy=network.https_proxy,
                no_proxy=network.no_proxy,
            )
        )
        self.transport = RequestsTransport(session=self.session, session_owner=False)
        credential = azure_credential(
            in_azure=settings.in_azure,
            client_id=settings.identity_client_id,
            without_managed_identity=settings.identity_endpoint_without_header,
            transport=self.transport,
        )
        closing.callback(credential.close)
        self.identity = CachedCredential(credential, retry, sanitize=self.session.secrets.sanitize)
        self.vault = None
        if settings.vault_url is not None:
            client = closing.enter_context(SecretClient(settings.vault_url, self.identity, transport=self.transport))
            self.vault = Vault(client, retry)
        self.reader = BalanceReader(self.vault, self.identity, self.session, retry)

    def open_table(self, kind: type[T], endpoint: str, name: str | None = None) -> T:
        """Return a table client of the given class, for the history's table unless `name` is given."""
        audience = storage_audience(endpoint)
        client = TableClient(
            endpoint,
            name or self.settings.table_name,
            credential=self.identity,
            audience=audience,
            transport=self.transport,
        )
        self.closing.enter_context(client)
        what = "the archive's table" if endpoint == self.settings.archive_endpoint else "the table"
        get_token = partial(self.identity.get_token, f"{audience}/.default")
        return kind(client, self.session, self.retry, get_token, what)

    def open_ledger(self, kind: type[T]) -> T:
        """Return a client for the ledger of runs, as `open_table` does."""
        return self.open_table(kind, self.settings.table_endpoint, f"{self.settings.table_name}{LEDGER_SUFFIX}")

    def snapshots(self) -> Snapshots:
        """Return the object that takes the snapshots."""
        settings = self.settings
        table = self.open_table(HistoryTable, settings.table_endpoint)
        archive = self.open_table(HistoryTable, settings.archive_endpoint) if settings.archive_endpoint else None
        renewals = Renewals(self.vault) if self.vault else None
        return Snapshots(History(table, archive), self.reader, renewals, self.now, self.check_clock)

    def check_clock(self, url: str | None = None) -> None:
        """Compare this machine's clock with the table service's (or another address's), once that has responded.

        Raises:
            ClockWrong: they differ by more than five minutes.

        """
        host = urlsplit(url or self.settings.table_endpoint).netloc
        ahead = self.session.skews.get(host, timedelta())
        if abs(ahead) > MAX_SKEW:
            direction = "behind" if ahead > timedelta() else "ahead of"
            raise ClockWrong(
                f"this machine's clock is {round(abs(ahead) / timedelta(minutes=1)):,} minutes {direction} the clock of "
                f"{host}; nothing was recorded, because the date could be wrong"
            )


@contextmanager
def open_services(
    settings: Settings,
    *,
    seconds: float = RUN_SECONDS,
    now: Callable[[], datetime] = utc_now,
    stop: Event | None = None,
) -> Iterator[Services]:
    """Build the clients for up to `seconds` of work, and close them afterwards. `stop` ends every wait."""
    retry = Retry(deadline=time.monotonic() + seconds, now=now, stop=stop)
    with ExitStack() as closing:
        services = Services(settings, retry, closing)
        try:
            yield services
        except SnapshotError:
            services.check_clock()  # a wrong clock may be why the table refused
            raise
