"""`status`: a daily overview, one line per account and currency. It never calls Partner Center."""

import os
from collections.abc import Iterator
from datetime import date, datetime, timedelta, tzinfo
from functools import partial

import typer

from cli.commands.history.account import COLUMNS_READ, AccountHistory, Reading
from cli.commands.history.ledger import RUN_COLUMNS, LedgerEntry
from cli.commands.history.reader import HistoryReader
from cli.support.accounts import SomeAccounts, choose
from cli.support.concurrency import for_each
from cli.support.console import Cells, print_table, say, waiting, warn
from cli.support.credentials import REFRESH_TOKEN, stored_secrets
from cli.support.money import Money
from cli.support.records import ACCOUNT, CREDIT, AsFormat, Record, account_fields, credit_fields, write_records
from cli.support.settings_source import SettingsFile, find_settings
from cli.support.tables import open_tables
from shared.azure_services.vault import Vault
from shared.errors import SnapshotError, VaultAccessDenied, VaultUnreachable
from shared.settings.accounts import Account

WINDOW_DAYS = 30
"""Days before today in which missed days are counted."""

LATE_AFTER = timedelta(hours=26)
"""A last run older than this is reported."""

EXPIRING_DAYS = 14
"""A credential that expires within this many days is reported."""

COLUMNS = (*ACCOUNT, "currency", "day", "balance", "change", "missedDays", *CREDIT, "expiresOn")


def command(*, settings: SettingsFile = None, account: SomeAccounts = None, as_format: AsFormat = "table") -> None:
    """Show each account's latest balance, missed days among the last 30, first expiry date, and the last run.

    Reads the table, the ledger of runs and, if you may read them, the expiry dates of the secrets. It does not call Partner
    Center; `balance` does. The exit status is 1 when yesterday's row is missing, the last run failed or is more than 26 hours
    old, or a credential expires within 14 days.

    Examples:
      python -m cli status
      python -m cli status --account Contoso
      python -m cli status --format csv

    """
    config = find_settings(os.environ, settings).read()
    accounts, money = choose(config.accounts, account), Money.for_user(os.environ)
    with open_tables(config) as context, waiting("reading the table"):
        now = context.services.now().astimezone(config.time_zone)
        today, first = now.date(), now.date() - timedelta(days=WINDOW_DAYS)
        reader = HistoryReader(context, today, [owner.tenant_id for owner in accounts], first=first, last=today)
        histories = list(reader.accounts(COLUMNS_READ))
        run = max(reader.ledger.runs(first), key=lambda entry: entry.started, default=None)
        checked, _ = for_each(accounts, partial(_secrets, context.services.vault, now))
    problems = [f"a row in the table is not a snapshot: {row}" for row in reader.unreadable]
    rows: list[tuple[str, Record]] = []
    for (owner, (expires_on, ending, unknown)), history in zip(checked, histories, strict=True):
        if unknown:
            warn(f"{owner.name}: the expiry dates of its secrets are unknown: {unknown}")
        problems += [*_history_problems(history, today - timedelta(days=1)), *ending]
        newest: list[Reading | None] = [readings[-1] for readings in history.readings.values()]
        rows += [(history.label, _record(owner, history, latest, expires_on)) for latest in newest or [None]]
    problems += _run_problems(run, now)
    if as_format == "table":
        print_table([_cells(label, record, money) for label, record in rows], "Change", "Limit")
        say(f"Last run: {_run_line(run, config.time_zone)}")
    else:
        records = [record for _, record in rows]
        last = run and {name[0].lower() + name[1:]: run.row.get(name) for name in RUN_COLUMNS}
        write_records(as_format, COLUMNS, records, {"accounts": records, "lastRun": last, "problems": problems})
    if as_format != "json":
        for problem in problems:
            say(("problem", "bold red"), f"  {problem}", stderr=as_format == "csv")
    if problems:
        raise typer.Exit(1)


def _secrets(vault: Vault | None, now: datetime, account: Account) -> tuple[datetime | None, list[str], str]:
    """Return the account's first expiry date, the problems of its secrets, and why the vault could not be read (not: no permission)."""
    try:
        secrets = list(stored_secrets(vault, account, now))
    except (VaultAccessDenied, VaultUnreachable) as error:
        return None, [], "" if isinstance(error, VaultAccessDenied) else error.message
    except SnapshotError as error:
        return None, [f"{account.name}: {error.code}: `python -m cli check` shows the secret and the remedy"], ""
    problems = []
    for secret in secrets:
        if (time_left := secret.time_left(now)) and time_left[0] <= EXPIRING_DAYS:
            remedy = "`python -m cli consent`" if secret.kind == REFRESH_TOKEN else "docs/operate.md, Rotate a secret"
            problems.append(f"{account.name}: {secret.name} {time_left[1]}: {remedy}")
    return min((secret.expires_on for secret in secrets if secret.expires_on), default=None), problems, ""


def _history_problems(history: AccountHistory, yesterday: date) -> Iterator[str]:
    if not history.items:
        yield f"{history.label} has no row yet: `python -m cli run` records the first one, or says why it cannot"
    elif history.gaps and history.gaps[-1].last == yesterday:
        why = f" ({reason})" if (reason := history.gaps[-1].reason) else ""
        yield f"{history.label} has no row for yesterday, {yesterday}{why}: `python -m cli check` shows what is wrong now"


def _run_problems(run: LedgerEntry | None, now: datetime) -> Iterator[str]:
    if run is None or now - run.started > LATE_AFTER:
        yield "no run in the last 26 hours: see docs/operate.md, No run"
    elif (failed := run.row.get("Failed")) != 0:
        yield f"the last run failed for {failed} of {run.row.get('Accounts')} accounts: `python -m cli check` shows the failing step"


def _run_line(run: LedgerEntry | None, zone: tzinfo) -> str:
    if run is None:
        return f"none in the last {WINDOW_DAYS} days"
    row = run.row
    counts = f"{row.get('Recorded')} recorded, {row.get('Kept')} kept, {row.get('Failed')} failed"
    return f"{run.started:%Y-%m-%d %H:%M} {zone} ({row.get('Trigger')}): {counts}"


def _record(account: Account, history: AccountHistory, latest: Reading | None, end: datetime | None) -> Record:
    record = dict.fromkeys(COLUMNS) | account_fields(account) | {"missedDays": history.missed_days, "expiresOn": end}
    if latest is None:
        return record
    newest = {"currency": latest.currency, "day": latest.day, "balance": latest.balance, "change": latest.change}
    return record | newest | credit_fields(account, latest.currency, latest.balance)


def _cells(label: str, record: Record, money: Money) -> Cells:
    """Return a record's cells for display."""
    currency, used, end = record["currency"], record["creditUsedPercent"], record["expiresOn"]
    return {
        "Account": label,
        "Currency": currency or "-",
        "Newest day": f"{record['day'] or '-'}",
        "Balance": money.text(record["balance"], currency) if currency else "-",
        "Change": money.change(record["change"], currency) or "-",
        "Missed": f"{record['missedDays']}",
        "Limit": "-" if used is None else f"{used:g} %",
        "Expires": f"{end:%Y-%m-%d}" if end else "-",
    }
