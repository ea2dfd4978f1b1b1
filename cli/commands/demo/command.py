"""`demo`: the whole job on this machine, the production code against stand-ins, in less than half a minute."""

import json
import logging
import os
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from babel import Locale

from cli.commands.history.command import command as history
from cli.support.console import bar, say
from cli.support.failure import CommandFailed
from cli.support.log_view import job_log_shown
from cli.support.money import Money, balance_of
from cli.support.records import print_row
from cli.support.tables import open_tables
from shared.job import take_snapshots
from shared.services import new_id
from shared.settings.read import NAMES, read_settings
from standin.errors import StandInError
from standin.journal import Call
from standin.sample import BALANCE, summary
from standin.services.partner_center import error_response
from standin.world import StandIn

DAYS = 30
_REFUSED, _PAID = 13, 21
"""How many days ago Partner Center refuses, and the balance is paid."""

_DAILY = (Decimal("812.40"), Decimal("1190.15"), Decimal("954.72"), Decimal("1403.09"), Decimal("0.00"))
_PAYMENT = Decimal("24500.00")
_SERVICES = {
    "identity": "Azure identity",
    "vault": "Key Vault",
    "entra": "Entra ID",
    "partner": "Partner Center",
    "table": "Table Storage",
}
_FIRST_REFUSAL = 400


def command() -> None:
    """See all of it work on this machine, against stand-ins, in less than half a minute.

    The job is the production code, unchanged. Entra ID, Key Vault, the managed identity and Partner Center are played on the
    loopback interface; the table service is a real one, Azurite, and needs Node. Nothing leaves the machine, nothing stays, and
    your settings are not used.

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
    say(f"\nDone in {time.monotonic() - begin:.0f} s. Everything has ended; nothing is left running.")


def _show(world: StandIn, settings_file: Path) -> None:
    partner = world.add_partner()
    values = {**world.environ, **partner.environ}
    for name in NAMES:
        os.environ.pop(name, None)
    os.environ.update(values, LC_ALL="en_US.UTF-8")  # the libraries beneath the job read the environment themselves
    settings_file.write_text(json.dumps({"Values": values}), encoding="utf-8")
    today = datetime.now(UTC).date()

    def answer(balance: Decimal, day: date) -> None:
        world.partner_center.balances(partner.tenant_id, summary(balance, updated=day - timedelta(days=1)))

    answer(BALANCE, today)
    _heading("1. The first run of the day: every call, as it is answered")
    _watched_run(world)

    _heading("2. What was read, and the row that the table holds")
    with open_tables(read_settings(os.environ)) as place:
        [row] = place.table.rows_of(partner.tenant_id, today)
    amount = Money(Locale("en", "US")).text(balance_of(row), str(row["CurrencyCode"]))
    say("Current Account Balance:  ", (amount, "bold green"), "\n")
    print_row(row)

    _heading("3. The second run of the day: the row exists, so neither the vault nor Partner Center is called")
    _watched_run(world)

    _heading(f"4. The {DAYS} days before it, simulated: on one of them Partner Center refuses")
    with job_log_shown(stderr=False, level=logging.ERROR), bar("days", DAYS) as done:
        for back, balance in reversed(list(enumerate(balances_before(BALANCE), 1))):
            day = today - timedelta(days=back)
            answer(balance, day)
            if back == _REFUSED:
                world.faults.add("partner", error_response(900308))
            world.clock.set(datetime(day.year, day.month, day.day, 6, 17, 3, tzinfo=UTC))
            take_snapshots(os.environ, run_id=new_id(), now=world.clock.now)
            done(1)
    world.clock.reset()

    _heading("5. The history, as `python -m cli history` shows it")
    history(settings=settings_file, plot=True)


def _heading(text: str) -> None:
    say(("\n" + text, "bold cyan"))


def _watched_run(world: StandIn) -> None:
    """Run the job and show its calls and what it logs."""
    began = time.monotonic()

    def show(call: Call) -> None:
        style = "green" if (call.status or 0) < _FIRST_REFUSAL else "yellow"
        before = f"  {time.monotonic() - began:6.3f} s  {_SERVICES.get(call.service, call.service):15} "
        detail = f"  ({call.detail})" if call.detail else ""
        say(before, (str(call.status), style), f"  {call.method} {call.path}{detail}")

    world.journal.on_answer = show
    with job_log_shown(stderr=False):
        result = take_snapshots(os.environ, run_id=new_id(), now=world.clock.now)
    world.journal.on_answer = lambda _: None
    if result.failed:
        error = result.failed[0].error
        raise CommandFailed(f"The run failed: {error.message}", error.remedy)


def balances_before(balance: Decimal) -> Iterator[Decimal]:
    """Yield made-up balances of the days before one with this balance, yesterday's first."""
    for back in range(1, DAYS + 1):
        balance += _PAYMENT if back == _PAID else -_DAILY[back % len(_DAILY)]
        yield balance
