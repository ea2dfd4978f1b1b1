"""The history in a terminal: tables of days, months and runs, charts and a summary."""

from collections.abc import Iterable, Iterator
from datetime import timedelta, tzinfo

from cli.commands.history.account import AccountHistory, Reading
from cli.commands.history.charts import Series, draw
from cli.commands.history.gaps import Gap
from cli.commands.history.ledger import RUN_COUNTS, LedgerEntry
from cli.support.console import Cells, count, out, print_table, say, warn
from cli.support.money import Money
from shared.net.foreign_text import one_line

_MAX_CHART_WIDTH = 100


def write_account(account: AccountHistory, money: Money, *, by_month: bool, charts: bool) -> None:
    """Write the account's lines, its charts (of days, with `charts`) and its summary."""
    width = out().width if out().is_terminal else _MAX_CHART_WIDTH
    say((f"\n{account.name}", "bold"), f"  {account.tenant_id}")
    months = [month_cells(*close, money) for close in account.closes()] if by_month else []
    days = [] if by_month else [_day_cells(line, money) for line in account.lines()]
    if rows := months or days:
        print_table(rows, "As of", highlighted="missed")
    if charts and not by_month:
        for currency, readings in account.readings.items():
            series = Series(currency, readings, account.gaps)
            say(f"\n{draw(series, account.name, money, width=min(width, _MAX_CHART_WIDTH))}")
        say("")
    for line in _summary(account, money):
        say((f"  {line}", "bold"))


def write_runs(runs: Iterable[LedgerEntry], zone: tzinfo) -> None:
    """Write the runs, oldest first, with start times in `zone`, the time zone of the settings."""
    if rows := [_run_cells(run, zone) for run in runs]:
        print_table(rows)
    else:
        warn("no run left a record in this period")


def month_cells(close: Reading, missed: int, money: Money) -> Cells:
    """Return the line for a month with this many missed days."""
    notes = [f"as of {close.day}"] * (not close.ends_month) + [f"{count(missed, 'day')} missed"] * bool(missed)
    month_before = close.day.replace(day=1) - timedelta(days=1)
    if close.before and f"{close.before.day:%Y-%m}" != f"{month_before:%Y-%m}":
        notes.insert(0, f"change since {close.before.day:%Y-%m}")
    return {
        "Month": f"{close.day:%Y-%m}",
        "Currency": close.currency,
        "Close": money.text(close.balance, close.currency),
        "Change": money.change(close.change, close.currency),
        "Notes": ", ".join(notes),
    }


def _day_cells(line: Reading | Gap, money: Money) -> Cells:
    if isinstance(line, Gap):
        days = f"up to {line.last} ({count(line.days, 'day')})" if line.days > 1 else ""
        notes = ": ".join(filter(None, (days, line.reason)))
        return {"Date": f"{line.first}", "Currency": "", "Balance": "missed", "Change": "", "As of": "", "Notes": notes}
    return {
        "Date": f"{line.day}",
        "Currency": line.currency,
        "Balance": money.text(line.balance, line.currency),
        "Change": money.change(line.change, line.currency),
        "As of": f"{line.as_of or '-'}",
        "Notes": ", ".join(line.notes(money)),
    }


def _run_cells(run: LedgerEntry, zone: tzinfo) -> Cells:
    seconds = run.row.get("Seconds")
    return {
        f"Started ({zone})": f"{run.started:%Y-%m-%d %H:%M:%S}",
        "Trigger": one_line(run.row.get("Trigger")),
        "Seconds": f"{seconds:.1f}" if isinstance(seconds, int | float) else "-",
        **{name: one_line(run.row.get(name)) for name in RUN_COUNTS},
        "Notes": "started late" if run.row.get("PastDue") is True else "",
    }


def _summary(account: AccountHistory, money: Money) -> Iterator[str]:
    """Yield a line per currency, and other remarks on the account."""
    for currency, readings in account.readings.items():
        first, latest = readings[0], readings[-1]
        limit = f" ({latest.limit_percent:g} % of the credit limit)" if latest.limit_percent is not None else ""
        days, amount = count(len(readings), "day"), money.text(latest.balance, currency)
        yield f"{currency}: {days} from {first.day} to {latest.day}, latest {amount}{limit}"
    if account.gaps:
        yield f"missed: {count(account.missed_days, 'day')}; Partner Center has no balances for past days"
    if account.items and not account.configured:
        yield "no longer configured: days after its last row do not count as missed"
