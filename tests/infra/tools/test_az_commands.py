"""All `az` commands that `dev.py prove` checks with the Azure CLI are found, as a person would paste them."""

from pathlib import Path

import pytest

from tests.infra.tools.az_commands import commands, shell_lines

FOUND = {
    "page.md": (
        "Run `az ad sp create\n--id <id>` or\n\n```\naz login\nno command here\n```\n",
        ["az login", "az ad sp create --id value"],
    ),
    "run.yml": (
        "steps:\n  - run: |\n      x=$(az group \\\n        show --name \"$G\" --query '[?a==`1`]') || exit\n",
        ["az group show --name value --query '[?a==`1`]'"],
    ),
    "remedy.py": (
        'f"Run `az keyvault secret {verb} " f"--name {name} --expires <date>`."',
        ["az keyvault secret value --name value --expires 2027-05-31T00:00:00Z"],
    ),
    "main.bicep": ("@description('what `az account show` prints')", ["az account show"]),
}


@pytest.mark.parametrize("name", FOUND)
def test_commands_are_found_in_every_kind_of_file(name: str, tmp_path: Path) -> None:
    """Nobody checks a command that is overlooked."""
    text, expected = FOUND[name]
    (tmp_path / name).write_text(text, "utf-8")
    assert [command for line in shell_lines(tmp_path / name) for command in commands(line)] == expected
