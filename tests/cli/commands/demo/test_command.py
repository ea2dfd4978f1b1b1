"""`demo` where something that it needs is missing; tests/cli/test_uses.py has it whole."""

import subprocess
import sys
from unittest.mock import patch

import pytest

from cli.commands.demo.command import command
from cli.support.failure import CommandFailed
from standin.errors import StandInError
from tests.cli.conftest import ROOT, SECONDS


def test_what_is_missing_comes_with_its_remedy() -> None:
    """A Node that is not there is an error in plain words; a package of the stand-in comes with its file of requirements."""
    missing = StandInError("Node is not on the PATH.", "Install it.")
    with (
        patch("standin.world.StandIn.__enter__", side_effect=missing),
        pytest.raises(CommandFailed, match=r"^Node is not on the PATH\.$") as failed,
    ):
        command()
    assert failed.value.remedy == "Install it."
    code = "import sys; sys.modules['trustme'] = None; sys.argv[1:] = ['demo']; from cli.__main__ import main; main()"
    done = subprocess.run(  # noqa: S603 - our own command line
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 1
    assert "needs the package trustme." in done.stderr
    assert done.stderr.endswith(" -r standin/requirements.txt\n")
