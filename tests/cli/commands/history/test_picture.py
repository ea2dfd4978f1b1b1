"""The picture of the history."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from babel import Locale
from PIL import Image

from cli.commands.history.account_view import AccountView
from cli.commands.history.gaps import Gap
from cli.commands.history.picture import MOST_PANELS, save
from cli.commands.history.readings import Reading
from cli.support.failure import CommandFailed
from cli.support.money import Money

US = Money(Locale("en", "US"))
START = date(2026, 1, 1)


def account(currencies: int = 1) -> AccountView:
    """Return an account with so many currencies, the third of five days missed."""
    days = [START + timedelta(days=number) for number in range(5)]
    codes = [f"C{number:02}" for number in range(currencies)]
    readings = [Reading(day, code, Decimal(day.day), None, None, None, ()) for code in codes for day in days]
    items = [one for one in readings if one.day != days[2]]
    return AccountView("Contoso", "Contoso", "t", configured=True, items=[*items, Gap(days[2], days[2])])


def test_each_currency_has_a_panel_of_its_own(tmp_path: Path) -> None:
    """Two currencies make the picture twice as high; the gap is coloured."""
    for name, currencies in (("one.png", 1), ("two.png", 2)):
        save([account(currencies)], US, tmp_path / name)
    with Image.open(tmp_path / "one.png") as one, Image.open(tmp_path / "two.png") as two:
        assert two.size == (one.width, 2 * one.height)
        colours = {colour for _, colour in one.convert("RGB").getcolors(1 << 24) or []}
    assert any(red > 230 and green < 220 and blue < 230 for red, green, blue in colours)  # type: ignore[misc] # RGB triples


def test_what_cannot_be_read_or_written_is_refused(tmp_path: Path) -> None:
    """Too many panels, none, or a folder that is not there: each with a remedy."""
    with pytest.raises(CommandFailed, match=f"{MOST_PANELS + 1} panels") as error:
        save([account(MOST_PANELS + 1)], US, tmp_path / "x.png")
    assert "--account" in error.value.remedy
    with pytest.raises(CommandFailed, match="0 panels"):
        save([], US, tmp_path / "x.png")
    with pytest.raises(CommandFailed, match="was not written"):
        save([account()], US, tmp_path / "missing" / "x.png")
