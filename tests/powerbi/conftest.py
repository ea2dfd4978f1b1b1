"""What the function recorded, and the model filled with it."""

from collections.abc import Sequence

import pytest

from tests.powerbi.tools import demo
from tests.powerbi.tools.dax import Dax
from tests.powerbi.tools.histories import History
from tests.powerbi.tools.mashup import Record
from tests.powerbi.tools.model import Model, read_model


@pytest.fixture(scope="session")
def recorded() -> demo.Recorded:
    """Return every row that the function wrote to the table service in ten simulated weeks."""
    return demo.record()


@pytest.fixture(scope="session")
def rows(recorded: demo.Recorded) -> Sequence[demo.Row]:
    """Return the rows of the history."""
    return recorded.rows


@pytest.fixture(scope="session")
def model() -> Model:
    """Return the semantic model."""
    return read_model()


@pytest.fixture(scope="session")
def tables(model: Model, recorded: demo.Recorded) -> dict[str, list[Record]]:
    """Return the tables that the model's own queries fill from the storage account."""
    return History(recorded.rows, recorded.ledger, demo.LOADED, demo.LOADED).load(model)


@pytest.fixture(scope="session")
def dax(model: Model, tables: dict[str, list[Record]]) -> Dax:
    """Return the measures over these tables."""
    return Dax(model, tables, demo.LOADED)
