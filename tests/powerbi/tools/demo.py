"""Ten weeks of a made-up history, recorded by the function itself: the rows and the ledger of the examples and the pictures.

Four accounts: `Contoso` is billed in USD and EUR; `Fabrikam` has a credit limit, paid and is in credit for a while; `Northwind`
was retired; `Tailspin` is new, has a balance of 17 digits and an answer without anything optional. No run took place on two days,
and Contoso's answer could not be read on one.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from unittest import mock

from azure.data.tables import TableClient
from azure.identity import ManagedIdentityCredential

from shared.job import take_snapshots
from standin.partner import Partner
from standin.world import StandIn

FIRST_DAY = date(2026, 9, 15)
NEWEST_DAY = date(2026, 11, 23)
LOADED = date(2026, 11, 24)
NOBODY_READ = frozenset({date(2026, 10, 20), date(2026, 10, 21)})
CONTOSO_MISSED = frozenset({date(2026, 11, 16)})
FABRIKAM_PAID = date(2026, 11, 2)
NORTHWIND_LAST_DAY = date(2026, 10, 5)
TAILSPIN_FIRST_DAY = date(2026, 11, 10)
TAILSPIN_BALANCE = Decimal("123456789012345.67")

CONTOSO = "11111111-1111-4111-8111-111111111111"
FABRIKAM = "22222222-2222-4222-8222-222222222222"
NORTHWIND = "33333333-3333-4333-8333-333333333333"
TAILSPIN = "44444444-4444-4444-8444-444444444444"

UNREADABLE = b"<html>"

Row = Mapping[str, Any]
"""A row as the table gives it back; an absent property is not in it."""


@dataclass(frozen=True)
class Recorded:
    """What the storage account holds: the history and the ledger of runs."""

    rows: tuple[Row, ...]
    ledger: tuple[Row, ...]


@dataclass(frozen=True)
class Spelling:
    """How the service spells the two usual invoice types in one account's answers."""

    recurring: str
    one_time: str


def days() -> Iterator[date]:
    """Go through the days of the history."""
    for number in range((NEWEST_DAY - FIRST_DAY).days + 1):
        yield FIRST_DAY + timedelta(days=number)


def answers(day: date) -> dict[str, list[dict[str, Any]]]:
    """Return what Partner Center answers on a day, by tenant; a tenant without an answer is not configured that day."""
    if day in NOBODY_READ:
        return {}
    since = (day - FIRST_DAY).days
    documented = Spelling("Recurring", "OneTime")
    found = {FABRIKAM: [_summary(day, _fabrikam(day), "USD", "$", Spelling("recurring", "one_time")) | _paid(day)]}
    if day not in CONTOSO_MISSED:
        found[CONTOSO] = [
            _summary(day, Decimal("68059.03") + Decimal("412.35") * (since % 30), "USD", "$", documented),
            _summary(
                day, Decimal("9120.50") + Decimal("35.10") * since, "EUR", "€", documented, other=Decimal("250.00")
            ),
        ]
    if day <= NORTHWIND_LAST_DAY:
        found[NORTHWIND] = [_summary(day, Decimal("1500.00") + since, "USD", "$", documented)]
    if day >= TAILSPIN_FIRST_DAY:
        found[TAILSPIN] = [{"balanceAmount": TAILSPIN_BALANCE, "currencyCode": "IDR"}]
    return found


def _fabrikam(day: date) -> Decimal:
    """Return a balance that a payment on 2 November turned into a credit for four days."""
    paid = day - FABRIKAM_PAID
    if timedelta() <= paid < timedelta(days=4):
        return Decimal("-1250.75")
    return Decimal("59500.25") + Decimal("150.00") * (day.day - 1)


def _paid(day: date) -> dict[str, Any]:
    """Return Fabrikam's last payment as a day's answer has it."""
    if day < FABRIKAM_PAID:
        return {"lastPaymentDate": "2026-09-02T00:00:00Z", "lastPaymentAmount": 58000}
    return {"lastPaymentDate": f"{FABRIKAM_PAID}T00:00:00Z", "lastPaymentAmount": 60950}


def _summary(
    day: date, balance: Decimal, currency: str, symbol: str, spelling: Spelling, other: Decimal | None = None
) -> dict[str, Any]:
    """Return an answer whose parts add up to the balance; the accounting date is the day before, on Mondays three days."""
    one_time = (balance / 4).quantize(Decimal("0.01"))
    parts = {spelling.recurring: balance - one_time - (other or 0), spelling.one_time: one_time}
    if other is not None:
        parts["Marketplace"] = other
    booked = day - timedelta(days=3 if day.weekday() == 0 else 1)
    return {
        "balanceAmount": balance,
        "currencyCode": currency,
        "currencySymbol": symbol,
        "accountingDate": f"{booked}T00:00:00",
        "firstInvoiceCreationDate": "2024-02-08T09:30:00Z",
        "latestInvoiceDate": f"{day.replace(day=1)}T00:00:00Z",
        "lastPaymentDate": "0001-01-01T00:00:00",
        "lastPaymentAmount": 0,
        "details": [
            {"invoiceType": kind, "summary": {"balanceAmount": amount, "currencyCode": currency}}
            for kind, amount in parts.items()
        ],
    }


def record() -> Recorded:
    """Let the function take its snapshot on every day of the history, and return every row of both tables, in their order."""
    with StandIn() as world, mock.patch.dict(os.environ, world.environ):
        partners = {
            CONTOSO: world.add_partner(name="Contoso", tenant_id=CONTOSO, auth="app_user", balances="summaries"),
            FABRIKAM: world.add_partner(name="Fabrikam", tenant_id=FABRIKAM, credit_limit="85000 USD"),
            NORTHWIND: world.add_partner(name="Northwind", tenant_id=NORTHWIND),
            TAILSPIN: world.add_partner(name="Tailspin", tenant_id=TAILSPIN),
        }
        for day in days():
            _record_day(world, partners, day)
        return Recorded(_rows(world, "partnerbalances"), _rows(world, "partnerbalancesruns"))


def _record_day(world: StandIn, partners: Mapping[str, Partner], day: date) -> None:
    of_day = answers(day)
    if not of_day:
        return
    for tenant, documents in of_day.items():
        world.partner_center.balances(tenant, *documents)
    configured = [partners[tenant].account for tenant in of_day]
    if day in CONTOSO_MISSED:
        world.partner_center.answer(CONTOSO, UNREADABLE, endpoint="summaries")
        configured.append(partners[CONTOSO].account)
    moment = datetime(day.year, day.month, day.day, 0, 17, 12, tzinfo=UTC)
    world.clock.set(moment)
    environ = world.environ | {"PARTNER_ACCOUNTS": json.dumps(configured)}
    result = take_snapshots(environ, run_id=f"demo-{day.isoformat()}", now=lambda: moment)
    if bool(result.failed) != (day in CONTOSO_MISSED):
        raise RuntimeError(f"the demo's run of {day}: {[failure.error.message for failure in result.failed]}")


def _rows(world: StandIn, table: str) -> tuple[Row, ...]:
    client_id = world.identity.user_assigned.client_id
    with (
        ManagedIdentityCredential(client_id=client_id) as credential,
        TableClient(world.table.endpoint, table, credential=credential) as client,
    ):
        return tuple(dict(row) for row in client.list_entities())
