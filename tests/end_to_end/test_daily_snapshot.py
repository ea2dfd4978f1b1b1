"""The daily job through Microsoft's own v1 engine, against the stand-in and a real table service."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from shared.history.row import COLUMNS
from standin import StandIn
from standin.faults import Status
from tests.end_to_end.conftest import environ_of, marked, rows
from tests.support.engine import Engine, InvocationResult

Run = Callable[..., InvocationResult]

LEDGER = "partnerbalancesruns"


def test_first_run_writes_the_documented_sample(world: StandIn, run_once: Run) -> None:
    """The first run of a day writes one row with every value that the service sent."""
    partner = world.add_partner(name="Contoso", credit_limit="85000 USD")
    before = datetime.now(UTC)
    result = run_once(environ_of(world, partner), invocation_id="run-1")
    assert result.success, result
    (row,) = rows(world)
    today = row["SnapshotDate"]
    assert today in {before.date().isoformat(), datetime.now(UTC).date().isoformat()}
    assert (row["PartitionKey"], row["RowKey"]) == (partner.tenant_id, f"{today}_USD")
    assert (row["BalanceAmount"], row["BalanceText"]) == (68059.03, "68059.03")
    assert (row["CurrencyCode"], row["CurrencySymbol"], row["AccountName"]) == ("USD", "$", "Contoso")
    assert row["AccountingDate"] == datetime(2018, 3, 16, tzinfo=UTC)
    assert row["FirstInvoiceCreationDate"] == datetime(2017, 1, 21, tzinfo=UTC)
    assert "LastPaymentDate" not in row, "the year 1 means none"
    assert (row["LastPaymentAmount"], row["CreditLimit"], row["SchemaVersion"]) == (0.0, 85000.0, 1)
    assert before <= row["RetrievedAt"] <= datetime.now(UTC)
    assert (row["RunId"], row["Source"]) == ("run-1", "partner-center")
    assert set(row) <= {column.name for column in COLUMNS}


def test_the_log_tells_of_it(world: StandIn, run_once: Run) -> None:
    """Every marked line reaches the invocation's log with the fields that alerts depend on, and no amount."""
    partner = world.add_partner(name="Contoso", credit_limit="85000 USD")
    result = run_once(environ_of(world, partner), invocation_id="run-1")
    (row,) = rows(world)
    expected = {"account": "Contoso", "tenantId": partner.tenant_id, "date": row["SnapshotDate"], "runId": "run-1"}
    ids = {"requestId": row["RequestId"], "correlationId": row["CorrelationId"]}
    assert marked(result.logs, "SNAPSHOT_RECORDED") == [expected | {"currency": "USD"} | ids]
    assert marked(result.logs, "CREDIT_USED") == [expected | {"currency": "USD", "percent": 80.1}]
    (run,) = marked(result.logs, "SNAPSHOT_RUN")
    assert run.pop("seconds") > 0
    assert run == {"accounts": 1, "recorded": 1, "kept": 0, "failed": 0, "retries": 0, "runId": "run-1"}
    ours = [line for line in result.logs if line.logger == "partner_balance_snapshots"]
    assert ours
    assert all(line.shipped for line in ours)
    assert not any("68059" in line.message for line in ours)


def test_second_run_of_the_day_asks_neither_vault_nor_partner_center(world: StandIn, run_once: Run) -> None:
    """A catch-up run of a complete day keeps the row and calls only the identity and the table."""
    environ = environ_of(world, world.add_partner())
    run_once(environ, invocation_id="run-1")
    standing = rows(world)
    world.journal.clear()
    result = run_once(environ, invocation_id="run-2")
    assert result.success
    assert {call.service for call in world.journal.calls()} == {"identity", "table"}
    assert rows(world) == standing
    assert marked(result.logs, "SNAPSHOT_RUN")[0]["kept"] == 1
    assert marked(result.logs, "SNAPSHOT_KEPT")[0]["runId"] == "run-2"


def test_a_run_makes_at_most_nine_calls(world: StandIn, run_once: Run) -> None:
    """One account costs nine network calls, on a table that exists."""
    run_once(environ_of(world, world.add_partner()))
    world.journal.clear()
    assert run_once(environ_of(world, world.add_partner())).success
    assert world.journal.count() <= 9


def test_accounts_with_one_secret_cost_four_calls_each(world: StandIn, run_once: Run) -> None:
    """Accounts that share a secret read it once a run, and share each service's tokens; the ledger is one call more."""
    run_once(environ_of(world, world.add_partner()))
    partners = [world.add_partner(name=f"P{n}", secret="shared", secret_name="one-secret") for n in range(6)]
    world.journal.clear()
    assert run_once(environ_of(world, *partners)).success
    assert world.journal.count("vault") == 2, "the challenge and the secret"
    assert world.journal.count("identity") == 2, "one token for the vault, one for the table"
    assert world.journal.count() == 2 + 2 + 4 * len(partners) + 1


