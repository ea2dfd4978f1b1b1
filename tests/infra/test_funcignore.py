"""Only the app is published, by either of the two ways in which tools read .funcignore."""

import re
import shutil
import subprocess
from collections.abc import Callable

import pytest
from pathspec import GitIgnoreSpec

from tests.infra.tools.bicep import ROOT

PATTERNS = [
    line.strip() for line in (ROOT / ".funcignore").read_text("utf-8").splitlines() if line.strip() and line[0] != "#"
]
ALWAYS_LEFT = (".git/", ".vscode/", ".funcignore", ".gitignore", "local.settings.json")
NEVER = [
    ".env",
    ".venv/bin/python",
    ".venv/lib/python3.13/site-packages/requests/api.py",
    ".pytest_cache/v/cache/nodeids",
    "BalanceSnapshot/__pycache__/__init__.cpython-313.pyc",
    "LICENSE",
    "local.settings.json",
    "node_modules/.bin/azurite",
    "shared/net/__pycache__/retry.cpython-313.pyc",
    "shared/notes.md",
    "tests/host.json",
]
"""What a work tree may hold and a checkout may not."""


def is_app(path: str) -> bool:
    """Whether a file belongs to the app: the host's two files, the function's folder or the job's."""
    folder, _, name = path.partition("/")
    if not name:
        return folder in ("host.json", "requirements.txt")
    return folder in ("BalanceSnapshot", "shared") and "__pycache__" not in name and not name.endswith(".md")


def published_by_git_rules(path: str) -> bool:
    """Read .funcignore as VS Code and azd do: like a .gitignore."""
    return not GitIgnoreSpec.from_lines(PATTERNS).match_file(path)


def published_by_core_tools(path: str) -> bool:
    """Read .funcignore as Core Tools do: from the path's start to a word boundary, with any exception overriding any pattern.

    https://github.com/Azure/azure-functions-core-tools, GitIgnoreParser
    """

    def matches(pattern: str) -> bool:
        expression = re.escape(pattern.lstrip("!/")).replace(r"\*\*", ".+").replace(r"\*", "[^/]+")
        return re.match(rf"{expression}\b", path, re.ASCII) is not None

    exceptions = {pattern.startswith("!") for pattern in PATTERNS if matches(pattern)}
    return not path.startswith(ALWAYS_LEFT) and (True in exceptions or not exceptions)


@pytest.mark.parametrize("published", [published_by_git_rules, published_by_core_tools])
def test_the_published_files_are_the_app(published: Callable[[str], bool]) -> None:
    """A missing file breaks the app in Azure; an extra one publishes tests, tools or somebody's settings."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("git lists the files of the repository, and this is not a checkout")
    listing = [git, "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()  # noqa: S603 - constants
    files = {path for path in listed if (ROOT / path).is_file()}
    assert {"host.json", "requirements.txt", "BalanceSnapshot/function.json", "shared/job.py"} <= files
    assert not any(map(is_app, NEVER))
    assert {path for path in files.union(NEVER) if published(path)} == {path for path in files if is_app(path)}
