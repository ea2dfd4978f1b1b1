"""The examples that the docs show: one measure in one view, with its value over the recorded rows and the reason for it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.powerbi.tools.demo import FIRST_DAY, NEWEST_DAY
from tests.powerbi.tools.meaning import MEASURES, TODAY, History, Value
from tests.powerbi.tools.snapshots import View


@dataclass(frozen=True)
class Example:
    """One line of the docs' table of worked examples."""

    measure: str
    view: View
    why: str


def _view(accounts: str = "", currency: str = "", period: str = "", day: str = "") -> View:
    first, _, last = period.partition(" ")
    return View(
        frozenset(accounts.split()),
        frozenset(currency.split()),
        (date.fromisoformat(first), date.fromisoformat(last)) if period else (FIRST_DAY, NEWEST_DAY),
        date.fromisoformat(day) if day else None,
    )


EXAMPLES = (
    Example("Current balance", _view("Fabrikam", "USD"), "the last snapshot, not a sum over days"),
    Example("Current balance", _view("", "USD"), "Contoso and Fabrikam; Northwind is retired"),
    Example("Current balance", _view("", "USD", "2026-09-15 2026-09-30"), "then Northwind still counted"),
    Example("Current balance", _view(), "several currencies: never added"),
    Example("Current balance", _view("", "USD", day="2026-11-16"), "Contoso was not read: a gap, not a dip"),
    Example("Current balance", _view("Fabrikam", "USD", day="2026-11-16"), "Fabrikam was"),
    Example("Current balance", _view("Fabrikam", "USD", day="2026-11-03"), "a credit is negative"),
    Example("Current balance", _view("Fabrikam"), "none is chosen, but one currency alone is in view"),
    Example("Current balance", _view("Northwind", "USD"), "retired before the end of the period"),
    Example("Highest balance", _view("", "USD"), "the highest total of one day"),
    Example("Lowest balance", _view("Fabrikam", "USD"), "during the credit"),
    Example("Change to previous snapshot", _view("", "USD"), "against 2026-11-22, for each account"),
    Example("Change over 7 days", _view("Fabrikam", "USD"), "against 2026-11-16"),
    Example("Change over 7 days", _view("Contoso", "USD"), "2026-11-16 was missed: blank, not a guess"),
    Example("Change over 30 days", _view("", "USD"), "against 2026-10-24"),
    Example("Change over 30 days", _view("Tailspin"), "its history does not reach back so far"),
    Example("Change since month start", _view("", "EUR"), "against the month's first snapshot, 2026-11-01"),
    Example("Recurring part", _view("Fabrikam", "USD"), "spelled `recurring` by the service"),
    Example("One-time part", _view("", "EUR"), "spelled `OneTime`"),
    Example("Other parts", _view("", "EUR"), "spelled `Marketplace`"),
    Example("Recurring part", _view("Tailspin"), "the service sent no parts"),
    Example("Credit limit", _view("", "USD"), "Fabrikam's; Contoso has none"),
    Example("Credit used", _view("", "USD"), "Fabrikam alone, on both sides"),
    Example("Missing days", _view(), "2026-10-20 and 21 of two accounts, and Contoso's 2026-11-16"),
    Example("Missing days", _view("Northwind"), "expected only until its last snapshot, 2026-10-05"),
    Example("Day status", _view(day="2026-10-20"), "nobody was read"),
    Example("Day status", _view(day="2026-11-17"), "every expected account was read"),
    Example("Days since last snapshot", _view(), f"looked at on {TODAY}"),
    Example("Accounting date age", _view("", "USD"), "the accounting date was the Friday before"),
    Example("Last snapshot", _view("", "", "2026-09-15 2026-10-21"), "nothing on the 20th and 21st"),
    Example("Latest run", _view(), "whatever the period, in UTC"),
    Example("Hint", _view("", "EUR"), "all is well"),
    Example("Hint", _view(), "says why amounts are blank"),
)


def value_of(history: History, example: Example) -> Value:
    """Compute one example."""
    return MEASURES[example.measure](history, example.view)


def in_words(value: Value, measure: str) -> str:
    """Write a value for a reader; `measure` decides between an amount and a share."""
    match value:
        case None:
            return "blank"
        case Decimal() if measure == "Credit used":
            return f"{value:.1%}"
        case Decimal():
            return f"{value:,.2f}"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}"
        case _:
            return str(value)


def filters(view: View) -> tuple[dict[tuple[str, str], list[Any]], dict[tuple[str, str], list[Any]]]:
    """Return the view as the model's filters: the slicers', and those of one point."""
    slicers: dict[tuple[str, str], list[Any]] = {}
    if view.accounts:
        slicers["Accounts", "Account"] = sorted(view.accounts)
    if view.currencies:
        slicers["Currencies", "Currency"] = sorted(view.currencies)
    first, last = view.period
    if (first, last) != (FIRST_DAY, NEWEST_DAY):
        slicers["Date", "Date"] = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    return slicers, {("Date", "Date"): [view.day]} if view.day else {}
