"""One account's day, over everything real but the services' owners."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from shared.azure_services.vault import Vault
from shared.balance_reader import BalanceReader
from shared.errors import PartnerBadResponse, PartnerUnavailable, SnapshotError
from shared.history.history import History
from shared.history.table import HistoryTable
from shared.settings.accounts import Account
from shared.sign_in.refresh_token import CONTENT_TYPE, Renewals
from shared.snapshot import Outcome, Snapshots
from standin import StandIn
from standin.faults import unavailable
from standin.partner import Partner
from standin.sample import summary
from tests.support.samples import run_of

DAY = run_of(date(2026, 11, 23))
AccountOf = Callable[[Partner], Account]


@dataclass
class Log:
    """The marked lines that were logged."""

    caplog: pytest.LogCaptureFixture

    def lines(self, marker: str | None = None) -> list[tuple[str, dict[str, Any]]]:
        """Return the lines of a marker, or all, as marker and fields."""
        marked = [text for text in self.caplog.messages if text.split(" ")[0].isupper() and "_" in text.split(" ")[0]]
        split = [(text.split(" ", 1)[0], json.loads(text.split(" ", 1)[1])) for text in marked]
        return [(name, fields) for name, fields in split if marker in (None, name)]

    def markers(self) -> list[str]:
        """Return the markers in their order."""
        return [name for name, _ in self.lines()]

    def one(self, marker: str) -> dict[str, Any]:
        """Return the fields of the only line of a marker."""
        ((_, fields),) = self.lines(marker)
        return fields

    def remarks(self) -> list[str]:
        """Return the warnings without a marker."""
        marked = {f"{name} {json.dumps(fields)}" for name, fields in self.lines()}
        ours = [record for record in self.caplog.records if record.name == "partner_balance_snapshots"]
        return [record.getMessage() for record in ours if record.getMessage() not in marked]


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Log:
    """Return what the job logs."""
    caplog.set_level("INFO", "partner_balance_snapshots")
    return Log(caplog)


@pytest.fixture
def snapshots(world: StandIn, table: HistoryTable, reader: BalanceReader, vault: Vault) -> Snapshots:
    """Return what takes snapshots, into a table without an archive."""
    return Snapshots(History(table), reader, Renewals(vault), world.clock.now)


@pytest.fixture
def archiving(snapshots: Snapshots, table: HistoryTable, archive: HistoryTable) -> Snapshots:
    """Return what takes snapshots, into the table and the archive."""
    return Snapshots(History(table, archive), snapshots.reader, snapshots.renewals, snapshots.now)


def test_a_day_is_recorded(
    world: StandIn, snapshots: Snapshots, table: HistoryTable, account_of: AccountOf, log: Log
) -> None:
    """One row, one line, with all that a reader of the log needs to find it."""
    partner = world.add_partner()
    assert snapshots.take(account_of(partner), DAY) is Outcome.RECORDED
    (row,) = table.rows_of(partner.tenant_id, DAY.date)
    assert (row["BalanceText"], row["RunId"], row["SnapshotDate"]) == ("68059.03", "run 1", "2026-11-23")
    assert log.lines() == [
        (
            "SNAPSHOT_RECORDED",
            {
                "account": "Contoso",
                "tenantId": partner.tenant_id,
                "date": "2026-11-23",
                "runId": "run 1",
                "currency": "USD",
                "requestId": row["RequestId"],
                "correlationId": row["CorrelationId"],
            },
        )
    ]
    assert log.remarks() == []


def test_a_complete_day_is_kept_without_asking_anybody(
    world: StandIn, snapshots: Snapshots, account_of: AccountOf, log: Log
) -> None:
    """A catch-up run calls neither the vault nor Entra ID nor Partner Center; the line names the existing row."""
    account = account_of(world.add_partner())
    snapshots.take(account, DAY)
    world.journal.clear()
    assert snapshots.take(account, run_of(DAY.date, "run 2")) is Outcome.KEPT
    assert {call.service for call in world.journal.calls()} == {"table"}
    first, kept = log.one("SNAPSHOT_RECORDED"), log.one("SNAPSHOT_KEPT")
    assert kept["runId"] == "run 2"
    assert kept["requestId"] == first["requestId"]


def test_another_day_is_another_row(world: StandIn, snapshots: Snapshots, account_of: AccountOf) -> None:
    """The day is the run's, whatever the service's dates say."""
    account = account_of(world.add_partner())
    assert [snapshots.take(account, run_of(date(2026, 11, day))) for day in (23, 24)] == [Outcome.RECORDED] * 2


def test_all_currencies_are_recorded_and_told(
    world: StandIn, snapshots: Snapshots, table: HistoryTable, account_of: AccountOf, log: Log
) -> None:
    """One row and one line a currency."""
    partner = world.add_partner(
        auth="app_user", balances="summaries", items=(summary(), summary(Decimal(5), "EUR", "€"))
    )
    snapshots.take(account_of(partner), DAY)
    assert [row["CurrencyCode"] for row in table.rows_of(partner.tenant_id, DAY.date)] == ["EUR", "USD"]
    assert [fields["currency"] for _, fields in log.lines("SNAPSHOT_RECORDED")] == ["USD", "EUR"]


def test_a_failure_records_nothing(
    world: StandIn, snapshots: Snapshots, table: HistoryTable, account_of: AccountOf, log: Log
) -> None:
    """No zero, no guess; whoever runs the accounts reports it."""
    partner = world.add_partner()
    world.partner_center.answer(partner.tenant_id, {"currencyCode": "USD"})
    with pytest.raises(PartnerBadResponse):
        snapshots.take(account_of(partner), DAY)
    assert table.rows_of(partner.tenant_id, DAY.date) == ()
    assert log.lines() == []


@pytest.mark.parametrize(
    ("days", "warned"), [(31, False), (30, True), (29, False), (14, True), (8, False), (7, True), (1, True), (0, True)]
)
def test_the_end_of_a_secret_is_seen_coming(
    world: StandIn,
    snapshots: Snapshots,
    account_of: AccountOf,
    log: Log,
    days: int,
    warned: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """With its name and the days left, and never its value."""
    world.clock.set(datetime(2026, 11, 23, 12, tzinfo=UTC))
    partner = world.add_partner(secret="hush~hush", secret_expires_in=timedelta(days=days, hours=1))
    snapshots.take(account_of(partner), DAY)
    assert (log.lines("SECRET_EXPIRING") != []) == warned
    for _, fields in log.lines("SECRET_EXPIRING"):
        assert (fields["secret"], fields["days"]) == (partner.secret_name, days)
        assert fields["remedy"]
    assert "hush" not in log.caplog.text


def test_an_expired_secret_that_still_works_is_warned_of(
    world: StandIn, snapshots: Snapshots, account_of: AccountOf, log: Log
) -> None:
    """The vault's note may be older than the secret."""
    partner = world.add_partner(secret="hush~hush", secret_expires_in=timedelta(days=-2))
    partner.app.secrets["hush~hush"] = None
    assert snapshots.take(account_of(partner), DAY) is Outcome.RECORDED
    assert "expired 2 days ago" in log.one("SECRET_EXPIRING")["message"]


