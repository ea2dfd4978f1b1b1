"""Vault, sign-in and Partner Center in their order."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from shared.balance_reader import BalanceReader
from shared.errors import ConsentRequired, MfaRequired, SignInRejected, VaultSecretMissing
from shared.settings.accounts import Account
from standin import StandIn
from standin.directory import SignIn
from standin.partner import Partner
from standin.sample import summary

AccountOf = Callable[[Partner], Account]


def test_an_app_alone(world: StandIn, reader: BalanceReader, account_of: AccountOf) -> None:
    """One secret, one sign-in, one balance."""
    account = account_of(world.add_partner())
    signed_in = reader.signed_in(account)
    assert signed_in.stored_token is None
    (balance,) = reader.balances(account, signed_in.tokens)
    assert balance.balance_amount == Decimal("68059.03")
    assert world.journal.count("entra") == 1
    assert world.journal.count("partner") == 1


def test_an_app_with_a_user_and_all_currencies(world: StandIn, reader: BalanceReader, account_of: AccountOf) -> None:
    """The stored token comes along, because its age decides whether the new one is stored."""
    items = (summary(), summary(Decimal("-1.5"), "EUR", "€"))
    partner = world.add_partner(auth="app_user", balances="summaries", items=items, refresh_token_age=timedelta(days=9))
    account = account_of(partner)
    signed_in = reader.signed_in(account)
    assert signed_in.stored_token is not None
    assert signed_in.stored_token.name == partner.refresh_token_name
    assert signed_in.stored_token.value != signed_in.tokens.refresh_token
    assert [one.currency_code for one in reader.balances(account, signed_in.tokens)] == ["USD", "EUR"]


def test_accounts_that_share_a_secret_read_it_once(
    world: StandIn, reader: BalanceReader, account_of: AccountOf
) -> None:
    """Of one run."""
    one = world.add_partner(secret_name="shared")
    two = world.add_partner(secret_name="shared")
    for partner in (one, two):
        reader.signed_in(account_of(partner))
    assert world.journal.count("vault", path_contains="/secrets/shared", status=200) == 1
    assert world.journal.count("entra", path_contains="/token") == 2


def test_a_refresh_token_that_is_not_there(world: StandIn, reader: BalanceReader, account_of: AccountOf) -> None:
    """The message names it; no sign-in is tried that cannot succeed."""
    partner = world.add_partner(auth="app_user")
    world.vault.delete(str(partner.refresh_token_name))
    with pytest.raises(VaultSecretMissing, match=str(partner.refresh_token_name)):
        reader.signed_in(account_of(partner))
    assert world.journal.count("entra") == 0


def test_a_token_past_its_ninety_days(world: StandIn, reader: BalanceReader, account_of: AccountOf) -> None:
    """A person has to consent again."""
    account = account_of(world.add_partner(auth="app_user", refresh_token_age=timedelta(days=90)))
    with pytest.raises(ConsentRequired, match="AADSTS700082"):
        reader.signed_in(account)


def test_an_expired_secret_is_tried(world: StandIn, reader: BalanceReader, account_of: AccountOf) -> None:
    """The refusal says which day it was."""
    account = account_of(world.add_partner(secret_expires_in=timedelta(days=-3)))
    with pytest.raises(SignInRejected, match="AADSTS7000222") as raised:
        reader.signed_in(account)
    day = world.clock.now() - timedelta(days=3)
    assert f"expired on {day:%Y-%m-%d}" in raised.value.remedy


def test_a_user_without_mfa(world: StandIn, reader: BalanceReader, account_of: AccountOf) -> None:
    """The token is had, and refused by Partner Center."""
    partner = world.add_partner(auth="app_user")
    token = world.entra.directory.issue_refresh_token(partner.app, SignIn(mfa=False))
    world.vault.put(str(partner.refresh_token_name), token)
    account = account_of(partner)
    tokens = reader.signed_in(account).tokens
    with pytest.raises(MfaRequired):
        reader.balances(account, tokens)


def test_the_verdict_on_mfa_can_be_asked_for(world: StandIn, reader: BalanceReader, account_of: AccountOf) -> None:
    """Where a person is there to act on it."""
    account = account_of(world.add_partner(auth="app_user"))
    tokens = reader.signed_in(account).tokens
    partner_center = reader.partner_center(account, tokens, validate_mfa=True)
    assert partner_center.invoices.summary.get().receipt.mfa_compliant is True


def test_a_federated_account_needs_no_vault(world: StandIn, reader: BalanceReader, account_of: AccountOf) -> None:
    """No secret is read, because there is none."""
    account = account_of(world.add_partner(credential="federated"))
    without = replace(reader, vault=None)
    assert without.balances(account, without.signed_in(account).tokens)
    assert world.journal.count("vault") == 0


def test_nothing_secret_is_in_a_repr(world: StandIn, reader: BalanceReader, account_of: AccountOf) -> None:
    """What a sign-in holds may end in a traceback."""
    partner = world.add_partner(auth="app_user")
    signed_in = reader.signed_in(account_of(partner))
    assert signed_in.stored_token is not None
    shown = repr(signed_in)
    for hush in (signed_in.tokens.access_token, signed_in.tokens.refresh_token, signed_in.stored_token.value):
        assert str(hush) not in shown
    assert str(signed_in.credential.for_msal) not in shown
