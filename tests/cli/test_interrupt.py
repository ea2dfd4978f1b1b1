"""Ctrl+C, in every command that calls a service, while the service hangs or asks for a long wait."""

import signal
import subprocess
import sys

import pytest

from standin import StandIn
from standin.faults import Fault, Hang, throttled
from tests.cli.conftest import Cli
from tests.support.rows import TENANT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no Ctrl+C to one process alone")

SECONDS = 10
"""Far below what the hanging services would take: 57 s and more."""


def test_a_librarys_complaint_about_unfinished_work_is_not_shown(bare_cli: Cli) -> None:
    """An unfinished workbook complains when it is discarded; the reader asked to stop and gets one line."""
    code = """
import cli.__main__, signal, sys
sys.argv[1:] = ["status"]
class HalfDone:
    def __del__(self): raise ValueError("I/O operation on closed file")
def build(asked):
    half_done = HalfDone()
    signal.raise_signal(signal.SIGINT)
cli.__main__.build = build
cli.__main__.main()
"""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", code], env=bare_cli.environ, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted  Nothing was written.\n")


@pytest.mark.parametrize(
    ("command", "service", "fault", "message"),
    [
        ("balance", "partner", Hang(), "Nothing was written."),
        ("balance", "partner", throttled(57), "Nothing was written."),
        ("check", "entra", Hang(), "Nothing was written."),
        ("check", "identity", Hang(), "Nothing was written."),
        ("check --deployed VAULT", "vault", Hang(), "BalanceSnapshot may have been started:"),
        ("status", "table", Hang(), "Nothing was written."),
        ("status", "vault", throttled(57), "Nothing was written."),
        ("history", "table", Hang(), "Nothing was written."),
        ("run", "partner", Hang(), "Done: nothing. Not finished: Contoso; a row that was being inserted may exist."),
        ("run", "vault", throttled(57), "Not finished: Contoso;"),
        ("run --dry-run", "partner", Hang(), "Nothing was written."),
        ("restore --write", "table", Hang(), "Inserted: 0 rows into the table, 0 rows into the archive;"),
        ("import history.csv --write", "table", Hang(), "Nothing was written."),
        ("import history.csv --write", "archive", Hang(), "Nothing was written."),
        ("consent --no-browser", "vault", Hang(), "No token was stored."),
    ],
)
def test_an_interrupted_command_says_what_was_done(
    cli: Cli, world: StandIn, command: str, service: str, fault: Fault, message: str
) -> None:
    """With status 130, one line on stderr and no traceback, whatever the command is waiting for."""
    cli.use(world.add_partner(tenant_id=TENANT, auth="app_user").environ, world.environ_archive)
    cli.use({"FUNCTIONS_MASTER_KEY": "key"})
    (cli.folder / "history.csv").write_text(
        "SnapshotDate,CurrencyCode,BalanceAmount\n2025-01-01,USD,1\n", encoding="utf-8"
    )
    world.faults.add(service, fault, times=None)
    with cli.start(cli.line(*command.replace("VAULT", world.vault.url).split())) as process:
        try:
            world.journal.wait_for(1, service)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=SECONDS)
        finally:
            process.kill()
    assert process.returncode == 130
    [line] = [line for line in err.splitlines() if line.startswith("interrupted")]
    assert message in line
    assert "Traceback" not in err
    assert "note" not in err
