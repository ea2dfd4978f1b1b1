"""`status`: one line per account and currency, for every morning; Partner Center is never called."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import partial
from typing import Any

import typer

from cli.commands.history.account_view import AccountView, read_views
from cli.commands.history.missed_reasons import RUN_COLUMNS, Ledger, LedgerEntry
from cli.commands.history.reader import HistoryQuery, HistoryReader
from cli.commands.history.readings import Reading
from cli.commands.history.terminal import NARROW
from cli.support.accounts import choose, for_each
from cli.support.console import can_show, out, say, waiting, warn
from cli.support.money import Money, reader_locale
from cli.support.options import AsFormat, Format, SettingsFile, SomeAccounts
from cli.support.records import Record, account_fields, credit_fields, print_records
from cli.support.settings_source import find_settings
from cli.support.tables import open_tables
from cli.support.text_table import TextTable
from shared.azure_services.vault import Vault
from shared.errors import SnapshotError, VaultAccessDenied, VaultUnreachable
from shared.settings.accounts import Account
from shared.sign_in import refresh_token
from shared.sign_in.app_credential import from_secret
from shared.sign_in.expiry import days_left, in_words

WINDOW = 30
"""Days before today in which missed days are counted."""

LATE = timedelta(hours=26)
"""A last run older than this is reported."""

ENDING = 14
"""A credential that ends within so many days is reported."""

COLUMNS = (
    "account",
    "tenantId",
    "currency",
    "day",
    "balance",
    "change",
    "missedDays",
    "creditLimit",
    "creditUsedPercent",
    "expiresOn",
)
_HEADINGS = ("Account", "Currency", "Newest day", "Balance", "Change", "Missed", "Limit", "Expires")
_LEFT_OUT_WHEN_NARROW = ("Change", "Limit")
_RIGHT = frozenset({"Balance", "Change", "Missed", "Limit"})


@dataclass(frozen=True)
class Credentials:
    """When the first of an account's secrets ends, as far as anybody may look, and what is wrong with them."""

    end: datetime | None
    problems: tuple[str, ...] = ()


def command(*, settings: SettingsFile = None, account: SomeAccounts = None, as_format: AsFormat = Format.TABLE) -> None:
    """Show the newest balance of each account, missed days of the last 30, what expires when, and the last run.

    Reads the table, the ledger of runs and, where you have the right, the end of each secret. Partner Center is not called:
    `balance` asks it. The exit status is 1 when the row of yesterday is missing, the last run failed or is older than 26 hours,
    or a credential ends within 14 days.

    Examples:
      python -m cli status
      python -m cli status --account Contoso
      python -m cli status --format csv

    """
    known = find_settings(os.environ, settings).read()
    accounts, money = choose(known.accounts, account), Money(reader_locale(os.environ), can_show)
    with open_tables(known) as place, waiting("reading the table"):
        now = place.services.now().astimezone(known.time_zone)
        today, first = now.date(), now.date() - timedelta(days=WINDOW)
        ledger = Ledger(place.ledger, known.time_zone, today)
        tenants = tuple(one.tenant_id for one in accounts)
        query = HistoryQuery(tenants, None, first, today, today - timedelta(days=1))
        names = {one.tenant_id: one.name for one in accounts}
        reader = HistoryReader(place.table, query, names, ledger, place.services.check_clock)
        views = list(read_views(reader, money))
        run = max(ledger.runs(first), key=lambda entry: entry.started, default=None)
        looks = [look for _, look in for_each(accounts, partial(_credentials, place.services.vault, now))]
    records: list[Record] = []
    rows: list[tuple[str, ...]] = []
    problems = [f"a row of the table is not a snapshot: {row}" for row in reader.unreadable]
    for one, view, look in zip(accounts, views, looks, strict=True):
        if isinstance(look, SnapshotError):
            raise look
        problems += [*_history_problems(view, query), *look.problems]
        newest: list[Reading | None] = [series.readings[-1] for series in view.series]
        for latest in newest or [None]:
            records.append(_record(one, view, latest, look.end))
            rows.append(_cells(view, latest, records[-1], money))
    problems += _run_problems(run, now)
    if as_format is Format.TABLE:
        table = TextTable(_HEADINGS, rows, _RIGHT)
        narrow = out().is_terminal and out().width < NARROW
        for line in (table.without(*_LEFT_OUT_WHEN_NARROW) if narrow else table).lines():
            say(line)
        say(f"Last run: {_run_line(run, known.time_zone)}")
    else:
        last = run and {name[0].lower() + name[1:]: run.row.get(name) for name in RUN_COLUMNS}
        print_records(as_format, COLUMNS, records, {"accounts": records, "lastRun": last, "problems": problems})
    if as_format is not Format.JSON:
        for problem in problems:
            say(("problem", "bold red"), f"  {problem}", stderr=as_format is Format.CSV)
    if problems:
        raise typer.Exit(1)


