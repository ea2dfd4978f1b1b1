"""Microsoft's compiler, started once, and its view of infra/."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.infra.tools.bicep import INFRA, MISSING, Bicep, compiler


@pytest.fixture(scope="session")
def bicep() -> Iterator[Bicep]:
    """Return the compiler; tests that need it are skipped without it."""
    with compiler() as found:
        if found is None:
            pytest.skip(MISSING)
        yield found


@pytest.fixture(scope="session")
def template(bicep: Bicep) -> dict[str, Any]:
    """Return the template that is sent to Azure."""
    built: dict[str, Any] = json.loads(bicep.ask("compile", INFRA / "main.bicep")["contents"])
    return built
