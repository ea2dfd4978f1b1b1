"""The chart in the terminal."""

from datetime import date, timedelta
from decimal import Decimal

from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from cli.commands.history.account import Reading
from cli.commands.history.charts import Series, draw, nice_levels
from cli.commands.history.gaps import Gap
from cli.support.money import Money

US = Money(Locale("en", "US"))
START = date(2026, 1, 1)


def day(number: int) -> date:
    """Return a day by its number."""
    return START + timedelta(days=number)


def series(*amounts: int | str | None, limit: float | None = None, gaps: tuple[Gap, ...] = ()) -> Series:
    """Return a series of consecutive days from START, without the days that have no amount."""
    readings = [
        Reading(day(number), "USD", Decimal(amount), None, limit, {})
        for number, amount in enumerate(amounts)
        if amount is not None
    ]
    return Series("USD", readings, gaps)


def drawn(one: Series, width: int = 100) -> str:
    """Return the series' chart."""
    return draw(one, "Contoso", US, width=width)


def canvas(chart: str) -> list[str]:
    """Return what is inside the frame."""
    return [
        line.split("┤" if "┤" in line else "│", 1)[1].rsplit("│", 1)[0]
        for line in chart.splitlines()
        if line.endswith("│")
    ]


def test_axes_and_caption_are_written() -> None:
    """The caption has the account and the currency; the axes have round amounts in it and ISO dates."""
    chart = drawn(series(*range(60000, 60030)))
    assert chart.splitlines()[0] == "Contoso, balance in USD"
    assert "$60,010┤" in chart
    assert "2026-01-01" in chart.splitlines()[-1]
    assert max(map(len, chart.splitlines())) <= 100


def test_a_missed_day_leaves_a_gap_and_a_mark() -> None:
    """Nothing is drawn for a day without a reading; a mark on the axis shows that this is intended."""
    chart = drawn(series(*[10] * 10, None, *[10] * 10, gaps=(Gap(day(10), day(10)),)), width=90)
    columns = list(zip(*canvas(chart), strict=True))
    filled = [any("\u2800" < cell <= "\u28ff" for cell in column) for column in columns]
    marked = [column[-1] == "x" for column in columns]
    place = marked.index(True)
    assert not any(filled[place - 2 : place + 3])
    assert all((filled[place - 6], filled[place + 6]))
    assert "x = missed day" in chart


def test_the_credit_limit_is_a_line_and_the_last_date_is_labelled() -> None:
    """The limit is within the axis even when the balance is far below it. A gap of many years has one mark per column."""
    chart = drawn(series(*[10] * 10, limit=1000.0, gaps=(Gap(day(10), day(9000)),)))
    assert "- = credit limit" in chart
    assert "$1,000" in chart
    assert str(day(9000)) in chart.splitlines()[-1]
    assert canvas(chart)[-1].count("x") <= 100


def test_one_reading_is_drawn_too() -> None:
    """As a dot, even if the amount is zero."""
    assert any(cell.strip() for cell in canvas(drawn(series(0))))


def test_a_series_is_broken_where_days_are_missing() -> None:
    """Consecutive days form one segment."""
    stretches = list(series(1, 2, None, 4, None, None, 7, 8).segments())
    assert [amounts for _, amounts in stretches] == [[1.0, 2.0], [4.0], [7.0, 8.0]]


def test_the_missed_days_are_those_since_the_series_began() -> None:
    """A gap, or a part of one, before the series is not drawn."""
    one = Series("USD", series(None, 1).readings, [Gap(day(-9), day(-8)), Gap(day(0), day(1))])
    assert one.missed() == [(day(1).toordinal(), day(1).toordinal())]


@given(st.floats(-1e12, 1e12), st.floats(-1e12, 1e12))
def test_levels_are_round_few_and_around_the_amounts(one: float, other: float) -> None:
    """There are two to seven, evenly spaced, and they include the lowest and the highest amount."""
    lowest, highest = sorted((one, other))
    levels = nice_levels(lowest, highest)
    slack = max(abs(one), abs(other)) * 1e-9
    assert levels[0] <= lowest + slack
    assert levels[-1] >= highest - slack
    assert 2 <= len(levels) <= 7


def test_levels_are_written_without_needless_decimals() -> None:
    """Cents appear only if a level has them, and a level between two cents is not rounded."""
    assert series(0, 20).levels(US) == ([0.0, 5.0, 10.0, 15.0, 20.0], ["$0", "$5", "$10", "$15", "$20"])
    assert series(0, 1).levels(US)[1] == ["$0.00", "$0.25", "$0.50", "$0.75", "$1.00"]
    assert series(0, "0.09").levels(US)[1] == ["$0.000", "$0.025", "$0.050", "$0.075", "$0.100"]
