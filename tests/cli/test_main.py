"""`python -m cli` itself: help, wrong usage, color."""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress

import pytest
import typer

from cli.__main__ import COMMANDS, HELP, main
from cli.support.tables import TableContext
from shared import VERSION
from standin import StandIn
from standin.faults import redirect, throttled
from standin.sample import summary
from tests.cli.conftest import SECONDS, Cli
from tests.support.rows import TENANT, days_ago, row


def test_help_does_not_import_the_commands() -> None:
    """Every command is listed with its purpose, and the packages behind them are not imported."""
    code = "import sys; from cli.__main__ import main; sys.argv[1:] = ['--help']\ntry: main()\nfinally: print(sorted(sys.modules))"
    done = subprocess.run(  # noqa: S603 - our own command line
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0
    assert all(name in done.stdout for name in COMMANDS)
    assert "az login" in " ".join(done.stdout.split())
    for heavy in ("typer", "rich", "azure.core", "azure.identity", "msal", "requests", "babel", "plotext"):
        assert f"'{heavy}'" not in done.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_its_own_help(bare_cli: Cli, name: str) -> None:
    """From its own module, with more than the list's line. It has one example per line, and `<app>` is text, not markup."""
    shown = bare_cli(name, "--help")
    assert shown.status == 0
    assert shown.out.startswith(f"Usage: python -m cli {name} [OPTIONS]")
    assert f"\n    python -m cli {name}\n" in shown.out or name in {"history", "import"}
    assert ("--deployed https://<app>.azurewebsites.net\n" in shown.out) == (name == "check")
    assert bare_cli(name, "-h") == shown


@pytest.mark.parametrize(
    ("command", "absent", "more"),
    [("status", "typer", ""), ("status", "rich", ""), ("demo", "trustme", " -r standin/requirements.txt")],
)
def test_a_missing_package_comes_with_its_install_command(command: str, absent: str, more: str) -> None:
    """For the first import and for a later one; the stand-in has its own requirements."""
    code = f"import sys; sys.modules['{absent}'] = None; sys.argv[1:] = ['{command}']; from cli.__main__ import main; main()"
    done = subprocess.run(  # noqa: S603 - our own command line
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=SECONDS, check=False
    )
    message = "needs the package {}. Install it: pip install -r requirements.txt -r cli/requirements.txt{}\n"
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "python -m cli " + message.format(absent, more)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("check --wait 5 >&-", 2),
        ("check --wait 5 2>&-", 2),
        ("check --wait 5 2> /dev/full", 2),
        ("check --deployed https://app.example <&-", 2),
        ("--version <&- >&- 2>&-", 0),
        ("--help > /dev/full", 1),
        ("import --template > /dev/full", 1),
    ],
)
def test_a_closed_or_full_output_is_not_a_crash(bare_cli: Cli, line: str, status: int) -> None:
    """A service manager may close both streams; the command reports what it cannot write."""
    if "/dev/full" in line and not os.path.exists("/dev/full"):  # noqa: PTH110 - a device
        pytest.skip("this system has no /dev/full")
    done = subprocess.run(  # noqa: S602 - our own command line
        f'"{sys.executable}" -m cli {line}',
        shell=True,
        env=bare_cli.environ,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == status
    assert "Traceback" not in done.stderr
    assert "unexpected" not in done.stderr
    assert ("No space left" in done.stderr) == (" > /dev/full" in line)


def test_a_defect_is_reported_by_its_location(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without its text, which might contain a secret."""

    def broken(name: str) -> typer.Typer:
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr("cli.__main__.build", broken)
    monkeypatch.setattr(sys, "argv", ["cli", "status"])
    with pytest.raises(SystemExit) as ended:
        main()
    reported = capsys.readouterr().err
    assert ended.value.code == 1
    assert reported.startswith("unexpected\n")
    assert "ZeroDivisionError at " in reported
    assert "a secret" not in reported


@pytest.mark.parametrize(
    ("line", "status", "out", "err"),
    [
        ("--version", 0, f"{VERSION}\n", ""),
        ("", 2, "", HELP),
        ("chek", 2, "", "No such command 'chek'. Did you mean 'check'?\n    remedy: python -m cli --help\n"),
    ],
)
def test_without_a_command(bare_cli: Cli, line: str, status: int, out: str, err: str) -> None:
    """Only the version, for scripts; no command and an unknown command are wrong usage."""
    done = bare_cli(*line.split())
    assert (done.status, done.out) == (status, out)
    assert done.err.endswith(err)


def on_terminal(cli: Cli, *arguments: str, **environ: str) -> bytes:
    """Run a command on a terminal and return what it shows."""
    if sys.platform == "win32":
        pytest.skip("Windows has no pseudo-terminal for a test")
    import pty  # noqa: PLC0415 - not on Windows

    ours, theirs = pty.openpty()
    environ = cli.environ | {"TERM": "xterm-256color"} | environ
    process = subprocess.Popen(cli.line(*arguments), env=environ, cwd=cli.folder, stdout=theirs, stderr=theirs)  # noqa: S603 - our own command line
    os.close(theirs)
    shown = b""
    with suppress(OSError):  # Linux's answer when the other side is closed
        while chunk := os.read(ours, 65536):
            shown += chunk
    os.close(ours)
    process.wait(SECONDS)
    return shown


def test_color_is_for_terminals(bare_cli: Cli) -> None:
    """And not for anybody who turned it off."""
    assert b"\x1b[1;31mFAILED" in on_terminal(bare_cli, "check")
    assert b"\x1b[1mFAILED" in on_terminal(bare_cli, "check", NO_COLOR="1")


def test_a_narrow_terminal_shows_what_matters(cli: Cli, world: StandIn, connect: Callable[[], TableContext]) -> None:
    """The accounting date is dropped; a missed day stands out at any width."""
    cli.use(world.add_partner(tenant_id=TENANT).environ)
    connect().table.insert([row(days_ago(3)), row(days_ago(1))])
    narrow, wide = (on_terminal(cli, "history", "--no-plot", COLUMNS=columns) for columns in ("60", "120"))
    assert (b"As of" in narrow, b"As of" in wide) == (False, True)
    assert f"\x1b[33m{days_ago(2)}".encode() in narrow


def test_a_warning_does_not_mix_with_the_progress(cli: Cli, world: StandIn) -> None:
    """Both appear on one terminal, the progress on stdout and the warning on stderr; amounts keep their symbols."""
    cli.use(world.add_partner(items=[summary(currency="EUR")]).environ)
    world.faults.add("vault", throttled(1))  # long enough for the progress to be drawn
    world.faults.add("vault", redirect("https://elsewhere.example"), times=None)
    before, note, _ = on_terminal(cli, "status").partition(b"\x1b[33mnote")
    assert note
    assert not before.endswith(b"reading the table")
    world.faults.clear()
    assert "€68,059.03" in on_terminal(cli, "check").decode()
