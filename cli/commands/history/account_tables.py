"""One account's history in tables: what people see, and the records that programs get."""

from collections.abc import Iterator
from typing import Any

from cli.commands.history.account_view import AccountView
from cli.commands.history.gaps import Gap
from cli.commands.history.readings import Reading
from cli.support.console import count
from cli.support.money import Money
from cli.support.text_table import TextTable

GAP_NAMES = ("account", "tenantId", "first", "last", "days", "code", "runs", "firstTried", "lastTried")
MONTH_NAMES = ("account", "tenantId", "month", "currency", "close", "change", "closedOn", "missedDays", "complete")
_AMOUNTS = frozenset({"Balance", "Change", "Close"})


def day_table(view: AccountView, money: Money) -> TextTable:
    """Return a line per reading and per gap."""

    def cells(item: Reading | Gap) -> tuple[str, ...]:
        if isinstance(item, Gap):
            days = f"up to {item.last} ({count(item.days, 'day')})" if item.days > 1 else ""
            return str(item.first), "", "missed", "", "", ": ".join(filter(None, (days, str(item.reason or ""))))
        balance, change = money.text(item.balance, item.currency), money.change(item.change, item.currency)
        return str(item.day), item.currency, balance, change, str(item.as_of or "-"), ", ".join(item.notes)

    headings = ("Date", "Currency", "Balance", "Change", "As of", "Notes")
    return TextTable(headings, [cells(item) for item in view.items], _AMOUNTS)


def month_table(view: AccountView, money: Money) -> TextTable:
    """Return a line per month and currency, the newest last."""
    rows = []
    for one in view.closes():
        notes = [f"change since {one.since}"] * one.skips + [f"as of {one.closed_on}"] * (not one.complete)
        notes += [f"{count(one.missed, 'day')} missed"] * bool(one.missed)
        close, change = money.text(one.close, one.currency), money.change(one.change, one.currency)
        rows.append((one.month, one.currency, close, change, ", ".join(notes)))
    return TextTable(("Month", "Currency", "Close", "Change", "Notes"), rows, _AMOUNTS)


def summary(view: AccountView, money: Money) -> Iterator[str]:
    """Yield a line per currency, and what else is to be said of the account."""
    for series in view.series:
        first, latest = series.readings[0], series.readings[-1]
        limit = f" ({latest.limit_percent:g} % of the credit limit)" if latest.limit_percent is not None else ""
        days, amount = count(len(series.readings), "day"), money.text(latest.balance, series.currency)
        yield f"{series.currency}: {days} from {first.day} to {latest.day}, latest {amount}{limit}"
    if view.gaps:
        yield f"missed: {count(view.missed_days, 'day')}; Partner Center has no balance of a day that is over"
    if view.items and not view.configured:
        yield "not configured any more: nothing counts as missed after its last row"


def gap_record(name: str, tenant_id: str, gap: Gap) -> dict[str, Any]:
    """Return what programs get of a gap; without `runs` nothing is known about why, with 0 no run left a record."""
    reason = gap.reason
    tried = (reason.first, reason.last) if reason and reason.code else (None, None)
    why = (reason and reason.code, reason and reason.runs, *tried)
    return dict(zip(GAP_NAMES, (name, tenant_id, str(gap.first), str(gap.last), gap.days, *why), strict=True))


def month_records(view: AccountView) -> Iterator[dict[str, Any]]:
    """Yield what programs get of the months; amounts are exact decimals as text."""
    for one in view.closes():
        change = None if one.change is None else f"{one.change:f}"
        amounts = (f"{one.close:f}", change, str(one.closed_on), one.missed, one.complete)
        values = (view.name, view.tenant_id, one.month, one.currency, *amounts)
        yield dict(zip(MONTH_NAMES, values, strict=True))
