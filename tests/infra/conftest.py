"""Microsoft's compiler, started once, and what it says of infra/."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.infra.tools.bicep import INFRA, MISSING, Bicep, compiler


@pytest.fixture(scope="session")
def bicep() -> Iterator[Bicep]:
    """Return the compiler; what needs it is skipped without it."""
    with compiler() as found:
        if found is None:
            pytest.skip(MISSING)
        yield found


@pytest.fixture(scope="session")
def template(bicep: Bicep) -> dict[str, Any]:
    """Return the template that Azure is sent."""
    built: dict[str, Any] = json.loads(bicep.ask("compile", INFRA / "main.bicep")["contents"])
    return built
