"""The pictures of the docs are those of the report and the demo as they are now."""

from collections.abc import Sequence

import pytest
from PIL import Image

from tests.powerbi.tools import demo, pbir, preview

LARGEST_FILE = 300_000
PAGES = {page.key: page for page in pbir.read_pages()}


@pytest.mark.parametrize("key", PAGES)
def test_a_picture_is_up_to_date(key: str, rows: Sequence[demo.Row]) -> None:
    """Its fingerprint is that of a picture drawn now; otherwise run `python -m tests.powerbi.tools.preview`."""
    with Image.open(preview.IMAGES / f"power-bi-{key}.png") as image:
        assert image.info["Description"] == preview.digest(preview.pictures(rows)[key])


@pytest.mark.parametrize("key", PAGES)
def test_a_picture_has_the_size_of_its_page(key: str) -> None:
    """One pixel each, and small enough for a repository."""
    path = preview.IMAGES / f"power-bi-{key}.png"
    assert path.stat().st_size < LARGEST_FILE
    with Image.open(path) as image:
        assert image.size == (PAGES[key].width, PAGES[key].height)


def test_every_visual_is_in_its_picture(rows: Sequence[demo.Row]) -> None:
    """Each title, and for each card its value, is drawn."""
    for key, figure in preview.pictures(rows).items():
        texts = {text.get_text() for axes in figure.axes for text in axes.texts}
        assert {visual.title for visual in PAGES[key].visuals} <= texts | {""}
