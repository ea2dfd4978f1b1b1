"""The playground: its arguments, and the commands and shell that run in it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from standin.__main__ import main
from standin.rehearsals import REHEARSALS

ROOT = Path(__file__).parents[2]


def play(folder: Path, *arguments: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
    """Run the playground in its own process, with input for its shell; the proxy and the user's shell do not exist."""
    command = [sys.executable, "-m", "standin", "--folder", str(folder), *arguments]
    environ = os.environ | {"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "", "SHELL": "/nonexistent"}
    return subprocess.run(  # noqa: S603 - our own module
        command, cwd=ROOT, env=environ, input=typed, capture_output=True, encoding="utf-8", check=False
    )


def test_a_command_runs_in_any_folder_and_returns_its_status(tmp_path: Path) -> None:
    """A rehearsed failure fails it; the folder's own `shared`, `cli`, `requests` and settings are not used."""
    for name in ("shared", "cli", "requests"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(99)", encoding="utf-8")
    (tmp_path / "local.settings.json").write_text("not JSON", encoding="utf-8")
    done = play(tmp_path, "--fault", "secret-expired", "--", "run")
    assert done.returncode == 1
    assert "sign-in-rejected" in done.stdout + done.stderr
    assert "7000222" in done.stdout + done.stderr


def test_the_shell_has_the_command_line_and_ends_on_exit(tmp_path: Path) -> None:
    """`balances` is on the shell's PATH. The shell opens in the current folder and shows the made-up year."""
    done = play(tmp_path, typed="pwd\nbalances history --account Northwind\nbalances check\nexit\n")
    assert done.returncode == 0, done.stderr
    assert f"\n{tmp_path}\n" in done.stdout
    assert "Five things to try" in done.stdout
    assert "missed: 2 days" in done.stdout
    assert re.search(r"^All is well: \d+ findings\.$", done.stdout, re.MULTILINE), done.stdout


@pytest.mark.parametrize(("name", "status"), [("list", 0), ("no-such-fault", 2)])
def test_the_faults_are_listed(
    name: str, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--fault list` names every rehearsal; an unknown name is wrong usage."""
    monkeypatch.setattr(sys, "argv", ["standin", "--fault", name])
    try:
        result: object = main()
    except SystemExit as ended:
        result = ended.code
    assert result == status
    output = capsys.readouterr().out
    assert status or all(rehearsal in output for rehearsal in REHEARSALS)
