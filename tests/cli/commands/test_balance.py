"""`balance`, through a real process."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from standin import StandIn
from standin.sample import summary
from standin.services.partner_center import error_response
from tests.cli.conftest import Cli


@pytest.mark.parametrize(("days", "ago"), [(-1, ""), (0, " (today)"), (1, " (1 day ago)"), (3, " (3 days ago)")])
def test_the_balance_is_printed_with_its_age(cli: Cli, world: StandIn, days: int, ago: str) -> None:
    """The documented sample's line, followed by the account and the balance's age according to the service."""
    moment = datetime.now(UTC) - timedelta(days=days)
    cli.use(world.add_partner(items=[summary() | {"accountingDate": f"{moment:%Y-%m-%d}T00:00:00"}]).environ)
    done = cli("balance")
    assert (done.status, done.err) == (0, "")
    first, second = done.out.splitlines()
    assert first == "Current Account Balance:  $68,059.03"
    assert second == f"    Contoso, USD, accounting date {moment:%Y-%m-%d}{ago}"


def test_one_failing_account_does_not_affect_the_others(cli: Cli, world: StandIn) -> None:
    """The exact decimal as text, the IDs, and failed accounts with their codes; a limit in another currency is noted."""
    good = world.add_partner(name="Good", items=[summary(Decimal("0.10"))], credit_limit="85000 EUR")
    bad = world.add_partner(name="Bad")
    world.faults.add("partner", error_response(900329), tenant=bad.tenant_id, times=None)
    cli.use({"PARTNER_ACCOUNTS": json.dumps([good.account, bad.account])})
    told, done = cli("balance"), cli("balance", "--format", "json")
    assert (told.status, done.status, done.err) == (1, 1, "")
    assert f"app-only-refused  Bad ({bad.tenant_id})" in told.err
    assert "note  Good: the credit limit is in EUR, but there is no EUR balance" in told.err
    document = json.loads(done.out)
    [balance], [error] = document["balances"], document["errors"]
    assert (balance["account"], balance["currency"], balance["balance"]) == ("Good", "USD", "0.10")
    assert (balance["creditLimit"], error["code"]) == (None, "app-only-refused")
    assert balance["requestId"]
