"""The dictionary in docs/power-bi.md is the row's contract."""

import pytest

from tests.powerbi.tools.docs_tables import PAGE, rendered


def test_the_dictionary_is_up_to_date() -> None:
    """Otherwise run `python3 dev.py docs`."""
    page = PAGE.read_text(encoding="utf-8")
    assert rendered(page) == page


def test_a_missing_marker_is_noticed() -> None:
    """A page without its markers would keep an old table."""
    with pytest.raises(ValueError, match="markers of the dictionary"):
        rendered(PAGE.read_text(encoding="utf-8").replace("<!-- dictionary: end -->", ""))
