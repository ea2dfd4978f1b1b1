"""Eight weeks of a made-up history, recorded by the function itself: the rows and the ledger of the examples and the pictures.

Four accounts: `Contoso` is billed in USD and EUR; `Fabrikam` has a credit limit, paid and is in credit for a while; `Northwind`
was retired; `Tailspin` is new, has a balance of 17 digits and an answer without anything optional. No run took place on two days,
and Contoso's answer could not be read on one.
"""

import json
import os
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from unittest import mock

from azure.data.tables import TableClient
from azure.identity import ManagedIdentityCredential

from shared.job import take_snapshots
from standin import StandIn
from standin.sample import summary
from tests.powerbi.tools.histories import History, days
from tests.powerbi.tools.mashup import Record

FIRST_DAY, NEWEST_DAY = "2026-09-29", "2026-11-23"
LOADED = date(2026, 11, 24)
NOBODY_READ = {"2026-10-20", "2026-10-21"}
CONTOSO_MISSED = "2026-11-16"
FABRIKAM_PAID = date(2026, 11, 2)
NORTHWIND_LAST_DAY = date(2026, 10, 5)
TAILSPIN_FIRST_DAY = date(2026, 11, 10)

CONTOSO = "11111111-1111-4111-8111-111111111111"
FABRIKAM = "22222222-2222-4222-8222-222222222222"
NORTHWIND = "33333333-3333-4333-8333-333333333333"
TAILSPIN = "44444444-4444-4444-8444-444444444444"


def answers(day: date) -> dict[str, list[dict[str, Any]]]:
    """Return what Partner Center answers on a day, by tenant: nothing that can be read where there are no documents.

    A tenant that is not in it is not configured that day.
    """
    if str(day) in NOBODY_READ:
        return {}
    since = (day - date(2026, 9, 15)).days
    found = {
        FABRIKAM: [_fabrikam(day)],
        CONTOSO: [
            _summary(day, Decimal("68059.03") + Decimal("412.35") * (since % 30), "USD", "$"),
            _summary(day, Decimal("9120.50") + Decimal("35.10") * since, "EUR", "€", ("Recurring", "Marketplace")),
        ],
    }
    if str(day) == CONTOSO_MISSED:
        found[CONTOSO] = []
    if day <= NORTHWIND_LAST_DAY:
        found[NORTHWIND] = [_summary(day, Decimal("1500.00") + since, "USD", "$")]
    if day >= TAILSPIN_FIRST_DAY:
        found[TAILSPIN] = [{"balanceAmount": Decimal("123456789012345.67"), "currencyCode": "IDR"}]
    return found


def _fabrikam(day: date) -> dict[str, Any]:
    """Return the answer of an account that a payment on 2 November put in credit for four days."""
    balance = Decimal("59500.25") + Decimal("150.00") * (day.day - 1)
    payment = {"lastPaymentDate": "2026-09-02T00:00:00Z", "lastPaymentAmount": 58000}
    if day >= FABRIKAM_PAID:
        payment = {"lastPaymentDate": f"{FABRIKAM_PAID}T00:00:00Z", "lastPaymentAmount": 60950}
        if day - FABRIKAM_PAID < timedelta(days=4):
            balance = Decimal("-1250.75")
    return _summary(day, balance, "USD", "$", ("recurring", "one_time")) | payment


def _summary(
    day: date, balance: Decimal, currency: str, symbol: str, kinds: tuple[str, str] = ("Recurring", "OneTime")
) -> dict[str, Any]:
    """Return the documented answer, with parts of these kinds, updated the day before, on Mondays three days before."""
    booked = day - timedelta(days=3 if day.weekday() == 0 else 1)
    document = summary(balance, currency, symbol, booked) | {"latestInvoiceDate": f"{day.replace(day=1)}T00:00:00Z"}
    for part, kind in zip(document["details"], kinds, strict=True):
        part["invoiceType"] = kind
    return document


def record(world: StandIn) -> History:
    """Let the function take its snapshot on every day, and return every row of both tables, in their order."""
    with mock.patch.dict(os.environ, world.environ):
        accounts = {
            CONTOSO: world.add_partner(name="Contoso", tenant_id=CONTOSO, auth="app_user", balances="summaries"),
            FABRIKAM: world.add_partner(name="Fabrikam", tenant_id=FABRIKAM, credit_limit="85000 USD"),
            NORTHWIND: world.add_partner(name="Northwind", tenant_id=NORTHWIND),
            TAILSPIN: world.add_partner(name="Tailspin", tenant_id=TAILSPIN),
        }
        for day in days(FIRST_DAY, NEWEST_DAY):
            _record_day(world, day, {tenant: partner.account for tenant, partner in accounts.items()})
        return History(_rows(world, "partnerbalances"), _rows(world, "partnerbalancesruns"), LOADED, LOADED)


def _record_day(world: StandIn, day: date, accounts: Mapping[str, Any]) -> None:
    of_day = answers(day)
    if not of_day:
        return
    for tenant, documents in of_day.items():
        if documents:
            world.partner_center.balances(tenant, *documents)
        else:
            world.partner_center.answer(tenant, b"<html>", endpoint="summaries")
    moment = datetime(day.year, day.month, day.day, 0, 17, 12, tzinfo=UTC)
    world.clock.set(moment)
    environ = world.environ | {"PARTNER_ACCOUNTS": json.dumps([accounts[tenant] for tenant in of_day])}
    result = take_snapshots(environ, run_id=f"demo-{day}", now=lambda: moment)
    if len(result.failed) != list(of_day.values()).count([]):
        raise RuntimeError(f"the demo's run of {day}: {[failure.error.message for failure in result.failed]}")


def _rows(world: StandIn, table: str) -> list[Record]:
    client_id = world.identity.user_assigned.client_id
    with (
        ManagedIdentityCredential(client_id=client_id) as credential,
        TableClient(world.table.endpoint, table, credential=credential) as client,
    ):
        return [dict(row) for row in client.list_entities()]
