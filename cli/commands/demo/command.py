"""`demo`: the whole job on this machine, the production code against stand-ins, in less than half a minute."""

import json
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from standin.journal import Call
    from standin.world import StandIn

DAYS = 30
_REFUSED_DAY = 18
"""Which of the days, counted from 1, Partner Center refuses."""

_DAILY = (Decimal("812.40"), Decimal("1190.15"), Decimal("954.72"), Decimal("1403.09"), Decimal("0.00"))
_PAYMENT_DAY, _PAYMENT = 9, Decimal("-24500.00")
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
    with started() as world, TemporaryDirectory(prefix="demo-") as folder:
        _show(world, Path(folder) / "settings.json")
    say(f"\nDone in {time.monotonic() - begin:.0f} s. Everything has ended; nothing is left running.")


@contextmanager
def started() -> Iterator["StandIn"]:
    """Start the stand-in and end it with the context; raises CommandFailed when something that it needs is missing."""
    try:
        from standin.errors import StandInError  # noqa: PLC0415 - standin's packages may be missing
        from standin.world import StandIn  # noqa: PLC0415 - as above
    except ModuleNotFoundError as error:
        raise CommandFailed(
            f"The stand-in needs the package {error.name}, which is not installed.",
            "Run `python3 dev.py demo`, or `pip install -r standin/requirements.txt`.",
        ) from error
    try:
        with StandIn() as world:
            yield world
    except StandInError as error:
        raise CommandFailed(str(error).removesuffix(error.remedy).strip(), error.remedy) from error


def _show(world: "StandIn", settings_file: Path) -> None:
    from standin.sample import BALANCE, summary  # noqa: PLC0415 - as above
    from standin.services.partner_center import error_response  # noqa: PLC0415 - as above

    partner = world.add_partner()
    values = {**world.environ, **partner.environ}
    for name in NAMES:
        os.environ.pop(name, None)
    os.environ.update(values, LC_ALL="en_US.UTF-8")  # the libraries beneath the job read the environment themselves
    settings_file.write_text(json.dumps({"Values": values}), encoding="utf-8")
    now = datetime.now(UTC)
    today = now.date()

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
        for number, (day, balance) in enumerate(balances_before(today, BALANCE, DAYS), 1):
            answer(balance, day)
            if number == _REFUSED_DAY:
                world.faults.add("partner", error_response(900308))
            world.clock.set(now.replace(year=day.year, month=day.month, day=day.day, hour=6, minute=17, second=3))
            take_snapshots(os.environ, run_id=new_id(), now=world.clock.now)
            done(1)
    world.clock.reset()

    _heading("5. The history, as `python -m cli history` shows it")
    history(settings=settings_file, plot=True)


def _heading(text: str) -> None:
    say(("\n" + text, "bold cyan"))


def _watched_run(world: "StandIn") -> None:
    """Run the job and show its calls and what it logs."""
    began = time.monotonic()

    def show(call: "Call") -> None:
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


def balances_before(today: date, balance: Decimal, days: int) -> list[tuple[date, Decimal]]:
    """Return made-up balances of the days before `today`, oldest first, that lead to today's."""
    found = []
    for back in range(1, days + 1):
        balance -= _PAYMENT if days - back == _PAYMENT_DAY else _DAILY[back % len(_DAILY)]
        found.append((today - timedelta(days=back), balance))
    return found[::-1]
