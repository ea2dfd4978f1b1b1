"""A realistic year of history for four sample partner accounts, up to yesterday, as the job would have written it."""

import json
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from azure.core.credentials import AzureNamedKeyCredential
from azure.data.tables import TableServiceClient

from shared.errors import Ids, PartnerUnavailable
from shared.history.row import Entity, snapshot_row
from shared.history.runs import LEDGER_SUFFIX, Failure, RunContext, RunResult, failure_row, run_row
from shared.partner_center.invoice_summary import ResponseMetadata, parse_summary
from shared.services import new_id
from shared.settings.accounts import Account
from shared.settings.read import DEFAULT_TABLE_NAME, read_settings
from standin.azurite_process import ACCOUNTS
from standin.partner import Partner
from standin.sample import exact_json, summary
from standin.services.table import TableProxy
from standin.world import StandIn

DAYS = 365
HOURLY_DAYS = 7
MAX_TRANSACTION_ROWS = 100


@dataclass(frozen=True, slots=True)
class Billing:
    """One of an account's currencies: the usage per working day, and the day of the month on which it is paid."""

    currency: str
    symbol: str
    opening: Decimal
    daily: Decimal
    paid_on: int


@dataclass(frozen=True, slots=True)
class Scenario:
    """One account in the playground. `missed` and `imported_until` count days back from today."""

    name: str
    billing: Sequence[Billing]
    settings: Mapping[str, Any] = field(default_factory=dict)
    missed: frozenset[int] = frozenset()
    imported_until: int = DAYS


SCENARIOS = (
    Scenario("Contoso", [Billing("USD", "$", Decimal("41280.40"), Decimal("1312.75"), 9)]),
    Scenario(
        "Fabrikam Europe",
        [
            Billing("EUR", "€", Decimal("71904.15"), Decimal("310.20"), 20),
            Billing("USD", "$", Decimal("5210.00"), Decimal("96.35"), 12),
        ],
        {"auth": "app_user", "balances": "summaries", "credit_limit": "85000 EUR"},
    ),
    Scenario(
        "Northwind",
        [Billing("GBP", "£", Decimal("12870.55"), Decimal("402.10"), 3)],
        missed=frozenset({41, 17}),
        imported_until=200,
    ),
    Scenario("Tailspin", [Billing("USD", "$", Decimal("8034.90"), Decimal("151.60"), 25)], {"auth": "app_user"}),
)


@dataclass(slots=True)
class Playground:
    """The filled stand-in: its accounts, in the order of the scenarios, and the job's environment variables."""

    world: StandIn
    partners: list[Partner]

    @property
    def environ(self) -> dict[str, str]:
        """The stand-in's variables and its accounts' settings."""
        accounts = {"PARTNER_ACCOUNTS": json.dumps([partner.account for partner in self.partners])}
        return self.world.environ | self.world.environ_archive | accounts | {"SNAPSHOT_SCHEDULE": "0 17 * * * *"}


def fill(world: StandIn, today: date, scenarios: Sequence[Scenario] = SCENARIOS, days: int = DAYS) -> Playground:
    """Add the accounts, their balances for `today`, and the rows and ledger for the days before it, up to a year."""
    playground = Playground(world, [_add(world, number, scenario) for number, scenario in enumerate(scenarios, 1)])
    accounts = read_settings(playground.environ).accounts
    rows: list[Entity] = []
    failed: dict[date, list[Account]] = defaultdict(list)
    for scenario, account in zip(scenarios, accounts, strict=True):
        years = [list(_documents(billing, today)) for billing in scenario.billing]
        world.partner_center.balances(account.tenant_id, *(documents[-1] for documents in years))
        for back in range(days, 0, -1):
            day = today - timedelta(days=back)
            if back in scenario.missed:
                failed[day].append(account)
            else:
                imported = back > scenario.imported_until
                rows += [_row(account, day, documents[DAYS - back], imported=imported) for documents in years]
    for service in (world.table, world.archive):
        insert_rows(world, service, DEFAULT_TABLE_NAME, rows)
    insert_rows(world, world.table, DEFAULT_TABLE_NAME + LEDGER_SUFFIX, _ledger_rows(today, days, accounts, failed))
    identity = world.identity.user_assigned
    identity.table_rights, identity.archive_rights = {"read", "add"}, {"read", "add"}  # the append role from infra/
    world.journal.clear()
    return playground


