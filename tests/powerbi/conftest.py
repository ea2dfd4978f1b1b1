"""What the function recorded, as a history."""

import pytest

from standin import StandIn
from tests.powerbi.tools import demo
from tests.powerbi.tools.histories import History


@pytest.fixture(scope="session")
def recorded(session_world: StandIn) -> History:
    """Return every row that the function wrote to the table service in eight simulated weeks."""
    session_world.reset()
    return demo.record(session_world)
