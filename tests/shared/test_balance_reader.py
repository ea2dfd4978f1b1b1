"""Vault, sign-in and Partner Center, in this order."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from shared.balance_reader import BalanceReader
from standin import StandIn
from standin.sample import summary
from tests.shared.conftest import AccountOf


def test_each_way_of_signing_in(world: StandIn, reader: BalanceReader, account_of: AccountOf) -> None:
    """The app's secret is shared and read once; the result includes a user's token. Nothing secret is shown."""
    ids = set()
    for partner in [world.add_partner(secret_name="shared") for _ in range(2)]:
        account = replace(account_of(partner), refresh_token_name="left-over")
        signed_in = reader.signed_in(account)
        assert signed_in.stored_token is None
        (balance,) = reader.balances(account, signed_in.tokens)
        assert balance.balance_amount == Decimal("68059.03")
        ids.add(balance.receipt.correlation_id)
    assert len(ids) == 2
    assert world.journal.count("vault", path_contains="/secrets/shared", status=200) == 1
    items = (summary(), summary(Decimal("-1.5"), "EUR", "€"))
    partner = world.add_partner(auth="app_user", balances="summaries", items=items, refresh_token_age=timedelta(days=9))
    account, signed_in = account_of(partner), reader.signed_in(account_of(partner))
    assert signed_in.stored_token is not None
    assert signed_in.stored_token.name == partner.refresh_token_name
    assert signed_in.stored_token.value != signed_in.tokens.refresh_token
    balances = reader.balances(account, signed_in.tokens)
    assert [(one.currency_code, one.receipt.mfa_compliant) for one in balances] == [("USD", None), ("EUR", None)]
    assert len(reader.balances(replace(account, all_currencies=False), signed_in.tokens)) == 1
    asked = reader.partner_center(account, signed_in.tokens, validate_mfa=True).invoices.summary.get()
    assert asked.receipt.mfa_compliant is True
    for hush in (signed_in.tokens.access_token, signed_in.tokens.refresh_token, signed_in.stored_token.value):
        assert str(hush) not in repr(signed_in)
    assert str(signed_in.credential.for_msal) not in repr(signed_in)