def _add(world: StandIn, number: int, scenario: Scenario) -> Partner:
    one = str(number)
    return world.add_partner(
        name=scenario.name,
        tenant_id=f"{one * 8}-{one * 4}-4{one * 3}-8{one * 3}-{one * 12}",
        secret_expires_in=timedelta(days=120),
        refresh_token_age=timedelta(days=3),
        **scenario.settings,
    )


def _documents(billing: Billing, today: date) -> Iterator[dict[str, Any]]:
    """Yield Partner Center's response for each day of the year and, last, for today."""
    chance = random.Random(billing.currency + str(billing.opening))  # noqa: S311 - the same year on every start
    balance, before, paid, payment = billing.opening, billing.opening, None, Decimal(0)
    for back in range(DAYS, -1, -1):
        day = today - timedelta(days=back)
        busy = Decimal(chance.randint(70, 130) if day.isoweekday() < 6 else chance.randint(5, 20))  # noqa: PLR2004 - Saturday
        balance += (billing.daily * busy / 100).quantize(Decimal("0.01"))
        if day.day == billing.paid_on:
            payment, paid = max(balance - before, Decimal(0)), day
            balance, before = balance - payment, (before + billing.daily / 4).quantize(Decimal("0.01"))
        document = summary(balance, billing.currency, billing.symbol, day - timedelta(days=1))
        document["firstInvoiceCreationDate"] = f"{today.year - 3}-02-08T00:00:00Z"
        document["latestInvoiceDate"] = f"{day.replace(day=1)}T00:00:00Z"
        if paid is not None:
            document |= {"lastPaymentDate": f"{paid}T00:00:00Z", "lastPaymentAmount": payment}
        yield document


def _row(account: Account, day: date, document: dict[str, Any], *, imported: bool) -> Entity:
    """Return the row that the job's own code creates from a response, or the one that an import creates."""
    request, correlation = (_id(f"{kind} {account.tenant_id} {day}") for kind in ("request", "correlation"))
    received = ResponseMetadata(datetime.combine(day, time(0, 17, 2), UTC), request, correlation)
    answer = parse_summary(exact_json(document).encode(), received)
    row = snapshot_row(account, day, answer, _id("import" if imported else f"run {day}"))
    if not imported:
        return row
    absent = ("RequestId", "CorrelationId", "Details")
    return {name: value for name, value in row.items() if name not in absent} | {"Source": "imported"}


def _id(text: str) -> str:
    return str(uuid5(NAMESPACE_OID, text))


def _ledger_rows(
    today: date, days: int, accounts: Sequence[Account], failed: Mapping[date, Sequence[Account]]
) -> list[Entity]:
    """Return the ledger before `today`: one run a day, but hourly in the last week and on days with failed accounts."""
    rows: list[Entity] = []
    for back in range(days, 0, -1):
        day = today - timedelta(days=back)
        ids = Ids(new_id(), new_id())
        error = PartnerUnavailable("Partner Center answered 503 until the time limit of 180 s.", ids=ids)
        failures = [Failure(account, error) for account in failed.get(day, ())]
        done = len(accounts) - len(failures)
        for hour in range(24 if failures or back <= HOURLY_DAYS else 1):
            run = RunContext(day, new_id(), datetime.combine(day, time(hour, 17, 1, 204_117 + back), UTC))
            recorded, kept = (0, done) if hour else (done, 0)
            seconds = 181.4 if failures else 0.21 if hour else 1.62
            rows += [failure_row(run, failure) for failure in failures]
            rows.append(run_row(RunResult(run, seconds, recorded, kept, tuple(failures)), version="playground"))
    return rows


def insert_rows(world: StandIn, service: TableProxy, name: str, rows: Sequence[Entity]) -> None:
    """Insert rows that a table does not have, with several transactions in parallel."""
    key, trusted = AzureNamedKeyCredential(service.account, ACCOUNTS[service.account]), str(world.ca_bundle)
    client = TableServiceClient(service.endpoint, credential=key, connection_verify=trusted, use_env_settings=False)
    table = client.create_table_if_not_exists(name)
    work = []
    for _, group in groupby(sorted(rows, key=_partition), key=_partition):
        part = [("create", dict(row)) for row in group]
        work += [part[first : first + MAX_TRANSACTION_ROWS] for first in range(0, len(part), MAX_TRANSACTION_ROWS)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(table.submit_transaction, work))


def _partition(row: Entity) -> str:
    return str(row["PartitionKey"])
