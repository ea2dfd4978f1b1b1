"""`demo` when a prerequisite is missing; tests/cli/test_uses.py runs all of it."""

from unittest.mock import patch

import pytest

from cli.commands.demo.command import command
from cli.support.failure import CommandFailed
from standin.azurite_process import StandInError


def test_a_missing_prerequisite_comes_with_its_remedy() -> None:
    """If Node is missing, the error says so in plain words."""
    missing = StandInError("Node is not on the PATH.", "Install it.")
    with (
        patch("standin.world.StandIn.__enter__", side_effect=missing),
        pytest.raises(CommandFailed, match=r"^Node is not on the PATH\.$") as failed,
    ):
        command()
    assert failed.value.remedy == "Install it."
