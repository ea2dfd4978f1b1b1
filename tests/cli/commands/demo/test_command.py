"""`demo`, through a real process: it starts and ends everything itself."""

import subprocess
import sys
from unittest.mock import patch

import pytest

from cli.commands.demo.command import command
from cli.support.failure import CommandFailed
from standin.errors import StandInError
from tests.cli.conftest import ROOT, SECONDS, Cli
from tests.support.rows import TODAY, days_ago


def test_the_demo_shows_the_whole_job(bare_cli: Cli) -> None:
    """The calls, the balance, the row, the second run, the history with its gap and chart; the reader's settings are not used."""
    done = bare_cli("demo", PARTNER_TENANT_ID="not a tenant", LANG="de_DE.UTF-8")
    assert (done.status, done.err) == (0, "")
    parts = done.out.split("\n\n")
    first = next(part for part in parts if part.startswith("1. "))
    for service in ("Azure identity", "Key Vault", "Entra ID", "Partner Center", "Table Storage", "SNAPSHOT_RECORDED"):
        assert service in first
    assert "Current Account Balance:  $68,059.03" in done.out
    assert f"RowKey                    String    {TODAY}_USD" in done.out
    second = next(part for part in parts if part.startswith("3. "))
    assert "SNAPSHOT_KEPT" in second
    assert "Key Vault" not in second
    assert "Partner Center  " not in second
    assert done.out.count("partner-access-denied: 1 run tried, at 06:17") == 1
    assert "missed: 1 day; " in done.out
    assert f"USD: 30 days from {days_ago(30)} to {TODAY}, latest $68,059.03" in done.out
    assert "balance in USD   (x = day missed)" in done.out
    assert done.out.endswith("nothing is left running.\n")


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
