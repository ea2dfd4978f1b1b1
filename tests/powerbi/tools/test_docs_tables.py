"""docs/power-bi.md says what the contract, the model and the examples say."""

import pytest

from shared.history.row import COLUMNS
from tests.powerbi.tools import docs_tables
from tests.powerbi.tools.meaning import History
from tests.powerbi.tools.model import Model

REMEDY = "run `python3 dev.py docs`"


@pytest.fixture(scope="module")
def page() -> str:
    """Return the page as it stands."""
    return docs_tables.PAGE.read_text(encoding="utf-8")


def test_the_generated_tables_are_up_to_date(page: str, history: History) -> None:
    """The dictionary is the row's contract, the measures are the model's, the values are computed."""
    for name, text in docs_tables.generated(history).items():
        assert docs_tables.part(page, name) == text, REMEDY


def test_the_dictionary_has_every_column(page: str) -> None:
    """One line a column, in the contract's order."""
    lines = docs_tables.part(page, "dictionary").splitlines()[2:]
    assert [line.split(" | ")[0].removeprefix("| ") for line in lines] == [column.name for column in COLUMNS]


def test_a_missing_marker_is_noticed(page: str) -> None:
    """A page without its markers would keep an old table."""
    with pytest.raises(ValueError, match="markers of 'examples'"):
        docs_tables.part(page.replace("<!-- examples: end -->", ""), "examples")


def test_what_the_page_names_exists(page: str, model: Model) -> None:
    """Queries and parameters that a reader is sent to are those of the model."""
    for name in ("START HERE", "SnapshotTable", "StorageAccount", "RangeStart", "RangeEnd"):
        assert name in page
        assert name in model.queries
