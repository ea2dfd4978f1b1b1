"""The daily job through Microsoft's own v1 engine, against the stand-in and a real table service."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import UTC, datetime

from aiohttp import web

from standin import StandIn
from standin.faults import Fault, FaultContext
from standin.sample import BALANCE, summary
from tests.end_to_end.conftest import LEDGER, environ_of, marked, rows
from tests.support.engine import Engine

Start = Callable[..., Engine]


def test_the_first_run_of_a_day(world: StandIn, start: Start) -> None:
    """The row, the marked lines and the ledger have everything in the contract, and no line contains an amount."""
    partner = world.add_partner(name="Contoso", credit_limit="85000 USD")
    before = datetime.now(UTC)
    with start(environ_of(world, partner) | world.environ_archive) as engine:
        result = engine.invoke(past_due=True, invocation_id="run-1")
    after = datetime.now(UTC)
    assert result.success, result
    (row,) = rows(world)
    today = row["SnapshotDate"]
    assert today in {f"{before:%Y-%m-%d}", f"{after:%Y-%m-%d}"}
    assert before <= row["RetrievedAt"] <= after
    assert '"invoiceType":"OneTime"' in row["Details"]
    assert row == {
        "PartitionKey": partner.tenant_id,
        "RowKey": f"{today}_USD",
        "SnapshotDate": today,
        "AccountName": "Contoso",
        "CurrencyCode": "USD",
        "CurrencySymbol": "$",
        "BalanceAmount": 68059.03,
        "BalanceText": "68059.03",
        "AccountingDate": datetime(2018, 3, 16, tzinfo=UTC),
        "FirstInvoiceCreationDate": datetime(2017, 1, 21, tzinfo=UTC),
        "LatestInvoiceDate": datetime(2018, 3, 8, tzinfo=UTC),
        "LastPaymentAmount": 0.0,  # there is no LastPaymentDate, because the year 1 means none
        "CreditLimit": 85000.0,
        "RunId": "run-1",
        "Source": "partner-center",
        "SchemaVersion": 1,
    } | {name: row[name] for name in ("Details", "RetrievedAt", "RequestId", "CorrelationId")}
    assert rows(world, archive=True) == [row]

    account = {"account": "Contoso", "tenantId": partner.tenant_id, "date": today, "runId": "run-1", "currency": "USD"}
    ids = {"requestId": row["RequestId"], "correlationId": row["CorrelationId"]}
    assert marked(result.logs, "SNAPSHOT_RECORDED") == [account | ids]
    assert marked(result.logs, "CREDIT_USED") == [account | {"percent": 80.1}]
    (run,) = marked(result.logs, "SNAPSHOT_RUN")
    assert run.pop("seconds") > 0
    assert run == {"accounts": 1, "recorded": 1, "kept": 0, "failed": 0, "retries": 0, "runId": "run-1"}
    ours = [line for line in result.logs if line.logger == "partner_balance_snapshots"]
    assert all(line.shipped for line in ours)
    assert any("past due" in line.message for line in ours)
    assert not any("68059" in line.message for line in ours)
    assert not any(line.logger.startswith("azure.core") for line in result.logs), "a line for every request"

    (entry,) = rows(world, table=LEDGER)
    assert entry["RowKey"] == f"{entry['StartedAt']:%Y-%m-%dT%H:%M:%S.%fZ}_run-1"
    assert before <= entry["StartedAt"] <= row["RetrievedAt"]
    assert (entry["SnapshotDate"], entry["Recorded"], entry["Trigger"], entry["PastDue"]) == (today, 1, "timer", True)


def test_a_warm_worker(world: StandIn, start: Start) -> None:
    """It keeps the day's first reading without a new call, but nothing else: neither the table nor the secret."""
    partner = world.add_partner()
    with start(environ_of(world, partner)) as engine:
        assert engine.invoke().success
        first = rows(world)
        world.partner_center.balances(partner.tenant_id, summary(BALANCE * 2))
        partner.app.secrets.clear()
        world.journal.clear()
        kept = engine.invoke(invocation_id="run-2")
        assert {call.service for call in world.journal.calls()} == {"identity", "table"}
        assert rows(world) == first
        assert marked(kept.logs, "SNAPSHOT_RUN")[0]["kept"] == 1
        assert marked(kept.logs, "SNAPSHOT_KEPT")[0]["runId"] == "run-2"
        world.table.clear()
        partner.app.secrets["rotated"] = None
        world.vault.put(str(partner.secret_name), "rotated")
        assert engine.invoke().success
    assert [row["BalanceText"] for row in rows(world)] == ["136118.06"]


def test_one_broken_account_does_not_affect_the_others(world: StandIn, start: Start) -> None:
    """The others are recorded, the invocation fails, and the failure names the account and its code."""
    good, broken, other = (world.add_partner(name=name) for name in ("Good", "Broken", "Other"))
    broken.app.secrets.clear()
    with start(environ_of(world, good, broken, other)) as engine:
        result = engine.invoke()
    assert "1 of 3 accounts: Broken (sign-in-rejected)" in result.message
    assert {row["PartitionKey"] for row in rows(world)} == {good.tenant_id, other.tenant_id}
    (run,) = marked(result.logs, "SNAPSHOT_RUN")
    assert (run["accounts"], run["recorded"], run["failed"]) == (3, 2, 1)
    entries = {row["PartitionKey"]: row for row in rows(world, table=LEDGER)}
    failure, of_run = entries.pop(broken.tenant_id), entries.pop("run")
    assert entries == {}
    assert (failure["RowKey"], failure["RunId"]) == (of_run["RowKey"], run["runId"])
    assert (failure["Code"], of_run["Failed"]) == ("sign-in-rejected", 1)


class Together(Fault):
    """Holds calls until the given number has arrived, for five seconds at most."""

    def __init__(self, number: int) -> None:
        self.missing = number
        self.complete = asyncio.Event()

    async def play(self, context: FaultContext) -> web.Response:
        """Release all of them at once."""
        self.missing -= 1
        if not self.missing:
            self.complete.set()
        with suppress(TimeoutError):
            await asyncio.wait_for(self.complete.wait(), 5)
        return await context.proceed()


def test_four_runs_at_once_leave_one_row_per_currency(world: StandIn, start: Start) -> None:
    """Two runs in each of two workers, all of which found the day empty, agree on one winner. Each log line belongs to its own invocation."""
    items = (summary(), summary(BALANCE / 2, "EUR", "€"))
    one, two = world.add_partner(), world.add_partner(auth="app_user", balances="summaries", items=items)
    world.faults.add("partner", Together(4 * 2), times=None)
    environ = environ_of(world, one, two)
    with ExitStack() as workers:
        engines = [workers.enter_context(start(environ)) for _ in range(2)]
        results = [pending.result() for pending in [engine.submit() for engine in engines * 2]]
    assert all(result.success for result in results)
    logs = [line for engine in engines for line in engine.logs if line.logger == "partner_balance_snapshots"]
    assert all(line.shipped and f'"runId": "{line.invocation_id}"' in line.message for line in logs)
    assert sorted(row["RowKey"][11:] for row in rows(world)) == ["EUR", "USD", "USD"]
    recorded, kept = marked(logs, "SNAPSHOT_RECORDED"), marked(logs, "SNAPSHOT_KEPT")
    assert len(recorded) == 3
    assert {line["requestId"] for line in kept} == {line["requestId"] for line in recorded}, "of the row that is kept"
    runs = marked(logs, "SNAPSHOT_RUN")
    assert (sum(run["recorded"] for run in runs), sum(run["kept"] for run in runs)) == (2, 6)
