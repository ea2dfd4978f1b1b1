"""`status`: one line per account and currency, for every morning; Partner Center is never called."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from functools import partial
from typing import Any

import typer

from cli.support.accounts import choose, for_each
from cli.support.console import can_show, out, say
from cli.support.money import Money, balance_of, reader_locale
from cli.support.operator_table import OperatorTable, Span
from cli.support.options import AsFormat, Format, SettingsFile, SomeAccounts
from cli.support.progress import waiting
from cli.support.records import account_fields, credit_fields, print_records
from cli.support.settings_source import find_settings
from cli.support.tables import TableContext, open_tables
from cli.support.words import count
from shared.errors import IdentityUnavailable, SnapshotError, VaultAccessDenied, VaultUnreachable
from shared.history.row import Entity
from shared.history.runs import RUN_PARTITION
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
_RIGHT = ("Balance", "Change", "Missed", "Limit")


@dataclass(frozen=True)
class AccountState:
    """What is known of an account: a record per currency, and what is wrong."""

    records: list[dict[str, Any]]
    problems: list[str]


def command(*, settings: SettingsFile = None, account: SomeAccounts = None, as_format: AsFormat = Format.TABLE) -> None:
    """Show the newest balance of each account, missed days of the last 30, what expires when, and the last run.

    Reads the table, the ledger of runs and, where you have the right, the end of each secret. Partner Center is not called:
    `balance` asks it. The exit status is 1 when the row of yesterday is missing, the last run failed or is older than 26 hours,
    or a credential ends within 14 days.

    Examples:
      python -m cli status
      python -m cli status --format csv

    """
    known = find_settings(os.environ, settings).read()
    with open_tables(known) as place, waiting("reading the table"):
        accounts = choose(known.accounts, account)
        states = list(for_each(accounts, partial(look, place)))
        now = place.services.now().astimezone(known.time_zone)
        place.services.check_clock()
        run = _last_run(place.ledger, now.date())
    for _, state in states:
        if isinstance(state, SnapshotError):
            raise state
    found = [state for _, state in states if isinstance(state, AccountState)]
    records = [record for state in found for record in state.records]
    problems = [problem for state in found for problem in state.problems] + list(_problems_of(run, now))
    if as_format is Format.TABLE:
        _print(records, Money(reader_locale(os.environ), can_show))
        say(f"Last run: {_in_words(run, known.time_zone)}")
        for problem in problems:
            say(("problem", "bold red"), f"  {problem}")
    else:
        last = run and {name[0].lower() + name[1:]: _plain(value) for name, value in run.items()}
        print_records(as_format, COLUMNS, records, {"accounts": records, "lastRun": last, "problems": problems})
        if as_format is Format.CSV:
            for problem in problems:
                say(("problem", "bold red"), f"  {problem}", stderr=True)
    if problems:
        raise typer.Exit(1)


def look(place: TableContext, account: Account) -> AccountState:
    """Read what the table and the vault have of an account.

    Raises:
        SnapshotError: those of the table.

    """
    now = place.services.now()
    today = now.astimezone(place.services.settings.time_zone).date()
    first, yesterday = today - timedelta(days=WINDOW), today - timedelta(days=1)
    rows = list(place.table.rows(Span(account.tenant_id, first=first, last=today)))
    days = {date.fromisoformat(str(row["SnapshotDate"])) for row in rows}
    began = first if place.table.any_before(account.tenant_id, first) else min(days, default=None)
    end, problems = _first_end(place, account, now)
    if began is None:
        problems.insert(0, f"{account.name} has no row yet: `python -m cli run` takes the first")
        missed = 0
    else:
        missed = sum(day not in days for day in _days(began, yesterday))
        if began <= yesterday and yesterday not in days:
            problems.insert(
                0, f"{account.name} has no row of yesterday, {yesterday}: `python -m cli history` shows the reason"
            )
    currencies: dict[str, list[Entity]] = {}
    for row in rows:
        currencies.setdefault(str(row["CurrencyCode"]), []).append(row)
    common = {"missedDays": missed, "expiresOn": end and end.isoformat()}
    records = [_record(account, currency, of_currency) | common for currency, of_currency in sorted(currencies.items())]
    nothing = dict.fromkeys(COLUMNS) | account_fields(account) | common
    return AccountState(records or [nothing], problems)


def _record(account: Account, currency: str, rows: Sequence[Entity]) -> dict[str, Any]:
    balance = balance_of(rows[-1])
    return {
        **account_fields(account),
        "currency": currency,
        "day": rows[-1]["SnapshotDate"],
        "balance": f"{balance:f}",
        "change": f"{balance - balance_of(rows[-2]):f}" if len(rows) > 1 else None,
        **credit_fields(account, currency, balance),
    }


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def _first_end(place: TableContext, account: Account, now: datetime) -> tuple[datetime | None, list[str]]:
    """Return when the first of the account's secrets ends, None without a right to look, and what is wrong with them."""
    vault, ends, problems = place.services.vault, [], []
    try:
        if vault and account.secret_name and not account.federated:
            ends.append((account.secret_name, from_secret(vault.secret(account.secret_name)).expires_on))
        if vault and account.refresh_token_name and account.app_user:
            stored = refresh_token.read(vault, account.refresh_token_name)
            ends.append((stored.name, refresh_token.expires_on(stored)))
    except (VaultAccessDenied, VaultUnreachable, IdentityUnavailable):
        return None, []
    except SnapshotError as error:
        problems.append(f"{account.name}: {error.code}: `python -m cli check` shows the secret and the remedy")
    for name, end in ends:
        if end is not None and (left := days_left(end, now)) <= ENDING:
            remedy = (
                "`python -m cli consent`" if name == account.refresh_token_name else "docs/operate.md, Rotate a secret"
            )
            problems.append(f"{account.name}: {name} {in_words(left)} ({end:%Y-%m-%d}): {remedy}")
    return min((end for _, end in ends if end is not None), default=None), problems


