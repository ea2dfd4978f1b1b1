"""What the demo runs against: the stand-in, the environment that points at it, and thirty made-up days."""

import importlib.util
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from cli.support.console import say
from cli.support.failure import CommandFailed
from cli.support.settings_source import PROJECT
from shared.settings.read import NAMES

if TYPE_CHECKING:
    from standin.world import StandIn

BALANCE = Decimal("68059.03")
"""Of the sample that Microsoft's documentation shows."""

_PACKAGES = ("aiohttp", "cryptography", "jwt", "trustme")
_DAILY = (Decimal("812.40"), Decimal("1190.15"), Decimal("954.72"), Decimal("1403.09"), Decimal("0.00"))
_PAYMENT = Decimal("-24500.00")
_PAYMENT_DAY = 9


@contextmanager
def started() -> Iterator["StandIn"]:
    """Start the stand-in and end it with the context.

    Raises:
        CommandFailed: something that it needs is missing.

    """
    missing = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise CommandFailed(
            f"The stand-in's packages are not installed: {', '.join(missing)}.",
            f"Run `python3 dev.py demo`, or `pip install -r {PROJECT / 'standin' / 'requirements.txt'}`.",
        )
    from standin.errors import StandInError  # noqa: PLC0415 - standin's packages may be missing
    from standin.world import StandIn  # noqa: PLC0415 - as above

    say("Starting stand-ins for Entra ID, Key Vault and Partner Center, and a real table service (Azurite) ...")
    try:
        with StandIn() as world:
            yield world
    except StandInError as error:
        raise CommandFailed(str(error).removesuffix(error.remedy).strip(), error.remedy) from error


@contextmanager
def environment(settings: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    """Have the process's environment point at the stand-in alone; the libraries beneath the job read it themselves."""
    before = dict(os.environ)
    for name in NAMES:
        os.environ.pop(name, None)
    os.environ.update(settings)
    try:
        yield os.environ
    finally:
        os.environ.clear()
        os.environ.update(before)


def answer(world: "StandIn", tenant_id: str, balance: Decimal, day: date) -> None:
    """Have Partner Center answer the documented sample with this balance, last updated on the day before `day`."""
    from standin.sample import summary  # noqa: PLC0415 - as above

    world.partner_center.balances(tenant_id, _dated(summary(balance), day))


def refuse_once(world: "StandIn") -> None:
    """Have Partner Center refuse its next call for good, as it does when a role was taken away."""
    from standin.services.partner_center import error_response  # noqa: PLC0415 - as above

    world.faults.add("partner", error_response(900308))


def _dated(document: dict[str, Any], day: date) -> dict[str, Any]:
    updated = (day - timedelta(days=1)).isoformat()
    parts = [{**part, "summary": _dated(part["summary"], day)} for part in document.get("details", [])]
    return {**document, "accountingDate": f"{updated}T00:00:00", **({"details": parts} if parts else {})}


def balances_before(today: date, days: int) -> list[tuple[date, Decimal]]:
    """Return the made-up balances of the days before, oldest first, so that today's is the sample's."""
    balance, found = BALANCE, []
    for back in range(1, days + 1):
        balance -= _PAYMENT if days - back == _PAYMENT_DAY else _DAILY[back % len(_DAILY)]
        found.append((today - timedelta(days=back), balance))
    return found[::-1]


def at_run_time(day: date, like: datetime) -> datetime:
    """Return the moment of a day's run."""
    return like.replace(year=day.year, month=day.month, day=day.day, hour=6, minute=17, second=3)
