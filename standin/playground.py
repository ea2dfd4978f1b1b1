"""A believable year of four made-up partner accounts that ends yesterday, as the job would have left it in the tables."""

import json
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from azure.core.credentials import AzureNamedKeyCredential
from azure.data.tables import TableServiceClient

from shared.history.row import Entity, snapshot_row
from shared.partner_center.invoice_summary import ResponseMetadata, parse_summary
from shared.settings.accounts import Account
from shared.settings.read import DEFAULT_TABLE_NAME, read_settings
from standin.azurite_process import ACCOUNTS
from standin.ledger import ledger_rows
from standin.partner import Partner
from standin.sample import exact_json, summary
from standin.services.table import TableProxy
from standin.world import StandIn

DAYS = 365
LONGEST_TRANSACTION = 100
_SECONDS_OF_A_RUN = 2


@dataclass(frozen=True, slots=True)
class Billing:
    """One currency of an account: what is used per working day, and the day of the month on which it is paid."""

    currency: str
    symbol: str
    opening: Decimal
    daily: Decimal
    paid_on: int


@dataclass(frozen=True, slots=True)
class Scenario:
    """One account of the playground. `missed` and `imported_until` count days back from today."""

    settings: Mapping[str, Any]
    billing: Sequence[Billing]
    missed: frozenset[int] = frozenset()
    imported_until: int | None = None


SCENARIOS = (
    Scenario(
        {"name": "Contoso", "tenant_id": "11111111-1111-4111-8111-111111111111"},
        (Billing("USD", "$", Decimal("41280.40"), Decimal("1312.75"), 9),),
    ),
    Scenario(
        {
            "name": "Fabrikam Europe",
            "tenant_id": "22222222-2222-4222-8222-222222222222",
            "auth": "app_user",
            "balances": "summaries",
            "credit_limit": "85000 EUR",
        },
        (
            Billing("EUR", "€", Decimal("71904.15"), Decimal("310.20"), 20),
            Billing("USD", "$", Decimal("5210.00"), Decimal("96.35"), 12),
        ),
    ),
    Scenario(
        {"name": "Northwind", "tenant_id": "33333333-3333-4333-8333-333333333333"},
        (Billing("GBP", "£", Decimal("12870.55"), Decimal("402.10"), 3),),
        missed=frozenset({41, 17}),
        imported_until=200,
    ),
    Scenario(
        {"name": "Tailspin", "tenant_id": "44444444-4444-4444-8444-444444444444", "auth": "app_user"},
        (Billing("USD", "$", Decimal("8034.90"), Decimal("151.60"), 25),),
    ),
)


@dataclass(slots=True)
class Playground:
    """The filled stand-in: its accounts by the order of SCENARIOS, and the variables that the job reads."""

    world: StandIn
    partners: list[Partner] = field(default_factory=list)

    @property
    def environ(self) -> dict[str, str]:
        """The variables of the stand-in and the settings of its accounts."""
        accounts = {"PARTNER_ACCOUNTS": json.dumps([partner.account for partner in self.partners])}
        return self.world.environ | self.world.environ_archive | accounts | {"SNAPSHOT_SCHEDULE": "0 17 * * * *"}


def fill(world: StandIn, today: date) -> Playground:
    """Add the accounts, their balance of `today`, and the rows and ledger of the year before it."""
    playground = Playground(world)
    credentials: dict[str, Any] = {"secret_expires_in": timedelta(days=120), "refresh_token_age": timedelta(days=3)}
    playground.partners += [world.add_partner(**scenario.settings, **credentials) for scenario in SCENARIOS]
    accounts = read_settings(playground.environ).accounts
    rows: list[Entity] = []
    failed: dict[date, list[Account]] = defaultdict(list)
    for scenario, account in zip(SCENARIOS, accounts, strict=True):
        years = [list(_documents(billing, today)) for billing in scenario.billing]
        world.partner_center.balances(account.tenant_id, *(documents[-1] for documents in years))
        for number in range(DAYS):
            back = DAYS - number
            day = today - timedelta(days=back)
            if back in scenario.missed:
                failed[day].append(account)
            else:
                imported = scenario.imported_until is not None and back > scenario.imported_until
                rows += [_row(account, day, documents[number], imported=imported) for documents in years]
    ledger = ledger_rows(today, DAYS, accounts, failed)
    _insert(world, {(world.table, ""): rows, (world.archive, ""): rows, (world.table, "runs"): ledger})
    identity = world.identity.user_assigned
    identity.table_rights, identity.archive_rights = {"read", "add"}, {"read", "add"}  # the append role of infra/
    world.journal.clear()
    return playground


