"""The generated parts of docs/."""

import pytest

from tests.support.generated_docs import DOCS, GENERATED


@pytest.mark.parametrize("name", GENERATED)
def test_a_generated_file_is_up_to_date(name: str) -> None:
    """Otherwise run `python3 dev.py docs`."""
    text = (DOCS / name).read_text("utf-8")
    assert GENERATED[name](text) == text


@pytest.mark.parametrize("name", ["errors.md", "power-bi.md"])
def test_a_page_without_its_markers_is_refused(name: str) -> None:
    """Otherwise it would keep an old part, or get it twice."""
    text = (DOCS / name).read_text("utf-8")
    with pytest.raises(ValueError, match="markers of the generated part"):
        GENERATED[name](text.replace("dev.py docs` -->", "").replace("dev.py docs`. -->", ""))
