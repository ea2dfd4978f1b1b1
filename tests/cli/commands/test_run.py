"""`run`, through a real process."""

import re
from collections.abc import Callable
from decimal import Decimal

from cli.support.tables import TableContext
from shared.history.query import Span
from shared.history.row import COLUMNS
from shared.history.runs import RUN_PARTITION
from standin import StandIn
from standin.faults import Status
from standin.sample import summary
from tests.cli.conftest import Cli
from tests.support.rows import TODAY


def test_a_run_records_and_the_next_one_keeps(cli: Cli, world: StandIn, connect: Callable[[], TableContext]) -> None:
    """The log goes to stderr and the counts to stdout; the second run leaves the row unchanged."""
    partner = world.add_partner()
    cli.use(partner.environ)
    first, second = cli("run"), cli("run")
    assert (first.status, first.out) == (0, f"{TODAY}: 1 account: 1 recorded, 0 kept, 0 failed\n")
    assert f"SNAPSHOT_RECORDED  Contoso {TODAY} USD" in first.err
    assert (second.status, second.out) == (0, f"{TODAY}: 1 account: 0 recorded, 1 kept, 0 failed\n")
    assert world.journal.count("partner") == 1
    [row] = connect().table.rows_of(partner.tenant_id, TODAY)
    assert row["BalanceText"] == "68059.03"
    runs = [dict(run) for run in connect().ledger.rows(Span(RUN_PARTITION))]
    assert [(run["Trigger"], run["Recorded"], run["Kept"]) for run in runs] == [("cli", 1, 0), ("cli", 0, 1)]


def test_a_dry_run_does_everything_but_the_insert(
    cli: Cli, world: StandIn, connect: Callable[[], TableContext]
) -> None:
    """Every column of the row is printed, but no row and no renewed token is written. An archived row for the day takes precedence."""
    partner = world.add_partner(auth="app_user")
    cli.use(partner.environ)
    versions = len(world.vault.versions(str(partner.refresh_token_name)))
    done = cli("run", "--dry-run")
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith(f"Contoso: would insert for {TODAY}\n")
    assert [line.split()[0] for line in done.out.splitlines()[1:]] == [column.name for column in COLUMNS]
    assert connect().table.rows_of(partner.tenant_id, TODAY) == ()
    assert list(connect().ledger.tenants()) == []
    assert len(world.vault.versions(str(partner.refresh_token_name))) == versions
    cli.use(world.environ_archive)
    world.identity.user_assigned.table_rights.discard("add")
    assert cli("run").status == 1  # the archive has the row, and the table has not
    world.partner_center.balances(partner.tenant_id, summary(Decimal(1)))
    assert re.search(r"BalanceText +String +68059\.03\n", cli("run", "--dry-run").out)


def test_a_row_missing_from_the_archive_is_a_failure(cli: Cli, world: StandIn) -> None:
    """The table has the row, but the status is 1. The message names the archive and its setting, not the table's."""
    cli.use(world.add_partner().environ, world.environ_archive)
    world.faults.add("archive", Status(403, '{"odata.error":{"code":"AuthorizationPermissionMismatch"}}'), times=None)
    done = cli("run")
    assert (done.status, done.out) == (1, f"{TODAY}: 1 account: 1 recorded, 0 kept, 0 failed, 1 not in the archive\n")
    assert "the archive's table partnerbalances" in done.err
    assert "Rows for Contoso could not be written to the archive (SNAPSHOT_ARCHIVE_ENDPOINT)." in done.err
    assert "remedy: Your Azure sign-in needs the append role" in done.err
    assert "restore --to archive --write" in done.err
    assert "SNAPSHOT_TABLE_ENDPOINT" not in done.err
