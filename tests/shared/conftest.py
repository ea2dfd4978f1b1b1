"""The job's parts against the stand-in: real clients, real connections, and retries that do not wait."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from shared.azure_services.identity import CachedCredential
from shared.azure_services.vault import Vault
from shared.balance_reader import BalanceReader
from shared.history.table import HistoryTable
from shared.net.http_session import HttpSession
from shared.net.retry import Retry
from shared.services import Services
from shared.settings.accounts import Account
from shared.settings.read import read_settings
from shared.sign_in.entra import SignIn
from standin import StandIn
from standin.partner import Partner
from tests.support.samples import SINGLE

AccountOf = Callable[[Partner], Account]


@pytest.fixture
def waits() -> list[float]:
    """Return the seconds that the retries would have waited."""
    return []


@pytest.fixture
def services(world: StandIn, waits: list[float]) -> Iterator[Services]:
    """Return a run's clients as in Azure; their retries record their waits, always the longest, and do not wait."""
    retry = Retry(deadline=time.monotonic() + 120, sleep=waits.append, jitter=max, now=world.clock.now)
    with ExitStack() as closing:
        yield Services(read_settings(SINGLE | world.environ | world.environ_archive), retry, closing)


@pytest.fixture
def retry(services: Services) -> Retry:
    """Return a run's retry layer."""
    return services.retry


@pytest.fixture
def session(services: Services) -> HttpSession:
    """Return a run's HTTP session."""
    return services.session


@pytest.fixture
def identity(services: Services) -> CachedCredential:
    """Return the identity from which the Azure clients get tokens."""
    return services.identity


@pytest.fixture
def vault(services: Services) -> Vault:
    """Return a run's vault."""
    assert services.vault is not None
    return services.vault


@pytest.fixture
def table(services: Services) -> HistoryTable:
    """Return the table, which does not exist yet."""
    return services.open_table(HistoryTable, services.settings.table_endpoint)


@pytest.fixture
def archive(services: Services) -> HistoryTable:
    """Return the archive's table, which does not exist yet."""
    return services.open_table(HistoryTable, str(services.settings.archive_endpoint))


@pytest.fixture
def sign_in(services: Services) -> SignIn:
    """Return what signs in to the stand-in's Entra ID, on the stand-in's clock."""
    return SignIn(services.session, services.retry)


@pytest.fixture
def reader(services: Services) -> BalanceReader:
    """Return what reads balances."""
    return services.reader


@pytest.fixture
def account_of(world: StandIn) -> AccountOf:
    """Return a function that builds the job's account from the settings of one of the stand-in's partners."""

    def account(partner: Partner) -> Account:
        (read,) = read_settings(world.environ | partner.environ).accounts
        return read

    return account
