"""The rows that the function recorded, as a history."""

import pytest

from standin import StandIn
from tests.powerbi.tools.histories import History, recorded_by_the_job


@pytest.fixture(scope="session")
def recorded(session_world: StandIn) -> History:
    """Return all rows in the table service after eight weeks."""
    session_world.reset()
    return recorded_by_the_job(session_world)