def test_one_broken_account_costs_the_others_nothing(world: StandIn, run_once: Run) -> None:
    """The others are recorded, the invocation fails, and the failure names the account and its code."""
    good, broken, other = (world.add_partner(name=name) for name in ("Good", "Broken", "Other"))
    broken.app.secrets.clear()
    result = run_once(environ_of(world, good, broken, other))
    assert not result.success
    assert result.exception is not None
    assert "1 of 3 accounts: Broken (sign-in-rejected)" in result.exception.message
    assert {row["PartitionKey"] for row in rows(world)} == {good.tenant_id, other.tenant_id}
    (run,) = marked(result.logs, "SNAPSHOT_RUN")
    assert (run["accounts"], run["recorded"], run["failed"]) == (3, 2, 1)
    by_partition = {row["PartitionKey"]: row for row in rows(world, table=LEDGER)}
    assert set(by_partition) == {"run", broken.tenant_id}
    failure, run_row = by_partition[broken.tenant_id], by_partition["run"]
    assert failure["RowKey"] == run_row["RowKey"]
    assert (failure["Code"], failure["MayPass"], failure["RunId"]) == ("sign-in-rejected", False, run["runId"])
    assert (run_row["Accounts"], run_row["Recorded"], run_row["Failed"]) == (3, 2, 1)


def test_the_next_run_touches_only_what_is_missing(world: StandIn, run_once: Run) -> None:
    """After a repair the catch-up run reads the broken account alone."""
    good, broken = world.add_partner(name="Good"), world.add_partner(name="Broken")
    rule = world.faults.add("partner", Status(403), tenant=broken.tenant_id, times=None)
    environ = environ_of(world, good, broken)
    assert not run_once(environ).success
    rule.remove()
    world.journal.clear()
    assert run_once(environ).success
    assert [call.tenant for call in world.journal.calls("partner")] == [broken.tenant_id]
    assert len(rows(world)) == 2


def test_a_late_timer_still_records(world: StandIn, run_once: Run) -> None:
    """A run that is past due says so and records the day it runs on."""
    result = run_once(environ_of(world, world.add_partner()), past_due=True)
    assert result.success
    assert any("past due" in line.message for line in result.logs)
    assert len(rows(world)) == 1
    (run,) = rows(world, table=LEDGER)
    assert (run["Trigger"], run["PastDue"], run["Recorded"]) == ("timer", True, 1)


def test_a_warm_worker_keeps_nothing(world: StandIn, start: Callable[..., Engine]) -> None:
    """The second run of a worker sees a rotated secret and the table as it is (Partner-Center-PowerShell#376)."""
    partner = world.add_partner()
    with start(environ_of(world, partner)) as engine:
        assert engine.invoke().success
        world.table.clear()
        partner.app.secrets.clear()
        partner.app.secrets["rotated"] = None
        world.vault.put(str(partner.secret_name), "rotated")
        assert engine.invoke().success
    assert len(rows(world)) == 1


def test_all_currencies_of_a_day_stand_together(world: StandIn, run_once: Run) -> None:
    """With `summaries` there is one row a currency, inserted at once."""
    from standin.sample import BALANCE, summary  # noqa: PLC0415 - used here alone

    items = (summary(), summary(BALANCE / 2, "EUR", "€"))
    partner = world.add_partner(auth="app_user", balances="summaries", items=items)
    result = run_once(environ_of(world, partner))
    assert result.success, result
    assert sorted(row["RowKey"][11:] for row in rows(world)) == ["EUR", "USD"]
    assert world.journal.count("table", method="POST", path_contains="$batch") >= 1


def test_the_day_is_that_of_the_time_zone(world: StandIn, run_once: Run) -> None:
    """SNAPSHOT_TIME_ZONE decides which day today is."""
    for zone, hours in (("Pacific/Kiritimati", 14), ("Etc/GMT+12", -12)):
        partner = world.add_partner()
        before = datetime.now(UTC)
        assert run_once(environ_of(world, partner) | {"SNAPSHOT_TIME_ZONE": zone}).success
        days = {(moment + timedelta(hours=hours)).date().isoformat() for moment in (before, datetime.now(UTC))}
        (row,) = (row for row in rows(world) if row["PartitionKey"] == partner.tenant_id)
        assert row["SnapshotDate"] in days


def test_wrong_settings_fail_before_anything_is_called(world: StandIn, run_once: Run) -> None:
    """A wrong setting is a failed invocation and a failed run in the log, and no service is called."""
    result = run_once(environ_of(world, world.add_partner()) | {"PARTNER_TENANT_ID": "contoso.com"})
    assert not result.success
    (failed,) = marked(result.logs, "SNAPSHOT_FAILED")
    assert failed["code"] == "settings-invalid"
    assert "PARTNER_TENANT_ID is a domain name" in failed["message"]
    assert marked(result.logs, "SNAPSHOT_RUN")[0]["failed"] == 1
    assert world.journal.count() == 0, "no row of the ledger either"
