"""`balance`: what Partner Center says now, of each account and currency."""

import json
import os
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import typer

from cli.support.accounts import choose, for_each
from cli.support.console import print_error, say
from cli.support.money import Money, reader_locale
from cli.support.options import AsJson, SettingsFile, SomeAccounts
from cli.support.progress import waiting
from cli.support.settings_source import find_settings
from cli.support.words import count
from shared.balance_reader import BalanceReader
from shared.errors import SnapshotError
from shared.partner_center.invoice_summary import InvoiceSummary
from shared.services import open_services
from shared.settings.accounts import Account
from shared.sign_in.expiry import days_left


@dataclass(frozen=True)
class Balances:
    """What became of each account: its balances, or why there are none."""

    of_accounts: list[tuple[Account, tuple[InvoiceSummary, ...] | SnapshotError]]

    @property
    def complete(self) -> bool:
        """Whether every account told its balance."""
        return not any(isinstance(result, SnapshotError) for _, result in self.of_accounts)


def command(*, settings: SettingsFile = None, account: SomeAccounts = None, as_json: AsJson = False) -> None:
    """Print the current account balance, as Partner Center tells it now.

    Asks Key Vault, signs in and calls Partner Center; the table is neither read nor written. Amounts are written as your locale
    does (LC_ALL, LC_MONETARY or LANG). The accounting date is when the service last updated the balance.
    """
    known = find_settings(os.environ, settings).read()
    with open_services(known) as built, waiting("asking Partner Center"):
        reading = partial(read, built.reader)
        balances = Balances(list(for_each(choose(known.accounts, account), reading)))
        now = built.now()
    if as_json:
        typer.echo(json.dumps(_document(balances, now), indent=2))
    else:
        _print(balances, now)
    if not balances.complete:
        raise typer.Exit(1)


def read(reader: BalanceReader, account: Account) -> tuple[InvoiceSummary, ...]:
    """Sign in and read the balance of each of the account's currencies that is captured.

    Raises:
        SnapshotError: those of the vault, the sign-in and Partner Center.

    """
    return reader.balances(account, reader.signed_in(account).tokens)


def print_balance(money: Money, summary: InvoiceSummary) -> None:
    """Print the one line that says the balance."""
    amount = money.text(summary.balance_amount, summary.currency_code)
    say("Current Account Balance:  ", (amount, "bold"))


def _print(balances: Balances, now: datetime) -> None:
    money = Money(reader_locale(os.environ))
    for account, result in balances.of_accounts:
        if isinstance(result, SnapshotError):
            print_error(result, account)
            continue
        for summary in result:
            print_balance(money, summary)
            say(f"    {account.name}, {summary.currency_code}, {_age(summary, now)}")


def _age(summary: InvoiceSummary, now: datetime) -> str:
    if summary.accounting_date is None:
        return "the service does not say when it was last updated"
    days = -days_left(summary.accounting_date, now)
    ago = "today" if days == 0 else f"{count(days, 'day')} ago"
    return f"accounting date {summary.accounting_date:%Y-%m-%d} ({ago})"


def _document(balances: Balances, now: datetime) -> dict[str, Any]:
    return {
        "balances": [
            {
                "account": account.name,
                "tenantId": account.tenant_id,
                "currency": summary.currency_code,
                "balance": f"{summary.balance_amount:f}",
                "accountingDate": summary.accounting_date and summary.accounting_date.isoformat(),
                "accountingAgeDays": summary.accounting_date and -days_left(summary.accounting_date, now),
                "retrievedAt": summary.receipt.retrieved_at.isoformat(),
                "requestId": summary.receipt.request_id,
                "correlationId": summary.receipt.correlation_id,
            }
            for account, result in balances.of_accounts
            if not isinstance(result, SnapshotError)
            for summary in result
        ],
        "errors": [
            {"account": account.name, "tenantId": account.tenant_id, **result.fields()}
            for account, result in balances.of_accounts
            if isinstance(result, SnapshotError)
        ],
    }
