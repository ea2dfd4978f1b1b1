"""Every text of a page has its room, and the picture of the docs is that of the report and the demo as they are now."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from PIL import Image

from tests.powerbi.test_histories import HISTORIES
from tests.powerbi.tools import pbir, preview
from tests.powerbi.tools.dax import Dax
from tests.powerbi.tools.histories import History, readings
from tests.powerbi.tools.model import Model

LARGEST_FILE = 300_000
AMOUNT = re.compile(r"\d\.\d\d\b")
SPARE = 1.2
PAGES = {page.key: page for page in pbir.read_pages()}
WIDEST: dict[str, Any] = {
    "CurrencySymbol": "$",
    "CreditLimit": 1134570.43 * 2,
    "LastPaymentDate": datetime(2026, 10, 3, tzinfo=UTC),
    "LastPaymentAmount": 1134570.43,
}
WIDE = History(
    [
        *readings("Contoso", "2026-10-28", "2026-10-31", 1.0, **WIDEST),
        *readings("Contoso", "2026-11-01", "2026-11-20", 1134570.43, **WIDEST),
    ]
)
SHOWN = {
    "widest amounts, reading stopped a week ago": WIDE,
    "widest amounts, refresh stopped a week ago": replace(WIDE, refreshed=date(2026, 11, 21)),
    **{
        name: HISTORIES[name]
        for name in ("an account fails", "an account gained a currency", "unreadable parts", "nothing")
    },
}


@pytest.fixture(scope="module")
def shown(model: Model) -> Mapping[str, Dax]:
    """Return the model filled with histories that need much room."""
    return {name: history.open(model) for name, history in SHOWN.items()}


@pytest.mark.parametrize("history", SHOWN)
def test_every_text_has_its_room(shown: Mapping[str, Dax], history: str) -> None:
    """By the widths and sizes in visual.json nothing clips, and an amount could be a fifth wider."""
    for page in PAGES.values():
        for text in preview.Picture(page, shown[history]).draw().written:
            spare = SPARE if AMOUNT.search(text.text) and text.visual not in preview.CUT else 1
            assert text.needed * spare <= text.available, (page.key, text)
            assert text.below >= 0, (page.key, text)


def test_the_picture_is_up_to_date(dax: Dax) -> None:
    """Its fingerprint is that of a picture drawn now; otherwise run `python -m tests.powerbi.tools.preview`."""
    path = preview.IMAGES / "power-bi-overview.png"
    picture = preview.Picture(PAGES["overview"], dax).draw()
    assert {visual.title for visual in picture.page.visuals} <= {text.text for text in picture.written} | {""}
    assert path.stat().st_size < LARGEST_FILE
    with Image.open(path) as image:
        assert image.size == (int(picture.page.width), int(picture.page.height))
        assert image.info["Description"] == preview.digest(picture)
