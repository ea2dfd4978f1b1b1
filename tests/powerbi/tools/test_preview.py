"""Every text on a page has enough space, and the picture in the docs matches the current report and demo."""

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from PIL import Image

from tests.powerbi.test_histories import HISTORIES
from tests.powerbi.tools import pbir, preview
from tests.powerbi.tools.histories import History, readings

AMOUNT = re.compile(r"\d\.\d\d\b")
SPARE = 1.2
WIDEST: dict[str, Any] = {
    "CurrencySymbol": "$",
    "CreditLimit": 1134570.43 * 2,
    "LastPaymentDate": datetime(2026, 10, 3, tzinfo=UTC),
    "LastPaymentAmount": 1134570.43,
}
SHOWN = {
    name: HISTORIES[name]
    for name in ("unreadable parts", "an account fails", "an account gained a currency", "nothing")
}
SHOWN["widest amounts, refresh stopped a week ago"] = History(
    readings("Contoso", "2026-10-28", "2026-10-31", 1.0, **WIDEST)
    + readings("Contoso", "2026-11-01", "2026-11-20", 1134570.43, **WIDEST),
    refreshed=date(2026, 11, 21),
)


@pytest.mark.parametrize("history", SHOWN)
def test_every_text_fits(history: str) -> None:
    """With the widths and sizes in visual.json nothing is clipped, and an amount could be a fifth wider."""
    for page in pbir.read_pages():
        picture = preview.Picture(page, SHOWN[history].dax)
        for visual in page.visuals:
            if visual.kind != "lineChart":
                picture.draw(visual)
        for text in picture.written:
            spare = SPARE if AMOUNT.search(text.text) else 1
            assert text.needed * spare <= text.available, (page.key, text)
            assert text.below >= 0, (page.key, text)


def test_the_picture_is_up_to_date(recorded: History) -> None:
    """Its fingerprint matches a picture drawn now; otherwise run `python -m tests.powerbi.tools.preview`."""
    picture = preview.overview(recorded.dax)
    titles = {visual.title for visual in pbir.read_pages()[0].visuals}
    assert titles <= {text.text for text in picture.written} | {""}
    assert preview.IMAGE.stat().st_size < 300_000
    with Image.open(preview.IMAGE) as image:
        assert image.size == (picture.width, picture.height)
        assert image.info["Description"] == preview.digest(picture)