def test_a_refresh_token_of_a_week_is_replaced_after_the_row(
    world: StandIn, snapshots: Snapshots, account_of: AccountOf, log: Log
) -> None:
    """The row is safe first; the new token is marked as what it is."""
    partner = world.add_partner(auth="app_user", refresh_token_age=timedelta(days=8))
    snapshots.take(account_of(partner), DAY)
    old, new = world.vault.versions(str(partner.refresh_token_name))
    assert old.value != new.value
    assert new.content_type == CONTENT_TYPE
    assert new.tags["tenantId"] == partner.tenant_id
    assert world.entra.directory.refresh_grant(partner.app, new.value).mfa
    order = [
        call.service
        for call in world.journal.calls()
        if call.method in ("POST", "PUT") and call.status in (201, 204, 200)
    ]
    assert order.index("vault") > max(index for index, service in enumerate(order) if service == "table")
    assert log.markers() == ["SNAPSHOT_RECORDED"]


def test_a_younger_refresh_token_stays(world: StandIn, snapshots: Snapshots, account_of: AccountOf) -> None:
    """Weekly, not daily."""
    partner = world.add_partner(auth="app_user", refresh_token_age=timedelta(days=6))
    snapshots.take(account_of(partner), DAY)
    assert len(world.vault.versions(str(partner.refresh_token_name))) == 1


def test_a_refresh_token_that_cannot_be_stored_costs_the_day_nothing(
    world: StandIn, snapshots: Snapshots, account_of: AccountOf, log: Log
) -> None:
    """It is said, with the days that are left, what failed and what to do."""
    partner = world.add_partner(auth="app_user", refresh_token_age=timedelta(days=80))
    world.identity.user_assigned.vault_rights.discard("set")
    assert snapshots.take(account_of(partner), DAY) is Outcome.RECORDED
    reported = log.one("SECRET_EXPIRING")
    assert (reported["secret"], reported["days"], reported["code"]) == (
        partner.refresh_token_name,
        10,
        "vault-access-denied",
    )
    assert reported["remedy"]
    assert len(world.vault.versions(str(partner.refresh_token_name))) == 1


def test_no_token_is_replaced_when_the_row_failed(world: StandIn, snapshots: Snapshots, account_of: AccountOf) -> None:
    """A run that failed leaves the vault as it was."""
    partner = world.add_partner(auth="app_user", refresh_token_age=timedelta(days=80))
    world.faults.add("partner", unavailable(), times=None)
    with pytest.raises(PartnerUnavailable):
        snapshots.take(account_of(partner), DAY)
    assert len(world.vault.versions(str(partner.refresh_token_name))) == 1