def _last_run(ledger: OperatorTable, today: date) -> Mapping[str, Any] | None:
    last = None
    for last in ledger.rows(Span(RUN_PARTITION, first=today - timedelta(days=WINDOW))):  # noqa: B007 - the last one
        pass
    return last


def _problems_of(run: Mapping[str, Any] | None, now: datetime) -> Iterator[str]:
    if run is None or now - run["StartedAt"] > LATE:
        yield "no run in the last 26 hours: docs/operate.md, No run, says what to do"
    elif run["Failed"]:
        yield f"the last run failed for {count(run['Failed'], 'account')}: `python -m cli check` shows the step"


def _in_words(run: Mapping[str, Any] | None, zone: tzinfo) -> str:
    if run is None:
        return f"none in the last {WINDOW} days"
    counts = f"{run['Recorded']} recorded, {run['Kept']} kept, {run['Failed']} failed"
    return f"{run['StartedAt'].astimezone(zone):%Y-%m-%d %H:%M} {zone} ({run['Trigger']}): {counts}"


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _print(records: Sequence[Mapping[str, Any]], money: Money) -> None:
    lines = [_HEADINGS, *(_cells(record, money) for record in records)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    if out().is_terminal and sum(widths) + 2 * len(widths) > out().width:
        widths = [0 if name in _LEFT_OUT_WHEN_NARROW else width for name, width in zip(_HEADINGS, widths, strict=True)]
    for line in lines:
        cells = zip(_HEADINGS, line, widths, strict=True)
        padded = [cell.rjust(width) if name in _RIGHT else cell.ljust(width) for name, cell, width in cells if width]
        say("  ".join(padded).rstrip())


def _cells(record: Mapping[str, Any], money: Money) -> tuple[str, ...]:
    currency, percent, end = record["currency"], record["creditUsedPercent"], record["expiresOn"]
    row = {"BalanceText": record["balance"]}
    change = record["change"]
    return (
        record["account"],
        currency or "-",
        record["day"] or "-",
        money.text(balance_of(row), currency) if currency else "-",
        money.change(balance_of({"BalanceText": change}), currency) if change else "-",
        str(record["missedDays"]),
        f"{percent:g} %" if percent is not None else "-",
        end[:10] if end else "-",
    )