def _credentials(vault: Vault | None, now: datetime, account: Account) -> Credentials:
    """Look when the account's secrets end."""
    ends: list[tuple[str, datetime | None]] = []
    try:
        if vault and account.secret_name and not account.federated:
            ends.append((account.secret_name, from_secret(vault.secret(account.secret_name)).expires_on))
        if vault and account.refresh_token_name and account.app_user:
            stored = refresh_token.read(vault, account.refresh_token_name)
            ends.append((stored.name, refresh_token.expires_on(stored)))
    except VaultAccessDenied:
        return Credentials(None)
    except VaultUnreachable as error:
        warn(f"{account.name}: the end of its secrets is unknown: {error.message}")
        return Credentials(None)
    except SnapshotError as error:
        return Credentials(
            None, (f"{account.name}: {error.code}: `python -m cli check` shows the secret and the remedy",)
        )
    known = [(name, end) for name, end in ends if end is not None]
    problems = []
    for name, end in known:
        if (left := days_left(end, now)) <= ENDING:
            token = name == account.refresh_token_name
            remedy = "`python -m cli consent`" if token else "docs/operate.md, Rotate a secret"
            problems.append(f"{account.name}: {name} {in_words(left)} ({end:%Y-%m-%d}): {remedy}")
    return Credentials(min((end for _, end in known), default=None), tuple(problems))


def _history_problems(view: AccountView, query: HistoryQuery) -> Iterator[str]:
    if not view.items:
        yield f"{view.account.label} has no row yet: `python -m cli run` takes the first"
    elif view.gaps and view.gaps[-1].last == query.until:
        why = f" ({reason})" if (reason := view.gaps[-1].reason) else ""
        yield f"{view.account.label} has no row of yesterday, {query.until}{why}: `python -m cli check` shows what is wrong now"


def _run_problems(run: LedgerEntry | None, now: datetime) -> Iterator[str]:
    if run is None or now - run.started > LATE:
        yield "no run in the last 26 hours: docs/operate.md, No run, says what to do"
    elif (failed := run.row.get("Failed")) != 0:
        yield f"the last run failed for {failed} of {run.row.get('Accounts')} accounts: `python -m cli check` shows the step"


def _run_line(run: LedgerEntry | None, zone: tzinfo) -> str:
    if run is None:
        return f"none in the last {WINDOW} days"
    row = run.row
    counts = f"{row.get('Recorded')} recorded, {row.get('Kept')} kept, {row.get('Failed')} failed"
    return f"{run.started:%Y-%m-%d %H:%M} {zone} ({row.get('Trigger')}): {counts}"


def _record(account: Account, view: AccountView, latest: Reading | None, end: datetime | None) -> dict[str, Any]:
    record = dict.fromkeys(COLUMNS) | account_fields(account) | {"missedDays": view.missed_days, "expiresOn": end}
    if latest is None:
        return record
    return record | {
        "currency": latest.currency,
        "day": str(latest.day),
        "balance": f"{latest.balance:f}",
        "change": None if latest.change is None else f"{latest.change:f}",
        **credit_fields(account, latest.currency, latest.balance),
    }


def _cells(view: AccountView, latest: Reading | None, record: Record, money: Money) -> tuple[str, ...]:
    """Return a record as a line for a person."""
    balance = ("-",) * 4
    if latest:
        amounts = money.text(latest.balance, latest.currency), money.change(latest.change, latest.currency) or "-"
        balance = latest.currency, str(latest.day), *amounts
    used, end = record["creditUsedPercent"], record["expiresOn"]
    limit = "-" if used is None else f"{used:g} %"
    return view.account.label, *balance, str(view.missed_days), limit, f"{end:%Y-%m-%d}" if end else "-"
