"""Small made-up histories: the rows of the table and the ledger, when they were loaded, and when they are viewed."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any
from unittest import mock

from standin import StandIn
from standin.faults import Status
from standin.playground import fill
from tests.end_to_end.conftest import rows
from tests.powerbi.tools import mashup
from tests.powerbi.tools.dax import Dax, Filters
from tests.powerbi.tools.mashup import Record
from tests.support.in_process import run_now

TODAY = date(2026, 11, 28)
RECORDED = date(2026, 11, 23)
LOADED = RECORDED + timedelta(days=1)


@dataclass(frozen=True)
class History:
    """The storage account's content; without a ledger, that table does not exist."""

    rows: Sequence[Mapping[str, Any]]
    ledger: Sequence[Mapping[str, Any]] | None = None
    refreshed: date = TODAY
    today: date = TODAY

    @cached_property
    def tables(self) -> dict[str, list[Record]]:
        """The tables that have an M query, filled by it."""
        ledger = None if self.ledger is None else mashup.navigated(self.ledger)
        return mashup.fill(mashup.navigated(self.rows), ledger, datetime.combine(self.refreshed, time(6), UTC))

    @cached_property
    def dax(self) -> Dax:
        """The model with this history's data."""
        return Dax(self.tables, self.today)

    def as_text(self, measure: str, view: str) -> str:
        """Return a measure as text. The view is text too: `all`, `Contoso`, `USD`, `on 2026-11-16`, `2026-11`, `7 days`."""
        value = self.dax.value(measure, *in_view(view))
        match value:
            case None:
                return "blank"
            case Decimal() if measure == "Credit used":
                return f"{value:.1%}"
            case Decimal():
                return f"{value:,.2f}"
            case datetime():
                return f"{value:%Y-%m-%d %H:%M}"
            case _:
                return str(value)


def in_view(text: str) -> tuple[Filters, Filters]:
    """Return the slicers' selection, and the row or point within a visual."""
    slicers: dict[tuple[str, str], list[Any]] = {}
    point: dict[tuple[str, str], list[Any]] = {}
    for word in text.split(", "):
        if word.startswith("on "):
            point["Date", "Date"] = [date.fromisoformat(word.removeprefix("on "))]
        elif re.fullmatch(r"\d{4}-\d\d", word):
            point["Date", "Month"] = [word]
        elif word in ("7 days", "30 days", "Month close"):
            point["Comparison", "Comparison"] = [word]
        elif word != "all":
            slicers[("Currencies", "Currency") if word.isupper() else ("Accounts", "Account")] = [word]
    return slicers, point


def days(first: str, last: str) -> list[date]:
    """Return every day from the first to the last."""
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    return [start + timedelta(days=number) for number in range((end - start).days + 1)]


def readings(
    account: str,
    first: str,
    last: str,
    balance: float,
    *,
    currency: str = "USD",
    missed: Sequence[str] = (),
    **columns: Any,
) -> list[Record]:
    """Return a row with the same balance for every day except the missed ones."""
    return [
        {
            "PartitionKey": account.lower(),
            "RowKey": f"{day}_{currency}",
            "SnapshotDate": str(day),
            "AccountName": account,
            "CurrencyCode": currency,
            "BalanceAmount": balance,
            "BalanceText": str(balance),
            "RetrievedAt": datetime(day.year, day.month, day.day, 0, 17, tzinfo=UTC),
            "RunId": f"run-{day}",
            "Source": "partner-center",
            "SchemaVersion": 1,
        }
        | columns
        for day in days(first, last)
        if str(day) not in missed
    ]


def runs(first: str, last: str, *, failed: str = "", code: str = "sign-in-rejected") -> list[Record]:
    """Return one run per day, with a failure of the named account, if any."""
    found: list[Record] = []
    for day in days(first, last):
        key = f"{day}T00:17:00.000000Z_run-{day}"
        common = {"RowKey": key, "SnapshotDate": str(day), "SchemaVersion": 1}
        counts = {"Accounts": 1, "Recorded": int(not failed), "Kept": 0, "Failed": int(bool(failed))}
        started = datetime(day.year, day.month, day.day, 0, 17, tzinfo=UTC)
        run = {"PartitionKey": "run", "StartedAt": started, "Seconds": 2.5, "Trigger": "timer", "PastDue": False}
        found.append(common | run | counts | {"Version": "1.0"})
        if failed:
            why = {"Code": code, "MayPass": False, "Message": "Refused.", "Remedy": "Renew the secret."}
            found.append(common | {"PartitionKey": failed.lower(), "AccountName": failed} | why)
    return found


def recorded_by_the_job(world: StandIn) -> History:
    """Return eight weeks of the playground's history. The function recorded the last day; Northwind succeeded only on a retry."""
    with mock.patch.dict(os.environ, world.environ):
        world.clock.set(datetime.combine(RECORDED, time(0, 17, 12), UTC))
        playground = fill(world, RECORDED, days=56)
        northwind = playground.partners[2].tenant_id
        world.faults.add("partner", Status(200, "<html>"), tenant=northwind)
        for _ in range(2):
            run_now(world, playground.environ)
            world.clock.advance(seconds=3600)
        return History(rows(world), rows(world, table="partnerbalancesruns"), LOADED, LOADED)
