"""The history as lines of text for a person."""

from cli.commands.history.account_view import AccountView
from cli.commands.history.changes import Reading
from cli.commands.history.gaps import Gap
from cli.commands.history.months import MonthClose
from cli.support.money import Money
from cli.support.words import count

NARROW = 80
"""Columns of a terminal below which the accounting date is left out."""


class DayLines:
    """Writes readings and gaps as lines under `header`; `wide` adds the accounting date."""

    def __init__(self, money: Money, *, wide: bool) -> None:
        self._money = money
        self._wide = wide
        self.header = (
            f"{'Date':10}  {'Currency':8}  {'Balance':>16}  {'Change':>16}" + "  As of     " * wide + "  Notes"
        )

    def line(self, item: Reading | Gap) -> str:
        """Return one line."""
        if isinstance(item, Gap):
            return f"{item.first}  missed: {_missed(item)}"
        balance = self._money.text(item.balance, item.currency)
        change = "" if item.change is None else self._money.change(item.change, item.currency)
        as_of = f"  {item.as_of or '-'!s:10}" if self._wide else ""
        line = f"{item.day}  {item.currency:8}  {balance:>16}  {change:>16}{as_of}  {', '.join(item.notes)}"
        return line.rstrip()


def _missed(gap: Gap) -> str:
    upto = f"up to {gap.last} ({count(gap.days, 'day')})" if gap.days > 1 else ""
    why = str(gap.reason) if gap.reason else "" if upto else "no reading"
    return ": ".join(filter(None, (upto, why)))


def month_lines(view: AccountView, money: Money) -> list[str]:
    """Return a header and one line per month and currency."""
    lines = [f"{'Month':7}  {'Currency':8}  {'Close':>16}  {'Change':>16}  Notes"]
    return lines + [_month(close, money) for close in view.months.closes()]


def _month(close: MonthClose, money: Money) -> str:
    change = "" if close.change is None else money.change(close.change, close.currency)
    notes = [] if close.complete else [f"as of {close.closed_on}"]
    if close.missed:
        notes.append(f"{count(close.missed, 'day')} missed")
    amount = money.text(close.close, close.currency)
    return f"{close.month}  {close.currency:8}  {amount:>16}  {change:>16}  {', '.join(notes)}".rstrip()


def summary_lines(view: AccountView, money: Money) -> list[str]:
    """Return one line per currency, and one for what was missed."""
    lines = []
    for currency, latest in sorted(view.latest.items()):
        days = count(len(view.series.of_currency[currency].days), "day")
        limit = f" ({latest.limit_used:.0%} of the credit limit)" if latest.limit_used is not None else ""
        began, amount = view.began[currency], money.text(latest.balance, currency)
        lines.append(f"{currency}: {days} from {began} to {latest.day}, latest {amount}{limit}")
    if view.gaps:
        lines.append(f"missed: {count(view.missed_days, 'day')}: Partner Center can no longer be asked about them")
    if not view.configured:
        lines.append("not configured any more: nothing is missed after its last row")
    return lines
