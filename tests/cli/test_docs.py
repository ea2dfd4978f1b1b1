"""What the documentation says about the command line is true."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.__main__ import COMMANDS, build
from cli.commands.history.account import STALE_AFTER_DAYS
from cli.commands.import_csv.values import OPTIONAL, REQUIRED

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
CALL = re.compile(r"python3? -m cli ([a-z]+)([^`|>\n]*)")
OPTION = re.compile(r"--[a-z-]+")


def calls() -> dict[str, set[str]]:
    """Return the options that the pages use with each command."""
    found: dict[str, set[str]] = {}
    for page in PAGES:
        for command, rest in CALL.findall(page.read_text(encoding="utf-8")):
            found.setdefault(command, set()).update(OPTION.findall(rest))
    return found


def test_the_documented_commands_are_the_real_ones() -> None:
    """No page names a command that does not exist, and none is missing."""
    assert set(calls()) == set(COMMANDS)


@pytest.mark.parametrize("command", [name for name in COMMANDS if calls().get(name)])
def test_every_documented_option_exists(command: str) -> None:
    """According to the command's own help."""
    shown = CliRunner().invoke(build(command), ["--help"], env={"COLUMNS": "200"})
    assert calls()[command] <= set(OPTION.findall(shown.output))


def test_every_alert_has_its_heading() -> None:
    """The emails link to anchors in docs/operate.md."""
    page = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    anchors = {heading.lower().replace(" ", "-").replace("'", "") for heading in headings}
    anchors |= set(re.findall(r'<a id="([^"]+)"', page))
    alerts = set(
        re.findall(r"name: '([a-z-]+)'\n +title:", (ROOT / "infra" / "alerts.bicep").read_text(encoding="utf-8"))
    )
    assert alerts
    assert alerts <= anchors


def test_the_columns_of_an_import_are_documented() -> None:
    """All of them and no others, and the age from which a balance is marked."""
    page = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    table = page.partition("| column | needed |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`([A-Z][A-Za-z]+)`", table)) - {"USD"} == {*REQUIRED, *OPTIONAL}
    assert f"older than {STALE_AFTER_DAYS} days" in page
