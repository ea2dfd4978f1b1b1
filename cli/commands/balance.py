"""`balance`: the current balance in Partner Center, for each account and currency."""

import os
from datetime import datetime

import typer

from cli.support.accounts import SomeAccounts, choose
from cli.support.concurrency import for_each
from cli.support.console import count, say, waiting, warn
from cli.support.failure import error_fields, print_error
from cli.support.interrupt import STOP
from cli.support.money import Money
from cli.support.records import ACCOUNT, CREDIT, AsFormat, Record, account_fields, credit_fields, write_records
from cli.support.settings_source import SettingsFile, find_settings
from shared.partner_center.invoice_summary import InvoiceSummary
from shared.services import open_services
from shared.settings.accounts import Account
from shared.sign_in.expiry import days_left

_RECEIPT = ("retrievedAt", "requestId", "correlationId")
COLUMNS = (*ACCOUNT, "currency", "balance", *CREDIT, "accountingDate", "accountingAgeDays", *_RECEIPT)


def command(*, settings: SettingsFile = None, account: SomeAccounts = None, as_format: AsFormat = "table") -> None:
    """Print the current account balance, as Partner Center reports it now.

    Calls Key Vault, Entra ID and Partner Center, and neither reads nor writes the table. Amounts use the format of your
    locale (LC_ALL, LC_MONETARY or LANG). The accounting date is when Microsoft last updated the balance.

    Examples:
      python -m cli balance
      python -m cli balance --account Contoso --format json

    """
    config = find_settings(os.environ, settings).read()
    with open_services(config, stop=STOP) as services, waiting("asking Partner Center"):
        reader, now = services.reader, services.now()
        chosen = choose(config.accounts, account)
        done, failed = for_each(chosen, lambda owner: reader.balances(owner, reader.signed_in(owner).tokens))
    records = [_record(owner, summary, now) for owner, summaries in done for summary in summaries]
    if as_format == "table":
        money, names = Money.for_user(os.environ), [owner.name for owner in config.accounts]
        for record in records:
            _print(record, money, alone=names.count(record["account"]) == 1)
    else:
        failures = [account_fields(owner) | error_fields(error) for owner, error in failed]
        write_records(as_format, COLUMNS, records, {"balances": records, "errors": failures})
    if as_format != "json":
        for owner, error in failed:
            print_error(error, owner)
        for owner, summaries in done:
            limit = owner.credit_limit
            if limit and limit.currency not in {summary.currency_code for summary in summaries}:
                warn(f"{owner.name}: the credit limit is in {limit.currency}, but there is no {limit.currency} balance")
    if failed:
        raise typer.Exit(1)


def _record(account: Account, summary: InvoiceSummary, now: datetime) -> Record:
    credit = credit_fields(account, summary.currency_code, summary.balance_amount).values()
    age = summary.accounting_date and -days_left(summary.accounting_date, now)
    values = (account.name, account.tenant_id, summary.currency_code, summary.balance_amount, *credit)
    read = (summary.receipt.retrieved_at, summary.receipt.request_id, summary.receipt.correlation_id)
    return dict(zip(COLUMNS, (*values, summary.accounting_date, age, *read), strict=True))


def _print(record: Record, money: Money, *, alone: bool) -> None:
    """Print a balance in two lines. If other accounts share the name (not `alone`), add the tenant ID."""
    currency, days = record["currency"], record["accountingAgeDays"]
    about = "Partner Center did not report an accounting date"
    if days is not None:
        ago = f"{count(days, 'day')} ago" if days else "today"
        about = f"accounting date {record['accountingDate']:%Y-%m-%d}" + (f" ({ago})" if days >= 0 else "")
    if record["creditLimit"]:
        limit = money.text(record["creditLimit"], currency)
        about += f", {record['creditUsedPercent']:g} % of the {limit} limit"
    tenant = "" if alone else f" ({record['tenantId']})"
    say("Current Account Balance:  ", (money.text(record["balance"], currency), "bold"))
    say(f"    {record['account']}{tenant}, {currency}, {about}")
