"""`demo`: the whole job on this machine, the production code against stand-ins, in less than half a minute."""

import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from babel import Locale

from cli.commands.demo.call_view import CallView
from cli.commands.demo.demo_world import (
    BALANCE,
    answer,
    at_run_time,
    balances_before,
    environment,
    refuse_once,
    started,
)
from cli.commands.history.command import STALE_AFTER
from cli.commands.history.outputs import Report, write_tables
from cli.commands.history.reader import HistoryQuery, HistoryReader
from cli.support.console import say
from cli.support.failure import CommandFailed
from cli.support.log_view import job_log_shown
from cli.support.money import Money, balance_of
from cli.support.progress import bar
from cli.support.row_view import print_row
from cli.support.tables import open_tables
from shared.history.row import Entity
from shared.job import take_snapshots
from shared.services import new_id
from shared.settings.read import Settings, read_settings

if TYPE_CHECKING:
    from standin.world import StandIn

DAYS = 30
_REFUSED_DAY = 18
"""Which of the days, counted from 1, Partner Center refuses."""


def command() -> None:
    """See all of it work on this machine, against stand-ins, in less than half a minute.

    The job is the production code, unchanged. Entra ID, Key Vault, the managed identity and Partner Center are played on the
    loopback interface; the table service is a real one, Azurite, and needs Node. Nothing leaves the machine, nothing stays, and
    your settings are not used.
    """
    begin = time.monotonic()
    with started() as world:
        partner = world.add_partner(balance=BALANCE)
        with environment({**world.environ, **partner.environ}) as environ:
            _show(world, partner.tenant_id, environ)
    say(f"\nDone in {time.monotonic() - begin:.0f} s. Everything has ended; nothing is left running.")


def _show(world: "StandIn", tenant_id: str, environ: Mapping[str, str]) -> None:
    settings, money, now = read_settings(environ), Money(Locale("en", "US")), datetime.now(UTC)
    today = now.date()
    answer(world, tenant_id, BALANCE, today)

    _heading("1. The first run of the day: every call, as it is answered")
    _watched_run(world, environ, now)

    _heading("2. What was read, and the row as it stands in the table")
    row = _row_of(settings, tenant_id, today)
    amount = money.text(balance_of(row), str(row["CurrencyCode"]))
    say("Current Account Balance:  ", (amount, "bold green"), "\n")
    print_row(row)

    _heading("3. The second run of the day: the row stands, so neither the vault nor Partner Center is asked")
    _watched_run(world, environ, now)

    _heading(f"4. The {DAYS} days before it, simulated: on one of them Partner Center refuses")
    _simulate(world, tenant_id, environ, now)

    _heading("5. The history, as `python -m cli history` shows it")
    _show_history(settings, money, today)


def _heading(text: str) -> None:
    say(("\n" + text, "bold cyan"))


def _watched_run(world: "StandIn", environ: Mapping[str, str], now: datetime) -> None:
    """Run the job and show its calls and what it logs."""
    view = CallView(world.journal)
    with view.live(), job_log_shown(stderr=False, before=view.show_answered):
        result = take_snapshots(environ, run_id=new_id(), now=_clock(now))
    if result.failed:
        error = result.failed[0].error
        raise CommandFailed(f"The run failed: {error.message}", error.remedy)


def _row_of(settings: Settings, tenant_id: str, day: date) -> Entity:
    with open_tables(settings) as place:
        return place.table.rows_of(tenant_id, day)[0]


def _simulate(world: "StandIn", tenant_id: str, environ: Mapping[str, str], now: datetime) -> None:
    """Run the job once for each day, with that day's clocks and balance."""
    with job_log_shown(stderr=False, level=logging.ERROR), bar("days", DAYS) as progress:
        for number, (day, balance) in enumerate(balances_before(now.date(), DAYS), 1):
            answer(world, tenant_id, balance, day)
            if number == _REFUSED_DAY:
                refuse_once(world)
            moment = at_run_time(day, now)
            world.clock.set(moment)  # the job compares its clock with the services'
            take_snapshots(environ, run_id=new_id(), now=_clock(moment))
            progress.advance(1)
    world.clock.reset()


def _clock(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def _show_history(settings: Settings, money: Money, today: date) -> None:
    with open_tables(settings) as place:
        query = HistoryQuery(tenants=None, currency=None, first=None, last=None, until=today)
        names = {account.tenant_id: account.name for account in settings.accounts}
        write_tables(Report(HistoryReader(place.table, query, names), money, STALE_AFTER), drawn=True)
