"""The rows that the function recorded, and the model filled with them."""

from collections.abc import Sequence

import pytest

from tests.powerbi.tools import demo, mashup
from tests.powerbi.tools.dax import Dax
from tests.powerbi.tools.meaning import TODAY, History
from tests.powerbi.tools.model import Model, read_model


@pytest.fixture(scope="session")
def rows() -> tuple[demo.Row, ...]:
    """Every row that the function wrote to the table service in ten simulated weeks."""
    return demo.record_rows()


@pytest.fixture(scope="session")
def model() -> Model:
    """Return the semantic model."""
    return read_model()


@pytest.fixture(scope="session")
def tables(model: Model, rows: Sequence[demo.Row]) -> dict[str, list[mashup.Record]]:
    """Fill the model's tables by its own queries, from the rows."""
    return mashup.run_tables(model, rows)


@pytest.fixture(scope="session")
def dax(model: Model, tables: dict[str, list[mashup.Record]]) -> Dax:
    """Return the measures over these tables."""
    return Dax(model, tables, TODAY)


@pytest.fixture(scope="session")
def history(rows: Sequence[demo.Row]) -> History:
    """Return what the measures are meant to say of the rows."""
    return History(rows)
