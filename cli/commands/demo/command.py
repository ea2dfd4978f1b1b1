"""`demo`: runs the production code on this machine against stand-ins and a made-up history, in less than half a minute."""

import json
import os
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from babel import Locale

from cli.commands.history.command import command as history
from cli.support.console import say
from cli.support.failure import CommandFailed, show_job_log
from cli.support.money import Money, balance_of
from cli.support.records import print_row
from cli.support.tables import open_tables
from shared.job import take_snapshots
from shared.services import new_id, utc_now
from shared.settings.read import NAMES, read_settings
from standin.azurite_process import StandInError
from standin.journal import Call
from standin.playground import SCENARIOS, fill
from standin.sample import summary
from standin.world import StandIn

DAYS = 30
_MISSED = 13
"""How many days ago Partner Center was down."""

_SERVICES = {
    "identity": "Azure identity",
    "vault": "Key Vault",
    "entra": "Entra ID",
    "partner": "Partner Center",
    "table": "Table Storage",
    "archive": "Archive",
}
_FIRST_REFUSAL = 400


def command() -> None:
    """Run everything on this machine, without Azure, in less than half a minute.

    The job is the unchanged production code. Stand-ins for Entra ID, Key Vault, the managed identity and Partner Center run on
    the loopback interface. The table service is a real one, Azurite, which needs Node. Nothing leaves the machine, nothing is
    kept, and your settings are not used.

    Examples:
      python -m cli demo

    """
    begin = time.monotonic()
    say("Starting stand-ins for Entra ID, Key Vault and Partner Center, and a real table service (Azurite) ...")
    try:
        with StandIn() as world, TemporaryDirectory(prefix="demo-") as folder:
            _show(world, Path(folder) / "settings.json")
    except StandInError as error:
        raise CommandFailed(str(error).removesuffix(error.remedy).strip(), error.remedy) from error
    say(f"\nDone in {time.monotonic() - begin:.0f} s. Everything has stopped; nothing is left running.")


def _show(world: StandIn, settings_file: Path) -> None:
    today = utc_now().date()
    playground = fill(world, today, [replace(SCENARIOS[0], missed=frozenset({_MISSED}))])
    tenant_id = playground.partners[0].tenant_id
    sample = summary(updated=today - timedelta(days=1)) | {"latestInvoiceDate": f"{today.replace(day=1)}T00:00:00Z"}
    world.partner_center.balances(tenant_id, sample)
    for name in NAMES:
        os.environ.pop(name, None)
    # The Azure libraries also read the environment.
    os.environ.update(playground.environ, LC_ALL="en_US.UTF-8")
    settings_file.write_text(json.dumps({"Values": playground.environ}), encoding="utf-8")

    _heading("1. The first run of the day: every call and its answer")
    _watched_run(world)

    _heading("2. The balance that was read, and the row in the table")
    with open_tables(read_settings(os.environ)) as context:
        [row] = context.table.rows_of(tenant_id, today)
    amount = Money(Locale("en", "US")).text(balance_of(row), str(row["CurrencyCode"]))
    say("Current Account Balance:  ", (amount, "bold green"), "\n")
    print_row(row)

    _heading("3. The second run of the day: the row exists, so neither the vault nor Partner Center is called")
    _watched_run(world)

    _heading("4. The history, as `python -m cli history` shows it: the days before today are made up")
    history(settings=settings_file, last=DAYS, plot=True)


def _heading(text: str) -> None:
    say(("\n" + text, "bold cyan"))


def _watched_run(world: StandIn) -> None:
    """Run the job, and show its calls and its log."""
    began = time.monotonic()

    def show(call: Call) -> None:
        style = "green" if (call.status or 0) < _FIRST_REFUSAL else "yellow"
        before = f"  {time.monotonic() - began:6.3f} s  {_SERVICES.get(call.service, call.service):15} "
        detail = f"  ({call.detail})" if call.detail else ""
        say(before, (str(call.status), style), f"  {call.method} {call.path}{detail}")

    world.journal.on_answer = show
    with show_job_log(stderr=False):
        result = take_snapshots(os.environ, run_id=new_id())
    world.journal.on_answer = lambda _: None
    if result.failed:
        error = result.failed[0].error
        raise CommandFailed(f"The run failed: {error.message}", error.remedy)
