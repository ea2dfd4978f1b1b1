"""`python -m cli` as a person runs it: a real process against the stand-in, its exit status and output read."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.support.tables import TableContext, open_tables
from shared.settings.read import read_settings
from standin import StandIn

ROOT = Path(__file__).parents[2]
SECONDS = 60
# What a process needs to start at all; the rest of its environment is what the test gives it.
INHERITED = ("PATH", "SYSTEMROOT", "SYSTEMDRIVE", "TEMP", "TMP", "TMPDIR", "HOME", "USERPROFILE")


@dataclass(frozen=True)
class Done:
    """A process that has ended."""

    status: int
    out: str
    err: str


@dataclass(frozen=True)
class Cli:
    """Runs commands in a folder of their own, with settings that a test may add to."""

    folder: Path
    environ: dict[str, str]

    def __call__(self, *arguments: object, given: str | None = None, **environ: str) -> Done:
        """Run a command; `given` is its standard input, the rest its further environment."""
        done = subprocess.run(  # noqa: S603 - our own command line
            self.line(*arguments),
            env=self.environ | environ,
            cwd=self.folder,
            input=given,
            capture_output=True,
            encoding="utf-8",
            timeout=SECONDS,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def line(self, *arguments: object) -> list[str]:
        """Return the command line."""
        return [sys.executable, "-m", "cli", *map(str, arguments)]

    def use(self, *environs: Mapping[str, str]) -> None:
        """Give every command from now on these settings too."""
        for environ in environs:
            self.environ.update(environ)


@pytest.fixture
def bare_cli(tmp_path: Path) -> Cli:
    """Give the command line without any setting, out of reach of this machine's own local.settings.json."""
    folder = tmp_path / "somewhere"
    folder.mkdir()
    (folder / "local.settings.json").write_text('{"Values": {}}', encoding="utf-8")
    environ = {name: os.environ[name] for name in INHERITED if name in os.environ}
    environ |= {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "PYTHONWARNINGS": "error", "LANG": "en_US.UTF-8"}
    return Cli(folder, environ)


@pytest.fixture
def cli(bare_cli: Cli, world: StandIn) -> Cli:
    """Give the command line in an environment that points at the stand-in."""
    bare_cli.use(world.environ)
    return bare_cli


@pytest.fixture
def place(cli: Cli) -> Iterator[Callable[[], TableContext]]:
    """Give what opens the tables of the command line's settings in this process."""
    opened = []

    def open_place() -> TableContext:
        context = open_tables(read_settings(cli.environ))
        opened.append(context)
        return context.__enter__()

    yield open_place
    for context in opened:
        context.__exit__(None, None, None)
