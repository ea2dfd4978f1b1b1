"""`balance`, through a real process."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from cli.commands.balance import COLUMNS
from standin import StandIn
from standin.faults import unavailable
from standin.sample import summary
from standin.services.partner_center import error_response
from tests.cli.conftest import Cli


def updated(days_ago: int, **given: object) -> dict[str, object]:
    """Return the documented sample, last updated so many days ago."""
    moment = datetime.now(UTC) - timedelta(days=days_ago)
    return {**summary(**given), "accountingDate": moment.strftime("%Y-%m-%dT00:00:00")}  # type: ignore[arg-type]


def test_the_balance_is_printed_with_its_age(cli: Cli, world: StandIn) -> None:
    """The documented sample's line, and below it whose balance it is and how old the service says it is."""
    partner = world.add_partner(items=[updated(3)])
    cli.use(partner.environ)
    done = cli("balance")
    assert (done.status, done.err) == (0, "")
    first, second = done.out.splitlines()
    assert first == "Current Account Balance:  $68,059.03"
    assert second.strip().startswith("Contoso, USD, accounting date ")
    assert second.endswith("(3 days ago)")


def test_amounts_are_written_as_the_reader_does(cli: Cli, world: StandIn) -> None:
    """The locale comes from the environment, and a credit keeps its sign and its currency."""
    cli.use(world.add_partner(balance=Decimal("-1234.5"), currency="EUR", symbol="€").environ)
    assert cli("balance", LANG="de_DE.UTF-8").out.splitlines()[0] == "Current Account Balance:  -1.234,50\xa0€"


def test_every_currency_of_an_account_is_printed(cli: Cli, world: StandIn) -> None:
    """With `summaries` there is a line a currency, never a sum."""
    items = [summary(), summary(Decimal(7), "JPY", "¥")]
    cli.use(world.add_partner(auth="app_user", balances="summaries", items=items).environ)
    lines = [line for line in cli("balance").out.splitlines() if line.startswith("Current")]
    assert lines == ["Current Account Balance:  $68,059.03", "Current Account Balance:  ¥7"]


def test_one_failing_account_costs_the_others_nothing(cli: Cli, world: StandIn) -> None:
    """The error has its code, the remedy and the ids, and the exit status is 1."""
    good, bad = world.add_partner(name="Good"), world.add_partner(name="Bad")
    world.faults.add("partner", error_response(900308), tenant=bad.tenant_id)
    cli.use({"PARTNER_ACCOUNTS": json.dumps([bad.account, good.account])})
    done = cli("balance")
    assert done.status == 1
    assert "$68,059.03" in done.out
    assert f"partner-access-denied  Bad ({bad.tenant_id})" in done.err
    assert "remedy: " in done.err
    assert "request id: " in done.err
    assert "Traceback" not in done.err


def test_json_is_for_machines(cli: Cli, world: StandIn) -> None:
    """The exact decimal as text, the ids, and failed accounts with their codes."""
    good, bad = world.add_partner(name="Good", balance=Decimal("0.10")), world.add_partner(name="Bad")
    world.faults.add("partner", error_response(900329), tenant=bad.tenant_id)
    cli.use({"PARTNER_ACCOUNTS": json.dumps([good.account, bad.account])})
    done = cli("balance", "--format", "json")
    document = json.loads(done.out)
    assert done.status == 1
    [balance] = document["balances"]
    assert (balance["account"], balance["currency"], balance["balance"]) == ("Good", "USD", "0.10")
    assert balance["requestId"]
    assert [error["code"] for error in document["errors"]] == ["app-only-refused"]


def test_a_remedy_for_a_program_speaks_to_the_person_too(cli: Cli, world: StandIn) -> None:
    """The job's own words are of its next run, which a command has not."""
    cli.use(world.add_partner().environ)
    world.faults.add("partner", unavailable(600))
    [error] = json.loads(cli("balance", "--format", "json").out)["errors"]
    assert error["remedy"].startswith("Run this again.")


def test_a_character_the_console_cannot_show_does_not_end_the_command(cli: Cli, world: StandIn) -> None:
    """On a console with an old code page the currency's code is written."""
    cli.use(world.add_partner(currency="INR", symbol="₹").environ)
    done = cli("balance", PYTHONUTF8="0", PYTHONIOENCODING="cp1252")
    assert (done.status, done.out.splitlines()[0]) == (0, "Current Account Balance:  INR 68,059.03")


@pytest.mark.parametrize(
    ("limit", "shown", "noted"),
    [
        ("85000 USD", "80.1 % of the limit of $85,000.00", ""),
        ("60000.00 usd", "113.4 % of the limit of $60,000.00", ""),
        ("85000 EUR", "", "the credit limit is in EUR and no balance is"),
    ],
)
def test_the_limit_is_shown_with_what_is_used(cli: Cli, world: StandIn, limit: str, shown: str, noted: str) -> None:
    """A limit in the currency of no balance is noted."""
    cli.use(world.add_partner(credit_limit=limit).environ)
    done = cli("balance")
    assert shown in done.out
    assert done.err.startswith(f"note  Contoso: {noted}" if noted else "")
    assert ("limit" in done.out, "note" in done.err) == (bool(shown), bool(noted))


def test_csv_has_a_header_and_exact_amounts(cli: Cli, world: StandIn) -> None:
    """In UTF-8 with plain line ends."""
    cli.use(world.add_partner(balance=Decimal("0.10"), credit_limit="100 USD").environ)
    header, line = cli("balance", "--format", "csv").out.splitlines()
    assert header.split(",") == list(COLUMNS)
    assert line.split(",")[2:6] == ["USD", "0.10", "100", "0.1"]
