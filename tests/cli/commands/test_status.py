"""`status`, through a real process."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cli.support.tables import TableContext
from shared.history.runs import RunContext, RunResult, run_row
from standin import StandIn
from tests.cli.conftest import Cli
from tests.support.rows import TENANT, TODAY, days, days_ago, row

OTHER = "00000000-0000-0000-0000-000000000000"
Ran = Callable[..., None]


@pytest.fixture
def ran(connect: Callable[[], TableContext]) -> Ran:
    """Return a function that writes a run from so many hours ago to the ledger."""

    def write(hours: float = 1, **columns: Any) -> None:
        started = datetime.now(UTC) - timedelta(hours=hours)
        run = RunContext(TODAY, f"run-{hours}", started)
        row = run_row(RunResult(run, 2.0, recorded=1, kept=0, failed=()))
        connect().ledger.insert([{**row, **columns}])

    return write


def test_all_is_well(cli: Cli, world: StandIn, connect: Callable[[], TableContext], ran: Ran) -> None:
    """One line per account and currency in the settings' order, and the last run; Partner Center is not called."""
    first = world.add_partner(name="Zeta", tenant_id=TENANT, credit_limit="2000 USD")
    second = world.add_partner(name="Alpha", tenant_id=OTHER)
    cli.use({"PARTNER_ACCOUNTS": json.dumps([first.account, second.account])})
    table = connect().table
    table.insert(list(days(40)))
    table.insert([row(days_ago(1), "5", "EUR", tenant=OTHER)])
    ran(30, Failed=1)
    ran(1)
    done = cli("status", COLUMNS="120")
    assert (done.status, done.err) == (0, "")
    heading, zeta, alpha, run = (line.split() for line in done.out.splitlines())
    assert heading[:2] == ["Account", "Currency"]
    assert zeta[:8] == ["Zeta", "USD", str(days_ago(1)), "$1,039.50", "+$1.00", "0", "52", "%"]
    assert alpha[:7] == ["Alpha", "EUR", str(days_ago(1)), "€5.00", "-", "0", "-"]
    assert " ".join(run).endswith("UTC (timer): 1 recorded, 0 kept, 0 failed")
    assert world.journal.count("partner") == world.journal.count("entra") == 0


def test_two_accounts_with_one_name_are_distinguished(
    cli: Cli, world: StandIn, connect: Callable[[], TableContext]
) -> None:
    """By tenant ID, here, in the notes of `history` and in `balance`."""
    accounts = [world.add_partner(name="Contoso", tenant_id=tenant).account for tenant in (TENANT, OTHER)]
    cli.use({"PARTNER_ACCOUNTS": json.dumps(accounts)})
    connect().table.insert(list(days(3, 3)))
    for command in ("status", "history --format csv", "balance"):
        done = cli(*command.split())
        assert f"Contoso ({OTHER})" in done.out + done.err


@pytest.mark.parametrize(
    ("newest", "run", "secret_days", "problem"),
    [
        (2, {}, 365, f"Contoso has no row for yesterday, {days_ago(1)}"),
        (1, {"hours": 27}, 365, "no run in the last 26 hours"),
        (1, None, 365, "no run in the last 26 hours"),
        (1, {"Failed": 1}, 365, "the last run failed for 1 of 1 accounts"),
        (1, {}, 14, "expires in 14 days"),
        (1, {}, -1, "expired 1 day ago"),
        (None, {}, 365, "Contoso has no row yet"),
        (1, {}, None, "Contoso: vault-secret-missing: `python -m cli check` shows"),
    ],
)
def test_each_problem_is_named(
    cli: Cli,
    world: StandIn,
    connect: Callable[[], TableContext],
    ran: Ran,
    newest: int | None,
    run: dict[str, Any] | None,
    secret_days: int | None,
    problem: str,
) -> None:
    """Each is the only problem, and the exit status is 1."""
    partner = world.add_partner(tenant_id=TENANT, secret_expires_in=timedelta(days=secret_days or 365))
    if secret_days is None:
        world.vault.delete(str(partner.secret_name))
    cli.use(partner.environ)
    if newest is not None:
        connect().table.insert(list(days(9, newest)))
    if run is not None:
        ran(**run)
    done = cli("status")
    [line] = [line for line in done.out.splitlines() if line.startswith("problem")]
    assert done.status == 1
    assert problem in line


def test_a_table_that_refuses_ends_the_command_at_once(cli: Cli, world: StandIn) -> None:
    """The command does not go on to the vault, which could take another minute if the identity does not respond."""
    cli.use(world.add_partner().environ)
    world.identity.user_assigned.table_rights = set()
    done = cli("status")
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("table-access-denied")
    assert world.journal.count("vault") == 0
