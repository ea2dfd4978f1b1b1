"""The clients of one run or command: built once, over one HTTP session, and closed together."""

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from threading import Event
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

from azure.core.credentials import TokenCredential
from azure.core.pipeline.transport import RequestsTransport
from azure.data.tables import TableClient
from azure.keyvault.secrets import SecretClient

from shared.azure_services.call import CLIENT_OPTIONS
from shared.azure_services.identity import CachedCredential, azure_credential
from shared.azure_services.vault import Vault
from shared.balance_reader import BalanceReader
from shared.errors import SettingProblem, SettingsInvalid
from shared.history.history import History
from shared.history.runs import LEDGER_SUFFIX
from shared.history.table import HistoryTable
from shared.net.http_session import HttpSession, tls_context
from shared.net.retry import Retry
from shared.settings.clouds import storage_audience
from shared.settings.read import Settings
from shared.sign_in.entra import SignIn
from shared.sign_in.refresh_token import Renewals
from shared.snapshot import Snapshots, check_clock

T = TypeVar("T")

SIDE_BY_SIDE = 300
"""Accounts at once, and connections per host. With 600 accounts, the most that one setting holds, and 100 s an answer of
Partner Center, a run takes two rounds of about 105 s."""

RUN_SECONDS = 14.5 * 60
"""The time of a run: nothing is started or awaited after it. host.json's functionTimeout is longer."""


def utc_now() -> datetime:
    """Return the time, aware and in UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """Return a new GUID."""
    return str(uuid4())


@dataclass(frozen=True)
class Services:
    """What a run works with."""

    settings: Settings
    session: HttpSession
    retry: Retry
    now: Callable[[], datetime]
    identity: TokenCredential
    vault: Vault | None
    reader: BalanceReader
    options: dict[str, Any]
    closing: ExitStack

    def open_table(
        self, kind: Callable[[TableClient, Retry, Callable[[], object]], T], endpoint: str, name: str | None = None
    ) -> T:
        """Return a table of the kind that the caller works with, the history's unless named."""
        audience = storage_audience(endpoint)
        client = TableClient(
            endpoint, name or self.settings.table_name, credential=self.identity, audience=audience, **self.options
        )
        self.closing.enter_context(client)
        return kind(client, self.retry, lambda: self.identity.get_token(f"{audience}/.default"))

    def open_ledger(self, seconds: float) -> HistoryTable:
        """Return the ledger's table, for so many seconds of work."""
        retry = Retry(deadline=time.monotonic() + seconds, now=self.now)
        name = f"{self.settings.table_name}{LEDGER_SUFFIX}"
        return replace(self, retry=retry).open_table(HistoryTable, self.settings.table_endpoint, name)

    def check_clock(self) -> None:
        """Compare this machine's clock with the table service's, once that has answered.

        Raises:
            ClockWrong: they differ by more than five minutes.

        """
        host = urlsplit(self.settings.table_endpoint).netloc
        check_clock(self.session.skews.get(host), host)

    def snapshots(self) -> Snapshots:
        """Return what takes the snapshots."""
        settings = self.settings
        table = self.open_table(HistoryTable, settings.table_endpoint)
        archive = self.open_table(HistoryTable, settings.archive_endpoint) if settings.archive_endpoint else None
        renewals = Renewals(self.vault) if self.vault else None
        return Snapshots(History(table, archive), self.reader, renewals, self.now, self.check_clock)


@contextmanager
def open_services(
    settings: Settings,
    *,
    seconds: float = RUN_SECONDS,
    now: Callable[[], datetime] = utc_now,
    stop: Event | None = None,
) -> Iterator[Services]:
    """Build the clients for at most so many seconds of work and close them after it; `stop` ends every wait.

    Raises:
        SettingsInvalid: the CA file cannot be loaded.

    """
    retry = Retry(deadline=time.monotonic() + seconds, now=now, stop=stop)
    network = settings.network
    with ExitStack() as closing:
        session = closing.enter_context(
            HttpSession(
                tls=_tls(settings),
                now=now,
                connections=min(SIDE_BY_SIDE, max(10, len(settings.accounts))),
                proxy=network.https_proxy,
                no_proxy=network.no_proxy,
            )
        )
        transport = RequestsTransport(session=session, session_owner=False)
        options = CLIENT_OPTIONS | {"transport": transport}
        credential = azure_credential(
            in_azure=settings.in_azure,
            client_id=settings.identity_client_id,
            without_managed_identity=settings.identity_endpoint_without_header,
            transport=transport,
        )
        closing.callback(credential.close)
        identity = CachedCredential(credential, retry, sanitize=session.secrets.sanitize)
        vault = None
        if settings.vault_url is not None:
            client = closing.enter_context(SecretClient(settings.vault_url, identity, **options))
            vault = Vault(client, retry)
        reader = BalanceReader(vault, identity, SignIn(session, retry, now), session, retry, now, new_id)
        yield Services(settings, session, retry, now, identity, vault, reader, options, closing)


def _tls(settings: Settings) -> ssl.SSLContext:
    ca_file = settings.network.ca_file
    try:
        return tls_context(ca_file.path if ca_file else None)
    except (OSError, ssl.SSLError):
        if ca_file is None:
            raise
        problem = SettingProblem(
            ca_file.variable, f"names {ca_file.path}, which cannot be loaded", "a PEM file of certificates"
        )
        raise SettingsInvalid((problem,)) from None