@pytest.mark.parametrize(
    ("limit", "balance", "percent"),
    [
        ("85000 USD", "68059.03", 80.1),
        ("1000 USD", "1000", 100.0),
        ("1000 USD", "-50", -5.0),
        ("3 USD", "1", 33.3),
        ("1 USD", "0", 0.0),
    ],
)
def test_the_share_of_the_credit_limit_is_told(
    world: StandIn, snapshots: Snapshots, account_of: AccountOf, log: Log, limit: str, balance: str, percent: float
) -> None:
    """In percent; the amount itself is not logged."""
    snapshots.take(account_of(world.add_partner(credit_limit=limit, balance=Decimal(balance))), DAY)
    reported = log.one("CREDIT_USED")
    assert (reported["percent"], reported["currency"]) == (percent, "USD")
    assert "68059" not in log.caplog.text


def test_a_limit_in_another_currency_is_not_compared(
    world: StandIn, snapshots: Snapshots, account_of: AccountOf, log: Log
) -> None:
    """The alert on credit finds the line, and nothing is converted."""
    snapshots.take(account_of(world.add_partner(credit_limit="85000 EUR")), DAY)
    assert log.lines("CREDIT_USED") == []
    assert log.one("CREDIT_UNKNOWN")["currency"] == "EUR"


def test_what_was_left_out_is_said(world: StandIn, snapshots: Snapshots, account_of: AccountOf, log: Log) -> None:
    """Beside the row, as warnings without a marker."""
    partner = world.add_partner()
    world.partner_center.answer(
        partner.tenant_id, {"balanceAmount": 1, "currencyCode": "USD", "lastPaymentDate": "soon", "details": 5}
    )
    assert snapshots.take(account_of(partner), DAY) is Outcome.RECORDED
    assert ["lastPaymentDate is not a date" in text or "details is not a list" in text for text in log.remarks()] == [
        True,
        True,
    ]


def test_a_defect_after_the_insert_costs_the_day_nothing(
    world: StandIn, snapshots: Snapshots, account_of: AccountOf, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither in what is reported of the row nor in the renewal of the token; both are named."""
    partner = world.add_partner(auth="app_user", refresh_token_age=timedelta(days=80))

    def defect(*_: object) -> None:
        raise KeyError("hush")

    monkeypatch.setattr("shared.snapshot._report_balances", defect)
    monkeypatch.setattr(Renewals, "renew", defect)
    assert snapshots.take(account_of(partner), DAY) is Outcome.RECORDED
    assert log.one("SECRET_EXPIRING")["code"] == "unexpected"
    assert any("reporting it failed: KeyError at " in text for text in log.remarks())
    assert "hush" not in log.caplog.text


@pytest.mark.parametrize("year", [1, 9999])
def test_a_date_beyond_reason_costs_the_day_nothing(
    world: StandIn, snapshots: Snapshots, account_of: AccountOf, year: int
) -> None:
    """The vault may give any date; only the renewal, after the row, computes with it."""
    partner = world.add_partner(auth="app_user")
    name = partner.refresh_token_name or ""
    token = world.vault.versions(name)[-1].value
    date = datetime(year, 12, 30, tzinfo=UTC)
    world.vault.put(name, token, created=date, expires_on=date if year == 1 else None)
    assert snapshots.take(account_of(partner), DAY) is Outcome.RECORDED


def test_an_archive_that_cannot_be_written_is_told(
    world: StandIn, archiving: Snapshots, account_of: AccountOf, log: Log
) -> None:
    """With a marker of its own; the day is recorded."""
    world.identity.user_assigned.archive_rights.clear()
    assert archiving.take(account_of(world.add_partner()), DAY) is Outcome.RECORDED
    assert log.markers() == ["ARCHIVE_FAILED", "SNAPSHOT_RECORDED"]
    assert log.one("ARCHIVE_FAILED")["code"] == "table-access-denied"


def test_a_row_that_only_the_archive_has_is_the_days(
    world: StandIn, archiving: Snapshots, table: HistoryTable, archive: HistoryTable, account_of: AccountOf
) -> None:
    """The first successful reading of the day is kept, even when the table lost it."""
    partner = world.add_partner()
    world.faults.add("table", unavailable(), times=None, method="POST")
    with pytest.raises(SnapshotError):
        archiving.take(account_of(partner), DAY)
    world.faults.clear()
    world.partner_center.balances(partner.tenant_id, summary(Decimal(1)))
    assert archiving.take(account_of(partner), run_of(DAY.date, "run 2")) is Outcome.RECORDED
    (row,) = table.rows_of(partner.tenant_id, DAY.date)
    assert (row["BalanceText"], row["RunId"]) == ("68059.03", "run 1")
    assert dict(row) == dict(archive.rows_of(partner.tenant_id, DAY.date)[0])


def test_fields_are_those_of_the_contract() -> None:
    """What a marked line says of a failure."""
    assert set(PartnerBadResponse("x").fields()) == {
        "code",
        "mayPass",
        "message",
        "remedy",
        "requestId",
        "correlationId",
    }
