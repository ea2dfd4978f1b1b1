"""The steps of a check: settings, schedule, identity, each account, and permissions on the three tables."""

import os
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import partial
from itertools import islice, product
from pathlib import Path

from cli.commands.check.account import AccountCheck
from cli.commands.check.findings import Finding, failed, note, ok, run_steps
from cli.support.accounts import choose
from cli.support.concurrency import read_concurrently
from cli.support.console import count
from cli.support.credentials import token_user
from cli.support.failure import CommandFailed
from cli.support.money import Money
from cli.support.settings_source import find_settings
from cli.support.tables import OperatorTable, TableContext, open_tables
from shared.errors import TableAccessDenied
from shared.services import MAX_CONCURRENT_ACCOUNTS, utc_now
from shared.settings.accounts import Account
from shared.settings.clouds import storage_audience

_DAYS = 8 * 366
"""A schedule for 29 February fires again within eight years."""


def check_steps(
    file: Path | None,
    names: list[str] | None,
    deployed: Callable[[TableContext, Sequence[Account]], Iterator[Finding]] | None,
) -> Iterator[Finding]:
    """Yield the findings of the settings, then of each step that needs them."""
    source = find_settings(os.environ, file)
    settings = source.read()
    accounts = choose(settings.accounts, names)
    message = f"{count(len(accounts), 'account')}, time zone {settings.time_zone}, from {source.origin}"
    yield ok(message, accounts=len(accounts), timeZone=str(settings.time_zone))
    if settings.schedule:
        yield from run_steps({"schedule": partial(_schedule, settings.schedule, settings.time_zone)})
    with open_tables(settings) as context:
        if deployed:
            yield from run_steps({"deployed": partial(deployed, context, accounts)})
            return
        steps = {"accounts": partial(_accounts, context, accounts), "tables": partial(_tables, context, accounts)}
        yield from run_steps({"identity": partial(_identity, context), **steps})


def _schedule(schedule: list[list[int]], zone: tzinfo) -> Iterator[Finding]:
    """Yield the next three runs, in the time zone of the history."""
    runs = [run.astimezone(zone) for run in islice(next_runs(schedule, utc_now()), 3)]
    if not runs:
        remedy = "Correct SNAPSHOT_SCHEDULE; 0 17 * * * * runs every hour."
        raise CommandFailed("SNAPSHOT_SCHEDULE does not fire in the next eight years.", remedy)
    message = f"next runs: {', '.join(f'{run:%Y-%m-%d %H:%M}' for run in runs)} ({zone})"
    yield ok(message, nextRuns=[run.isoformat() for run in runs])


def next_runs(schedule: list[list[int]], after: datetime) -> Iterator[datetime]:
    """Yield the times (UTC) after `after` at which a schedule fires, given the values of its six NCRONTAB fields; all must match, both days too."""
    seconds, minutes, hours, days, months, weekdays = schedule
    midnight = after.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for number in range(_DAYS):
        day = midnight + timedelta(days=number)
        if day.month in months and day.day in days and day.isoweekday() % 7 in weekdays:
            for hour, minute, second in product(hours, minutes, seconds):
                run = day.replace(hour=hour, minute=minute, second=second)
                if run > after:
                    yield run


def _identity(context: TableContext) -> Iterator[Finding]:
    scope = f"{storage_audience(context.services.settings.table_endpoint)}/.default"
    user = token_user(context.services.identity.get_token(scope).token)
    yield ok(f"in Azure you are {user or 'signed in; the token names no user'}", user=user)


def _accounts(context: TableContext, accounts: Sequence[Account]) -> Iterator[Finding]:
    """Yield each account's findings; the accounts are checked concurrently."""
    services, money = context.services, Money.for_user(os.environ)
    checks = read_concurrently(
        accounts, lambda account: AccountCheck(account, services, money).findings(), MAX_CONCURRENT_ACCOUNTS
    )
    for _, findings in checks:
        yield from findings


def _tables(context: TableContext, accounts: Sequence[Account]) -> Iterator[Finding]:
    """Yield the findings of the three tables. An unreadable table does not stop the checks of the others."""
    today = context.services.now().astimezone(context.services.settings.time_zone).date()
    yield from run_steps({"table": partial(_table, context.table, accounts, today), "clock": partial(_clock, context)})
    none = [ok("none configured (SNAPSHOT_ARCHIVE_ENDPOINT)")]
    yield from run_steps({"archive": lambda: _table(context.archive, accounts, today) if context.archive else none})
    yield from run_steps({"ledger": partial(_table, context.ledger, (), today)})


def _table(table: OperatorTable, accounts: Sequence[Account], today: date) -> Iterator[Finding]:
    """Yield how many accounts have today's row, and what your sign-in may do in the table; raises the table's errors."""
    with_row = sum(bool(table.rows_of(account.tenant_id, today)) for account in accounts)
    facts = {"accounts": len(accounts), "accountsWithRow": with_row} if accounts else {}
    if not table.exists():
        message = "reachable; the table does not exist yet: the first run creates it if it has permission"
        yield note(message, exists=False, **facts)
        return
    insert, change = table.may_insert(), table.may_change()
    about = f"; {with_row} of {len(accounts)} accounts have their row for {today}" if accounts else ""
    yield ok(f"readable{about}", exists=True, mayInsert=insert, mayChange=change, **facts)
    if insert is None:
        yield note("empty: the first insert will show whether rows may be inserted")
    elif insert:
        yield ok("rows may be inserted")
    else:
        yield failed(TableAccessDenied("rows may be read but not inserted"))
    if change:
        yield note(
            "rows may also be changed, which the job does not need; the append role from infra/ does not allow it"
        )
    else:
        yield ok("rows cannot be changed, as it should be")


def _clock(context: TableContext) -> Iterator[Finding]:
    context.services.check_clock()
    yield ok("this machine and the table service agree to within five minutes")
