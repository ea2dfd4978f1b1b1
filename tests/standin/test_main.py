"""The playground through its real process."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from standin.rehearsals import REHEARSALS

ROOT = Path(__file__).parents[2]


def play(folder: Path, *arguments: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
    """Run the playground, with what is typed into its shell."""
    command = [sys.executable, "-m", "standin", "--folder", str(folder), *arguments]
    return subprocess.run(command, cwd=ROOT, input=typed, capture_output=True, encoding="utf-8", check=False)  # noqa: S603 - our own module


def test_a_command_runs_in_any_folder_and_gives_its_status(tmp_path: Path) -> None:
    """The folder's own `shared`, `cli` and `requests` are never imported, and its settings are not used."""
    for name in ("shared", "cli", "requests"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(99)", encoding="utf-8")
    (tmp_path / "local.settings.json").write_text("not JSON", encoding="utf-8")
    history = play(tmp_path, "--", "history", "--account", "Northwind")
    assert (history.returncode, history.stderr) == (0, "")
    assert "missed: 2 days" in history.stdout


def test_the_shell_has_the_command_line_and_ends_on_exit(tmp_path: Path) -> None:
    """`balances` is on the PATH of the shell, which opens where it was called."""
    done = play(tmp_path, typed="balances balance\nbalances check\nexit\n")
    assert done.returncode == 0, done.stderr
    assert re.search(r"^All is well: \d+ findings\.$", done.stdout, re.MULTILINE), done.stdout
    assert "Five things to try" in done.stdout
    assert done.stdout.count("Balance") >= 5


def test_a_rehearsed_failure_fails_the_command(tmp_path: Path) -> None:
    """An expired secret fails the account that uses it, with the error code of its own."""
    done = play(tmp_path, "--fault", "secret-expired", "--", "run")
    assert done.returncode == 1
    assert "sign-in-rejected" in done.stdout + done.stderr
    assert "7000222" in done.stdout + done.stderr


@pytest.mark.parametrize(("name", "status"), [("list", 0), ("no-such-fault", 2)])
def test_the_faults_are_listed(tmp_path: Path, name: str, status: int) -> None:
    """`--fault list` names every rehearsal; a name that does not exist is wrong usage."""
    done = play(tmp_path, "--fault", name)
    assert done.returncode == status
    assert status or all(name in done.stdout for name in REHEARSALS)
