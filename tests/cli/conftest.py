"""Runs `python -m cli` as a person does: a real process against the stand-in, with its exit status and output."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.__main__ import COMMANDS
from cli.support.tables import TableContext, open_tables
from shared.settings.read import read_settings
from standin import StandIn
from tests.support.engine import inherited

ROOT = Path(__file__).parents[2]
SECONDS = 60
INTERPRETER = {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "PYTHONWARNINGS": "error", "LANG": "en_US.UTF-8"}
FORK_SERVER = ROOT / "tests/support/fork_server.py"


BROWSER = """
import json, pathlib, requests, socket, sys, urllib.parse
back = requests.get(sys.argv[1], allow_redirects=False, timeout=30).headers["Location"]
unused = socket.create_connection(("127.0.0.1", urllib.parse.urlsplit(back).port))  # as browsers open them ahead
foreign = requests.get(back.partition("?")[0] + "?state=foreign&code=x", timeout=30)
pathlib.Path("browsed.json").write_text(json.dumps([sys.argv[1], foreign.status_code]))
page = requests.get(back, timeout=30)
assert page.ok and "close this page" in page.text
unused.close()
"""


@dataclass(frozen=True)
class Done:
    """A finished process."""

    status: int
    out: str
    err: str


@dataclass(frozen=True)
class Cli:
    """Runs commands in their own folder, with settings that a test may add to."""

    folder: Path
    environ: dict[str, str]
    forks: "ForkServer | None" = None

    def __call__(self, *arguments: object, given: str | None = None, **environ: str) -> Done:
        """Run a command; `given` is its standard input, the rest are extra environment variables."""
        if self.forks and not any(name.startswith("PYTHON") for name in environ):  # only a process start reads those
            return self.forks.run(self.folder, self.environ | environ, [str(each) for each in arguments], given or "")
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

    def start(self, line: Sequence[str]) -> "subprocess.Popen[str]":
        """Start a process with pipes to and from it."""
        pipe = subprocess.PIPE
        return subprocess.Popen(  # noqa: S603 - our own command line
            line, env=self.environ, cwd=self.folder, encoding="utf-8", stdin=pipe, stdout=pipe, stderr=pipe
        )

    def use(self, *environs: Mapping[str, str]) -> None:
        """Add these settings to all later commands."""
        for environ in environs:
            self.environ.update(environ)


class ForkServer:
    """A process that has imported every command, and forks for each run."""

    def __init__(self, folder: Path) -> None:
        self.files = [folder / name for name in ("given", "out", "err")]
        modules = [
            "openpyxl",
            "typer._adapters",
            "pydantic.types",
            "pydantic.json_schema",
            *(module for module, _ in COMMANDS.values()),
        ]
        self.process = subprocess.Popen(  # noqa: S603 - our own script
            [sys.executable, "-P", str(FORK_SERVER), *modules],
            env=inherited() | INTERPRETER,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )

    def run(self, folder: Path, environ: Mapping[str, str], arguments: list[str], given: str) -> Done:
        """Run one command to completion."""
        for file, text in zip(self.files, (given, "", ""), strict=True):
            file.write_text(text, encoding="utf-8")
        request = {"arguments": arguments, "environ": dict(environ), "folder": str(folder)}
        requests, answers = self.process.stdin, self.process.stdout
        assert requests is not None
        assert answers is not None
        requests.write(json.dumps(request | {"files": [str(file) for file in self.files]}) + "\n")
        requests.flush()
        status = int(answers.readline())
        return Done(status, *(file.read_text(encoding="utf-8") for file in self.files[1:]))


def person(cli: Cli) -> dict[str, str]:
    """Return the browser setting of somebody who signs in; the browser writes its URL and the response to a foreign request to a file."""
    (cli.folder / "browser.py").write_text(BROWSER, encoding="utf-8")
    return {"BROWSER": f"{sys.executable} browser.py %s"}


@pytest.fixture(scope="session")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkServer | None]:
    """Start the process to fork from, if the platform can fork."""
    if not hasattr(os, "fork"):
        yield None
        return
    server = ForkServer(tmp_path_factory.mktemp("forks"))
    with server.process:
        yield server


def new_cli(folder: Path, forks: ForkServer | None) -> Cli:
    """Return the command line without any settings, out of reach of this machine's own local.settings.json."""
    (folder / "local.settings.json").write_text('{"Values": {}}', encoding="utf-8")
    return Cli(folder, inherited() | INTERPRETER, forks)


@pytest.fixture
def bare_cli(tmp_path: Path, forks: ForkServer | None) -> Cli:
    """Return the command line without any settings, in its own folder."""
    folder = tmp_path / "somewhere"
    folder.mkdir()
    return new_cli(folder, forks)


@pytest.fixture
def cli(bare_cli: Cli, world: StandIn) -> Cli:
    """Return the command line in an environment that points at the stand-in."""
    bare_cli.use(world.environ)
    return bare_cli


@pytest.fixture
def connect(cli: Cli) -> Iterator[Callable[[], TableContext]]:
    """Return what opens the tables from the command line's settings in this process."""
    with ExitStack() as opened:
        yield lambda: opened.enter_context(open_tables(read_settings(cli.environ)))
