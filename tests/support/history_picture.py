"""Draws the picture of README.md as the page of `history` has it: `python3 dev.py docs`."""

import sys
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from babel import Locale

from cli.commands.history.account import Reading
from cli.commands.history.charts import Series, as_svg
from cli.commands.history.gaps import Gap
from cli.support.money import Money
from tests.support.generated_page import write_or_check

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "history.svg"
DAYS = [date(2025, 11, 25) + timedelta(days=number) for number in range(365)]
MISSED = DAYS[120:126]


def picture() -> str:
    """Return a made-up year: used every day, invoiced on the 8th, paid on the 25th, and a few days missed."""
    readings = [
        Reading(day, "USD", Decimal(42_000 + 130 * number + 18_000 * (8 <= day.day < 25)), None, 85_000.0, {})
        for number, day in enumerate(DAYS)
        if day not in MISSED
    ]
    return as_svg(Series("USD", readings, [Gap(MISSED[0], MISSED[-1])]), Money(Locale("en", "US"))).decode()


if __name__ == "__main__":
    sys.exit(write_or_check(PICTURE, lambda _: picture(), sys.argv[1:]))
