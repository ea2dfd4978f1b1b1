"""The history as people see it in a terminal: tables of days, months and runs, charts and a summary."""

from collections.abc import Iterable, Iterator
from datetime import timedelta, tzinfo

from cli.commands.history.account import AccountHistory, Reading
from cli.commands.history.charts import Series, draw
from cli.commands.history.gaps import Gap
from cli.commands.history.ledger import RUN_COUNTS, LedgerEntry
from cli.support.console import TextTable, count, out, print_table, say, warn
from cli.support.money import Money
from shared.net.foreign_text import one_line

_WIDEST_CHART = 100
_AMOUNTS = frozenset({"Balance", "Change", "Close"})


def write_account(account: AccountHistory, money: Money, *, by_month: bool, drawn: bool) -> None:
    """Write the account's lines, charts of its days when `drawn`, and its summary."""
    width = out().width if out().is_terminal else _WIDEST_CHART
    say((f"\n{account.name}", "bold"), f"  {account.tenant_id}")
    table = month_table(account, money) if by_month else _day_table(account, money)
    if table.rows:
        print_table(table, "As of", marked="missed")
    if drawn and not by_month:
        for currency, readings in account.readings.items():
            series = Series(currency, readings, account.gaps)
            say(f"\n{draw(series, account.name, money, width=min(width, _WIDEST_CHART))}")
        say("")
    for line in _summary(account, money):
        say((f"  {line}", "bold"))


def write_runs(runs: Iterable[LedgerEntry], zone: tzinfo) -> None:
    """Write the runs, oldest first, their start in `zone`, that of the settings."""
    headings = (f"Started ({zone})", "Trigger", "Seconds", *RUN_COUNTS, "Notes")
    table = TextTable(headings, [_run_cells(run) for run in runs], frozenset(headings[2:7]))
    if table.rows:
        print_table(table)
    else:
        warn("no run left a record in this time")


def month_table(account: AccountHistory, money: Money) -> TextTable:
    """Return a line per month and currency, the newest last."""
    rows = [_month_cells(*close, money) for close in account.closes()]
    return TextTable(("Month", "Currency", "Close", "Change", "Notes"), rows, _AMOUNTS)


def _month_cells(close: Reading, missed: int, money: Money) -> tuple[str, ...]:
    notes = [f"as of {close.day}"] * (not close.ends_month) + [f"{count(missed, 'day')} missed"] * bool(missed)
    month_before = close.day.replace(day=1) - timedelta(days=1)
    if close.before and f"{close.before.day:%Y-%m}" != f"{month_before:%Y-%m}":
        notes.insert(0, f"change since {close.before.day:%Y-%m}")
    amounts = money.text(close.balance, close.currency), money.change(close.change, close.currency)
    return f"{close.day:%Y-%m}", close.currency, *amounts, ", ".join(notes)


def _day_table(account: AccountHistory, money: Money) -> TextTable:
    """Return a line per reading and per gap."""

    def cells(item: Reading | Gap) -> tuple[str, ...]:
        if isinstance(item, Gap):
            days = f"up to {item.last} ({count(item.days, 'day')})" if item.days > 1 else ""
            return str(item.first), "", "missed", "", "", ": ".join(filter(None, (days, item.reason)))
        balance, change = money.text(item.balance, item.currency), money.change(item.change, item.currency)
        return str(item.day), item.currency, balance, change, str(item.as_of or "-"), ", ".join(item.notes(money))

    headings = ("Date", "Currency", "Balance", "Change", "As of", "Notes")
    return TextTable(headings, [cells(item) for item in account.lines], _AMOUNTS)


def _run_cells(run: LedgerEntry) -> tuple[str, ...]:
    trigger, *counts = (one_line(run.row.get(name)) for name in ("Trigger", *RUN_COUNTS))
    seconds = run.row.get("Seconds")
    took = f"{seconds:.1f}" if isinstance(seconds, int | float) else "-"
    late = "started late" if run.row.get("PastDue") is True else ""
    return f"{run.started:%Y-%m-%d %H:%M:%S}", trigger, took, *counts, late


def _summary(account: AccountHistory, money: Money) -> Iterator[str]:
    """Yield a line per currency, and what else is to be said of the account."""
    for currency, readings in account.readings.items():
        first, latest = readings[0], readings[-1]
        limit = f" ({latest.limit_percent:g} % of the credit limit)" if latest.limit_percent is not None else ""
        days, amount = count(len(readings), "day"), money.text(latest.balance, currency)
        yield f"{currency}: {days} from {first.day} to {latest.day}, latest {amount}{limit}"
    if account.gaps:
        yield f"missed: {count(account.missed_days, 'day')}; Partner Center has no balance of a day that is over"
    if account.items and not account.configured:
        yield "not configured any more: nothing counts as missed after its last row"
