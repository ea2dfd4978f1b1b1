"""The measures: their DAX, evaluated over the recorded rows, gives what was meant, computed in another way."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.powerbi.tools.dax import Dax
from tests.powerbi.tools.demo import FIRST_DAY, NEWEST_DAY
from tests.powerbi.tools.mashup import Record
from tests.powerbi.tools.meaning import MEASURES, TODAY, History
from tests.powerbi.tools.model import Model
from tests.powerbi.tools.snapshots import View
from tests.powerbi.tools.worked_examples import EXAMPLES, Example, filters, in_words, value_of


def evaluated(dax: Dax, measure: str, view: View) -> Any:
    """Evaluate the DAX of a measure for a view."""
    return dax.value(measure, *filters(view))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example.measure}: {example.view.words()}")
def test_the_worked_examples_hold(dax: Dax, history: History, example: Example) -> None:
    """The examples that the docs show are what the DAX gives."""
    assert evaluated(dax, example.measure, example.view) == value_of(history, example)


def test_every_visible_measure_has_a_meaning_and_an_example(model: Model) -> None:
    """None is without a second computation, nor without a line in the docs."""
    visible = {measure.name for measure in model.measures.values() if not measure.hidden}
    assert visible == set(MEASURES)
    assert visible == {example.measure for example in EXAMPLES}


DAYS = st.dates(FIRST_DAY, NEWEST_DAY)


@st.composite
def views(draw: st.DrawFn) -> View:
    """Any choice of accounts, currencies and period, with or without one day of it."""
    first, last = sorted((draw(DAYS), draw(DAYS)))
    return View(
        accounts=draw(st.frozensets(st.sampled_from(("Contoso", "Fabrikam", "Northwind", "Tailspin")))),
        currencies=draw(st.frozensets(st.sampled_from(("USD", "EUR", "IDR")))),
        period=(first, last),
        day=draw(st.none() | st.dates(first, last)),
    )


@settings(max_examples=60, deadline=None, database=None)
@given(view=views())
def test_any_view_gives_what_was_meant(dax: Dax, history: History, view: View) -> None:
    """Every measure, whatever is chosen in the slicers and whichever point of a chart is looked at."""
    for measure, meant in MEASURES.items():
        assert in_words(evaluated(dax, measure, view), measure) == in_words(meant(history, view), measure), measure


@settings(max_examples=40, deadline=None, database=None)
@given(view=views())
def test_currencies_are_never_added(model: Model, dax: Dax, history: History, view: View) -> None:
    """Whatever shows an amount is blank as soon as two currencies are in view, and the hint names them."""
    codes = sorted(history.currencies(view))
    if len(codes) < 2:
        return
    amounts = [measure.name for measure in model.measures.values() if measure.format_expression]
    assert {name: evaluated(dax, name, view) for name in (*amounts, "Credit used")} == dict.fromkeys(
        (*amounts, "Credit used")
    )
    assert ", ".join(codes) in evaluated(dax, "Hint", view)


def test_a_period_is_not_the_sum_of_its_days(dax: Dax) -> None:
    """A balance is a state: the period's is the last day's."""
    usd = {("Currencies", "Currency"): ["USD"]}
    day = dax.value("Current balance", usd, {("Date", "Date"): [NEWEST_DAY]})
    assert dax.value("Current balance", usd) == day


def test_a_month_of_a_table_ends_with_its_own_last_snapshot(dax: Dax) -> None:
    """Grouped by month, each month shows its closing balance."""
    fabrikam = {("Accounts", "Account"): ["Fabrikam"]}
    months = {
        month: dax.value("Current balance", fabrikam, {("Date", "Month"): [month]}) for month in ("2026-09", "2026-10")
    }
    days = {
        day: dax.value("Current balance", fabrikam, {("Date", "Date"): [day]})
        for day in (date(2026, 9, 30), date(2026, 10, 31))
    }
    assert list(months.values()) == list(days.values())


@pytest.mark.parametrize(("currency", "expected"), [("USD", '"$"#,##0.00" USD"'), ("IDR", '#,##0.00" IDR"')])
def test_amounts_take_the_format_of_their_currency(dax: Dax, currency: str, expected: str) -> None:
    """The format string follows what is in view."""
    found = dax.value("Amount format", {("Currencies", "Currency"): [currency]})
    assert found.startswith(expected)
    assert dax.value("Amount format") == "#,##0.00"


def test_an_empty_model_says_where_to_start(model: Model) -> None:
    """Before the first refresh the hint leads to START HERE, and nothing fails."""
    empty: Mapping[str, list[Record]] = {name: [] for name in model.tables}
    dax = Dax(model, empty, TODAY)
    assert "START HERE" in dax.value("Hint")
    assert {name: dax.value(name) for name in MEASURES if name != "Hint"} == dict.fromkeys(
        name for name in MEASURES if name != "Hint"
    )
