"""The next runs of a schedule."""

from datetime import UTC, datetime
from itertools import islice

import pytest

from cli.commands.check.steps import next_runs
from shared.settings.schedule import read_schedule

MONDAY = datetime(2026, 11, 23, 17, 17, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "runs"),
    [
        ("0 17 * * * *", ["23T18:17:00", "23T19:17:00", "23T20:17:00"]),
        ("30 17 17 * * *", ["24T17:17:30", "25T17:17:30", "26T17:17:30"]),
        ("0 */20 17 * * *", ["23T17:20:00", "23T17:40:00", "24T17:00:00"]),
        ("0 5/30 17,3 * * *", ["23T17:35:00", "24T03:05:00", "24T03:35:00"]),
        ("0 0 9-17/4 * Nov TUE-thu", ["24T09:00:00", "24T13:00:00", "24T17:00:00"]),
        ("0 0 0 24 * mon", []),
    ],
)
def test_the_next_runs_of_a_schedule(schedule: str, runs: list[str]) -> None:
    """Steps, lists, ranges and names work; the day of the month and the weekday must both match. Only November counts."""
    found = [
        run for run in islice(next_runs(read_schedule(schedule), MONDAY), 3) if (run.year, run.month) == (2026, 11)
    ]
    assert [run.strftime("%dT%H:%M:%S") for run in found] == runs


def test_a_day_that_does_not_come_in_eight_years() -> None:
    """A leap day comes, but seldom on a Monday."""
    assert list(next_runs(read_schedule("0 0 0 29 2 mon"), MONDAY)) == []
    assert next(next_runs(read_schedule("0 0 0 29 feb *"), MONDAY)) == datetime(2028, 2, 29, tzinfo=UTC)
