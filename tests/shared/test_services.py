"""The clock of this machine against the service's."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from aiohttp import web

from shared.errors import ClockWrong, TableAccessDenied
from shared.job import take_snapshots
from shared.services import Services, open_services
from shared.settings.read import read_settings
from standin import StandIn
from standin.faults import Fault, FaultContext, Status, WrongDate, html
from tests.support.samples import DAY, TENANT

DAY_AHEAD = timedelta(days=1)
LATE = (
    b"<error><code>AuthenticationFailed</code><message>Server failed to authenticate the request.</message>"
    b"<AuthenticationErrorDetail>Request date header too old</AuthenticationErrorDetail></error>"
)


@dataclass(frozen=True)
class Headers(Fault):
    """Sends an answer, the service's own unless given, with other headers."""

    headers: dict[str, str]
    instead: Fault | None = None

    async def play(self, context: FaultContext) -> web.StreamResponse:
        """Change the headers."""
        answer = await (self.instead.play(context) if self.instead else context.answer())
        answer.headers.update(self.headers)
        return answer


YESTERDAY = {"Date": "Mon, 01 Jan 2024 00:00:00 GMT"}


@pytest.mark.parametrize(
    ("fault", "how"),
    [
        (WrongDate(timedelta(minutes=6)), "6 minutes behind"),
        (WrongDate(-timedelta(minutes=6)), "6 minutes ahead of"),
        (WrongDate(DAY_AHEAD), "1,440 minutes behind"),
        (Headers(YESTERDAY, Status(403, LATE)), "minutes ahead of"),
        (Headers(YESTERDAY, Status(403, "{}")), "minutes ahead of"),
    ],
)
def test_a_wrong_clock_stops_the_run(world: StandIn, fault: Fault, how: str) -> None:
    """By how much and in which direction; nobody is asked for a balance, and no row is written under a wrong day."""
    environ = world.environ | world.add_partner().environ
    world.faults.add("table", fault, times=None)
    (failure,) = take_snapshots(environ, run_id="run").failed
    assert isinstance(failure.error, ClockWrong)
    assert how in failure.error.message
    assert world.journal.count("partner") == 0
    with pytest.raises(ClockWrong, match=how), open_services(read_settings(environ)) as services:
        _read_and_check(services)


def _read_and_check(services: Services) -> None:
    services.snapshots().history.rows_of(TENANT, DAY)
    services.check_clock()


@pytest.mark.parametrize(
    ("fault", "times"),
    [
        (WrongDate(timedelta(minutes=4)), None),
        (WrongDate(-timedelta(minutes=4)), None),
        (Headers({"Date": "yesterday"}), None),
        (Headers({"Date": "Mon, 01 Jan 99999 00:00:00 GMT"}), None),
        (Headers(YESTERDAY | {"Age": "7"}), None),
        (Headers(YESTERDAY, html(503)), 1),
    ],
    ids=["behind a little", "ahead a little", "not a date", "not a year", "from a cache", "a gateway's page"],
)
def test_what_says_nothing_of_the_clock_stops_nothing(world: StandIn, fault: Fault, times: int | None) -> None:
    """Five minutes are allowed; a cache and a gateway have clocks of their own."""
    environ = world.environ | world.add_partner().environ
    world.faults.add("table", fault, times=times)
    assert take_snapshots(environ, run_id="run").recorded == 1


def test_a_refusal_with_a_right_clock_stays_itself(world: StandIn) -> None:
    """Only a wrong clock takes the place of what the table said."""
    environ = world.environ | world.add_partner().environ
    world.faults.add("table", Status(403, "{}"), times=None)
    (failure,) = take_snapshots(environ, run_id="run").failed
    assert isinstance(failure.error, TableAccessDenied)
