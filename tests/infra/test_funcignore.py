"""What is published is the app and nothing else, by each of the two ways in which tools read .funcignore."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from pathspec import GitIgnoreSpec

ROOT = Path(__file__).resolve().parents[2]
PATTERNS = (ROOT / ".funcignore").read_text("utf-8").splitlines()
ALWAYS_LEFT = (".git/", ".vscode/")
ALWAYS_LEFT_FILES = (".funcignore", ".gitignore", "local.settings.json")
NEVER = """
.env .ci/run .github/workflows/deploy.yml .venv/bin/python .venv/lib/python3.13/site-packages/requests/api.py
.pytest_cache/v/cache/nodeids BalanceSnapshot/__pycache__/__init__.cpython-313.pyc shared/__pycache__/run.cpython-313.pyc
LICENSE cli/__main__.py cli/requirements.txt docs/host.json infra/main.bicep infra/alerts/lines.kql local.settings.example.json
node_modules/.bin/azurite powerbi/PartnerBalances.SemanticModel/definition/model.tmdl requirements-dev.txt shared/notes.md
standin/requirements.txt tests/shared/test_run.py
"""


def is_app(path: str) -> bool:
    """Whether a file belongs to the app: the host's two files, the function's folder and the job's."""
    folder, _, name = path.partition("/")
    if not name:
        return folder in ("host.json", "requirements.txt")
    return folder in ("BalanceSnapshot", "shared") and "__pycache__" not in name and not name.endswith(".md")


def published_by_git_rules(path: str) -> bool:
    """Read .funcignore as VS Code and azd do: as a .gitignore."""
    return not GitIgnoreSpec.from_lines(PATTERNS).match_file(path)


def published_by_core_tools(path: str) -> bool:
    """Read .funcignore as Core Tools do: from the path's start, to a word's end, any exception winning over any pattern.

    https://github.com/Azure/azure-functions-core-tools, GitIgnoreParser
    """
    if path.startswith(ALWAYS_LEFT) or path in ALWAYS_LEFT_FILES:
        return False
    lines = [line.strip() for line in PATTERNS if line.strip() and not line.startswith("#")]
    return _any_matches([line[1:] for line in lines if line.startswith("!")], path) or not _any_matches(
        [line for line in lines if not line.startswith("!")], path
    )


def _any_matches(patterns: list[str], path: str) -> bool:
    expressions = [
        re.escape(pattern.removeprefix("/")).replace(r"\*\*", ".+").replace(r"\*", "[^/]+") for pattern in patterns
    ]
    return any(re.match(rf"{expression}\b", path, re.ASCII) for expression in expressions)


READERS = pytest.mark.parametrize("published", [published_by_git_rules, published_by_core_tools])


def files_here() -> list[str]:
    """List the files of the repository, committed or about to be."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("git lists the files of the repository, and this is not a checkout")
    listed = subprocess.run(  # noqa: S603 - the arguments are constants
        [git, "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [path for path in listed.stdout.splitlines() if (ROOT / path).is_file()]


@READERS
def test_the_published_files_are_the_app(published: Callable[[str], bool]) -> None:
    """A file that is missing breaks the app in Azure; one too many ships tests, tools or somebody's settings."""
    files = files_here()
    assert {path for path in files if published(path)} == {path for path in files if is_app(path)}
    assert {"host.json", "requirements.txt", "BalanceSnapshot/function.json", "shared/job.py"} <= set(files)


@READERS
@pytest.mark.parametrize("path", NEVER.split())
def test_what_a_work_tree_may_hold_is_left_at_home(published: Callable[[str], bool], path: str) -> None:
    """Caches, environments, settings and the project's other parts never ship, whether they are there now or not."""
    assert not published(path)
