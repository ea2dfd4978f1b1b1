"""The machine's clock compared with the service's."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from aiohttp import web
from azure.identity import DefaultAzureCredential, ManagedIdentityCredential

from shared.errors import ClockWrong
from shared.job import take_snapshots
from shared.services import open_services
from shared.settings.read import read_settings
from standin import StandIn
from standin.faults import Fault, FaultContext, Status, WrongDate, html
from tests.end_to_end.conftest import environ_of
from tests.support.samples import DAY, SINGLE, TENANT

LATE = (
    b"<error><code>AuthenticationFailed</code><message>Server failed to authenticate the request.</message>"
    b"<AuthenticationErrorDetail>Request date header too old</AuthenticationErrorDetail></error>"
)


@dataclass(frozen=True)
class Headers(Fault):
    """Sends a response with other headers: the service's own response unless one is given."""

    headers: dict[str, str]
    instead: Fault | None = None

    async def play(self, context: FaultContext) -> web.Response:
        """Change the headers."""
        answer = await (self.instead.play(context) if self.instead else context.proceed())
        answer.headers.update(self.headers)
        return answer


YEARS_AGO = {"Date": "Mon, 01 Jan 2024 00:00:00 GMT"}


@pytest.mark.parametrize(
    ("fault", "how"),
    [
        (WrongDate(timedelta(minutes=6)), "6 minutes behind"),
        (WrongDate(-timedelta(minutes=6)), "6 minutes ahead of"),
        (WrongDate(timedelta(days=1)), "1,440 minutes behind"),
        (Headers(YEARS_AGO, Status(403, LATE)), "minutes ahead of"),
        (Headers(YEARS_AGO, Status(403, "{}")), "minutes ahead of"),
    ],
)
def test_a_wrong_clock_stops_the_run(world: StandIn, fault: Fault, how: str) -> None:
    """The error says by how much and in which direction. No balance is requested, and no row is written under a wrong day."""
    environ = environ_of(world, world.add_partner())
    world.faults.add("table", fault, times=None)
    (failure,) = take_snapshots(environ, run_id="run").failed
    assert isinstance(failure.error, ClockWrong)
    assert how in failure.error.message
    assert world.journal.count("partner") == world.journal.count("table", method="POST") == 0
    with pytest.raises(ClockWrong, match=how):
        _read_and_check(environ)


def test_who_signs_in_on_a_machine_with_the_arc_agent() -> None:
    """The developer, and not the server's own identity."""
    with open_services(read_settings(SINGLE | {"IDENTITY_ENDPOINT": "http://127.0.0.1:1"})) as services:
        credential = services.identity._credential
    assert isinstance(credential, DefaultAzureCredential)
    assert not any(isinstance(one, ManagedIdentityCredential) for one in credential.credentials)


def _read_and_check(environ: dict[str, str]) -> None:
    with open_services(read_settings(environ)) as services:
        services.snapshots().history.rows_of(TENANT, DAY)
        services.check_clock()


BLAMELESS: dict[str, tuple[Fault, int | None, str | None]] = {
    "behind a little": (WrongDate(timedelta(minutes=4)), None, None),
    "ahead a little": (WrongDate(-timedelta(minutes=4)), None, None),
    "not a date": (Headers({"Date": "yesterday"}), None, None),
    "not a year": (Headers({"Date": "Mon, 01 Jan 99999 00:00:00 GMT"}), None, None),
    "from a cache": (Headers(YEARS_AGO | {"Age": "7"}), None, None),
    "a gateway's page": (Headers(YEARS_AGO, html(503)), 1, None),
    "refused": (Status(403, "{}"), None, "table-access-denied"),
}


@pytest.mark.parametrize(("fault", "times", "code"), BLAMELESS.values(), ids=BLAMELESS)
def test_responses_that_prove_nothing_are_not_blamed_on_the_clock(
    world: StandIn, fault: Fault, times: int | None, code: str | None
) -> None:
    """Five minutes are allowed; a cache or a gateway has its own clock."""
    world.faults.add("table", fault, times=times)
    failed = take_snapshots(environ_of(world, world.add_partner()), run_id="run").failed
    assert [failure.error.code for failure in failed] == ([code] if code else [])
