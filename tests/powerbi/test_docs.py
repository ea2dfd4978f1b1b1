"""docs/power-bi.md is true: its worked examples, which were computed by hand, hold."""

import pytest

from tests.powerbi.tools.histories import History
from tests.powerbi.tools.model import PROJECT, read_model

TEXT = (PROJECT.parent / "docs" / "power-bi.md").read_text("utf-8")
EXAMPLES = TEXT.split("| measure | in view | value | because |\n|---|---|---|---|\n")[1].split("\n\n")[0].splitlines()


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_worked_example_holds(recorded: History, example: str) -> None:
    """The DAX gives the documented value."""
    measure, view, value, why = example.strip("| ").split(" | ")
    assert recorded.as_text(measure, view) == value, why


def test_what_the_page_names_exists() -> None:
    """The queries and parameters that the page mentions are in the model."""
    for name in ("START HERE", "SnapshotTable", "StorageAccount", "RangeStart", "RangeEnd"):
        assert name in TEXT
        assert name in read_model().queries
