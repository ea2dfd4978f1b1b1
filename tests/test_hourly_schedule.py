"""The shipped schedule over a whole year, in zones with and without daylight saving time."""

import json
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise, takewhile
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cli.commands.check.steps import next_runs
from shared.settings.schedule import read_schedule

ROOT = Path(__file__).parents[1]
HOURLY = json.loads((ROOT / "local.settings.example.json").read_text("utf-8"))["Values"]["SNAPSHOT_SCHEDULE"]
SPARSE = "0 17 6,10,14,18,22 * * *"


def days_of_a_year(schedule: str, zone: str) -> dict[date, list[datetime]]:
    """Return the local times of the runs on each local day in 2027."""
    end = datetime(2028, 1, 2, tzinfo=UTC)
    days = defaultdict(list)
    for run in takewhile(
        lambda moment: moment < end, next_runs(read_schedule(schedule), datetime(2026, 12, 30, tzinfo=UTC))
    ):
        local = run.astimezone(ZoneInfo(zone))
        days[local.date()].append(local)
    return {day: runs for day, runs in days.items() if day.year == 2027}


@pytest.mark.parametrize(
    ("zone", "reading", "chances"),
    [
        ("Europe/Berlin", "00:17", {23, 24, 25}),
        ("America/New_York", "00:17", {23, 24, 25}),
        ("Asia/Kolkata", "00:47", {24}),
        ("Australia/Sydney", "00:17", {23, 24, 25}),
        ("UTC", "00:17", {24}),
    ],
)
def test_every_day_is_read_at_the_same_local_hour(zone: str, reading: str, chances: set[int]) -> None:
    """Including the two days on which the clocks change; every day has 23 to 25 chances."""
    days = days_of_a_year(HOURLY, zone)
    assert len(days) == 365
    assert {f"{runs[0]:%H:%M}" for runs in days.values()} == {reading}
    assert {len(runs) for runs in days.values()} == chances


def test_a_sparse_schedule_moves_the_hour() -> None:
    """In Berlin, as docs/settings.md says; 08:17 occurs once, on the day the clocks go forward."""
    first = [runs[0] for runs in days_of_a_year(SPARSE, "Europe/Berlin").values()]
    assert {f"{run:%H:%M}" for run in first} == {"07:17", "08:17", "00:17"}
    between = {later.astimezone(UTC) - earlier.astimezone(UTC) for earlier, later in pairwise(first)}
    assert between == {timedelta(hours=hours) for hours in (16, 24, 32)}
    assert f"`{SPARSE}`" in (ROOT / "docs/settings.md").read_text("utf-8")
