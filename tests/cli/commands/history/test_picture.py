"""The picture of the history."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from babel import Locale
from PIL import Image

from cli.commands.history.account_view import AccountView
from cli.commands.history.gaps import Gap
from cli.commands.history.picture import MOST_PANELS, save
from cli.commands.history.series import AccountSeries
from cli.support.failure import CommandFailed
from cli.support.money import Money

US = Money(Locale("en", "US"))
START = date(2026, 1, 1)


def account(currencies: int = 1, days: int = 5) -> AccountView:
    """Return an account with so many currencies, a day missed."""
    gap = START + timedelta(days=2)
    made = AccountSeries("Contoso", gaps=[Gap(gap, gap)])
    for currency in range(currencies):
        for number in range(days):
            if number != 2:
                made.add(f"C{currency:02}", START + timedelta(days=number), float(number))
    return AccountView("Contoso", "t", configured=True, series=made)


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
    with pytest.raises(CommandFailed, match="nothing to draw"):
        save([], US, tmp_path / "x.png")
    with pytest.raises(CommandFailed, match="was not written"):
        save([account()], US, tmp_path / "missing" / "x.png")
