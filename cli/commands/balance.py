"""`balance`: what Partner Center says now, for each account and currency."""

import os
from datetime import datetime
from functools import partial
from typing import Any

import typer

from cli.support.accounts import choose, for_each
from cli.support.console import can_show, count, say, waiting, warn
from cli.support.failure import error_fields, print_error
from cli.support.interrupt import STOP
from cli.support.money import Money, reader_locale
from cli.support.options import AsFormat, Format, SettingsFile, SomeAccounts
from cli.support.records import account_fields, credit_fields, print_records
from cli.support.settings_source import find_settings
from shared.balance_reader import BalanceReader
from shared.errors import SnapshotError
from shared.partner_center.invoice_summary import InvoiceSummary
from shared.services import open_services
from shared.settings.accounts import Account
from shared.sign_in.expiry import days_left

COLUMNS = (
    "account",
    "tenantId",
    "currency",
    "balance",
    "creditLimit",
    "creditUsedPercent",
    "accountingDate",
    "accountingAgeDays",
    "retrievedAt",
    "requestId",
    "correlationId",
)


def command(*, settings: SettingsFile = None, account: SomeAccounts = None, as_format: AsFormat = Format.TABLE) -> None:
    """Print the current account balance, as Partner Center reports it now.

    Calls Key Vault, Entra ID and Partner Center; the table is neither read nor written. Amounts are written as your locale
    does (LC_ALL, LC_MONETARY or LANG). The accounting date is when Microsoft last updated the balance.

    Examples:
      python -m cli balance
      python -m cli balance --account Contoso --format json

    """
    known = find_settings(os.environ, settings).read()
    with open_services(known, stop=STOP) as built, waiting("asking Partner Center"):
        results = list(for_each(choose(known.accounts, account), partial(read, built.reader)))
        now = built.now()
    errors = [(owner, result) for owner, result in results if isinstance(result, SnapshotError)]
    balances = [(owner, one) for owner, result in results if not isinstance(result, SnapshotError) for one in result]
    if as_format is Format.TABLE:
        money, names = Money(reader_locale(os.environ), can_show), [one.name for one in known.accounts]
        for owner, one in balances:
            say("Current Account Balance:  ", (money.text(one.balance_amount, one.currency_code), "bold"))
            tenant = f" ({owner.tenant_id})" if names.count(owner.name) > 1 else ""
            say(f"    {owner.name}{tenant}, {one.currency_code}, {_age(one, now)}{_credit(owner, one, money)}")
    else:
        records = [_record(owner, one, now) for owner, one in balances]
        failures = [account_fields(owner) | error_fields(error) for owner, error in errors]
        print_records(as_format, COLUMNS, records, {"balances": records, "errors": failures})
    if as_format is not Format.JSON:
        for owner, error in errors:
            print_error(error, owner)
        for owner, result in results:
            limit = owner.credit_limit
            if (
                limit
                and not isinstance(result, SnapshotError)
                and limit.currency not in {one.currency_code for one in result}
            ):
                warn(f"{owner.name}: the credit limit is in {limit.currency} and no balance is, so nothing is compared")
    if errors:
        raise typer.Exit(1)


def read(reader: BalanceReader, account: Account) -> tuple[InvoiceSummary, ...]:
    """Sign in and read the balance of each of the account's currencies that is captured.

    Raises:
        SnapshotError: those of the vault, the sign-in and Partner Center.

    """
    return reader.balances(account, reader.signed_in(account).tokens)


def _age(summary: InvoiceSummary, now: datetime) -> str:
    if summary.accounting_date is None:
        return "the service does not say when it was last updated"
    days = -days_left(summary.accounting_date, now)
    ago = "today" if days == 0 else f"{count(days, 'day')} ago"
    return f"accounting date {summary.accounting_date:%Y-%m-%d} ({ago})"


def _credit(account: Account, summary: InvoiceSummary, money: Money) -> str:
    limit, used = account.credit_limit, credit_fields(account, summary.currency_code, summary.balance_amount)
    if limit is None or used["creditLimit"] is None:
        return ""
    return f", {used['creditUsedPercent']:g} % of the limit of {money.text(limit.amount, limit.currency)}"


def _record(account: Account, summary: InvoiceSummary, now: datetime) -> dict[str, Any]:
    return {
        **account_fields(account),
        "currency": summary.currency_code,
        "balance": f"{summary.balance_amount:f}",
        **credit_fields(account, summary.currency_code, summary.balance_amount),
        "accountingDate": summary.accounting_date,
        "accountingAgeDays": summary.accounting_date and -days_left(summary.accounting_date, now),
        "retrievedAt": summary.receipt.retrieved_at,
        "requestId": summary.receipt.request_id,
        "correlationId": summary.receipt.correlation_id,
    }
