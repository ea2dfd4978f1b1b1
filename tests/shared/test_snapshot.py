"""One account's day, with everything real except the services; tests/end_to_end covers expiry, renewal, credit and the archive."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from unittest.mock import Mock

import pytest

from shared.azure_services.vault import Vault
from shared.balance_reader import BalanceReader
from shared.errors import PartnerBadResponse
from shared.history.history import History
from shared.history.table import HistoryTable
from shared.log import LOGGER
from shared.sign_in.refresh_token import Renewals
from shared.snapshot import Outcome, Snapshots
from standin import StandIn
from standin.partner import Partner
from standin.sample import summary
from standin.services.vault import Version
from tests.shared.conftest import AccountOf
from tests.support.in_process import lines
from tests.support.samples import run_of

DAY = run_of(date(2026, 11, 23))
Take = Callable[..., Outcome]


@pytest.fixture
def take(
    world: StandIn, table: HistoryTable, reader: BalanceReader, vault: Vault, account_of: AccountOf,
    caplog: pytest.LogCaptureFixture,
) -> Take:  # fmt: skip
    """Return a function that takes a partner's snapshot of the day, into a table without an archive."""
    caplog.set_level("INFO", LOGGER.name)
    snapshots = Snapshots(History(table), reader, Renewals(vault), world.clock.now)
    return lambda partner, run=DAY: snapshots.take(account_of(partner), run)


def tokens(world: StandIn, partner: Partner) -> tuple[Version, ...]:
    """Return the versions of the partner's refresh token."""
    return world.vault.versions(str(partner.refresh_token_name))


def test_a_day_is_recorded_once(
    world: StandIn, take: Take, table: HistoryTable, caplog: pytest.LogCaptureFixture
) -> None:
    """Each currency has a row and a line; a later run only calls the table and names the existing rows."""
    items = (summary(), summary(Decimal(5), "EUR", "€"))
    partner = world.add_partner(auth="app_user", balances="summaries", items=items)
    assert take(partner) is Outcome.RECORDED
    rows = {row["CurrencyCode"]: row for row in table.rows_of(partner.tenant_id, DAY.date)}
    assert {code: row["BalanceText"] for code, row in rows.items()} == {"EUR": "5", "USD": "68059.03"}
    world.journal.clear()
    assert take(partner, run_of(DAY.date, "run 2")) is Outcome.KEPT
    assert {call.service for call in world.journal.calls()} == {"table"}
    common = {"account": "Contoso", "tenantId": partner.tenant_id, "date": "2026-11-23"}
    for marker, run, codes in (("SNAPSHOT_RECORDED", "run 1", "USD EUR"), ("SNAPSHOT_KEPT", "run 2", "EUR USD")):
        for line, code in zip(lines(caplog, marker), codes.split(), strict=True):
            ids = {"requestId": rows[code]["RequestId"], "correlationId": rows[code]["CorrelationId"]}
            assert line == common | ids | {"runId": run, "currency": code}


def test_a_failure_changes_nothing(
    world: StandIn, take: Take, table: HistoryTable, caplog: pytest.LogCaptureFixture
) -> None:
    """No zero, no guess, no new token; the caller reports the failure."""
    partner = world.add_partner(auth="app_user", refresh_token_age=timedelta(days=80))
    world.partner_center.answer(partner.tenant_id, {"currencyCode": "USD"})
    with pytest.raises(PartnerBadResponse):
        take(partner)
    assert table.rows_of(partner.tenant_id, DAY.date) == ()
    assert len(tokens(world, partner)) == 1
    assert caplog.messages == []


def test_omitted_values_are_reported(world: StandIn, take: Take, caplog: pytest.LogCaptureFixture) -> None:
    """In addition to the row, as warnings without a marker."""
    partner = world.add_partner()
    answer = {"balanceAmount": 1, "currencyCode": "USD", "lastPaymentDate": "soon", "details": 5}
    world.partner_center.answer(partner.tenant_id, answer)
    assert take(partner) is Outcome.RECORDED
    assert [text.partition(" {")[0] for text in caplog.messages] == [
        "SNAPSHOT_RECORDED",
        "In the USD balance of 'Contoso': lastPaymentDate is not a date and was left out.",
        "In the USD balance of 'Contoso': details is not a list and was left out.",
    ]


@pytest.mark.parametrize("broken", ["shared.snapshot._report_balances", "shared.snapshot.Renewals.renew"])
def test_a_defect_after_the_insert_does_not_fail_the_day(
    world: StandIn, take: Take, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """Neither in reporting the row nor in renewing the token; the defect is named."""
    monkeypatch.setattr(broken, Mock(side_effect=KeyError("hush")))
    partner = world.add_partner(auth="app_user", refresh_token_age=timedelta(days=80))
    assert take(partner) is Outcome.RECORDED
    if broken.endswith("renew"):
        (reported,) = lines(caplog, "SECRET_EXPIRING")
        assert (reported["code"], reported["days"]) == ("unexpected", 10)
    else:
        assert caplog.messages[1].startswith("The row exists, but reporting it failed: KeyError at ")
        assert len(tokens(world, partner)) == 2
    assert "hush" not in caplog.text


@pytest.mark.parametrize("year", [1, 9999])
def test_an_absurd_date_does_not_fail_the_day(world: StandIn, take: Take, year: int) -> None:
    """The vault may return any date."""
    partner = world.add_partner(auth="app_user")
    beyond = datetime(year, 12, 30, tzinfo=UTC)
    world.vault.put(
        str(partner.refresh_token_name),
        tokens(world, partner)[-1].value,
        created=beyond,
        expires_on=beyond if year == 1 else None,
    )
    assert take(partner) is Outcome.RECORDED