def _documents(billing: Billing, today: date) -> Iterator[dict[str, Any]]:
    """Yield what Partner Center answers on each day of the year and, last, today."""
    chance = random.Random(billing.currency + str(billing.opening))  # noqa: S311 - the same year on every start
    balance, before, paid, payment = billing.opening, billing.opening, None, Decimal(0)
    for back in range(DAYS, -1, -1):
        day = today - timedelta(days=back)
        busy = Decimal(chance.randint(70, 130) if day.isoweekday() < 6 else chance.randint(5, 20))  # noqa: PLR2004 - Saturday
        balance += (billing.daily * busy / 100).quantize(Decimal("0.01"))
        if day.day == billing.paid_on:
            payment, paid = max(balance - before, Decimal(0)), day
            balance, before = balance - payment, before + billing.daily / 4
            before = before.quantize(Decimal("0.01"))
        document = summary(balance, billing.currency, billing.symbol, day - timedelta(days=1))
        dates: dict[str, Any] = {
            "firstInvoiceCreationDate": f"{today.year - 3}-02-08T00:00:00Z",
            "latestInvoiceDate": f"{day.replace(day=1)}T00:00:00Z",
        }
        if paid is not None:
            dates |= {"lastPaymentDate": f"{paid}T00:00:00Z", "lastPaymentAmount": payment}
        yield document | dates


def _row(account: Account, day: date, document: dict[str, Any], *, imported: bool) -> Entity:
    """Return the row that the job's own code makes of an answer."""
    read = datetime.combine(day, time(0, 17, _SECONDS_OF_A_RUN), UTC)
    receipt = ResponseMetadata(read, _id("request", account, day), _id("correlation", account, day))
    answer = parse_summary(exact_json(document).encode(), receipt)
    row = snapshot_row(account, day, answer, _id("import" if imported else "run", None, None if imported else day))
    if not imported:
        return row
    absent = ("RequestId", "CorrelationId", "Details")
    return {name: value for name, value in row.items() if name not in absent} | {"Source": "imported"}


def _id(kind: str, account: Account | None, day: date | None) -> str:
    chance = random.Random(f"{kind} {account and account.tenant_id} {day}")  # noqa: S311 - a made-up id
    return f"{chance.getrandbits(32):08x}-{chance.getrandbits(16):04x}-4000-8000-{chance.getrandbits(48):012x}"


def _insert(world: StandIn, tables: Mapping[tuple[TableProxy, str], Sequence[Entity]]) -> None:
    """Insert the rows of each table and suffix, several transactions side by side."""
    with ThreadPoolExecutor(8) as pool:
        works = []
        for (service, suffix), rows in tables.items():
            key = AzureNamedKeyCredential(service.account, ACCOUNTS[service.account])
            verify = str(world.ca_bundle)
            client = TableServiceClient(service.endpoint, credential=key, connection_verify=verify)
            table = client.create_table(DEFAULT_TABLE_NAME + suffix)
            partitions: dict[str, list[Entity]] = defaultdict(list)
            for row in rows:
                partitions[str(row["PartitionKey"])].append(row)
            for part in partitions.values():
                for first in range(0, len(part), LONGEST_TRANSACTION):
                    chunk = [("create", dict(row)) for row in part[first : first + LONGEST_TRANSACTION]]
                    works.append(pool.submit(table.submit_transaction, chunk))
        for work in works:
            work.result()
