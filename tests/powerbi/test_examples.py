"""The worked examples of docs/power-bi.md hold: the table there is the expectation, worked out by hand."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.powerbi.tools.docs_tables import PAGE
from tests.powerbi.tools.histories import History
from tests.powerbi.tools.model import read_model

EXAMPLES = [
    tuple(cell.strip() for cell in line.strip("|").split("|"))
    for line in PAGE.read_text(encoding="utf-8")
    .split("| measure | in view | value | because |")[1]
    .strip()
    .splitlines()[1:]
]
ACCOUNTS = ("Contoso", "Fabrikam", "Northwind", "Tailspin")


def filters(view: str) -> dict[tuple[str, str], list[Any]]:
    """Return the words of a view as the model's filters."""
    chosen: dict[tuple[str, str], list[Any]] = {}
    for word in view.split(", "):
        if word in ACCOUNTS:
            chosen["Accounts", "Account"] = [word]
        elif word.startswith("on "):
            chosen["Date", "Date"] = [date.fromisoformat(word.removeprefix("on "))]
        elif "-" in word:
            chosen["Date", "Month"] = [word]
        elif word != "all":
            chosen["Currencies", "Currency"] = [word]
    return chosen


def in_words(measure: str, value: Any) -> str:
    """Write a value as the docs do."""
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


@pytest.mark.parametrize(("measure", "view", "value", "why"), EXAMPLES)
def test_a_worked_example_holds(recorded: History, measure: str, view: str, value: str, why: str) -> None:
    """The DAX gives the documented value."""
    assert in_words(measure, recorded.dax.value(measure, filters(view))) == value, why


def test_what_the_page_names_exists() -> None:
    """Queries and parameters that a reader is sent to are those of the model."""
    for name in ("START HERE", "SnapshotTable", "StorageAccount", "RangeStart", "RangeEnd"):
        assert name in PAGE.read_text(encoding="utf-8")
        assert name in read_model().queries
