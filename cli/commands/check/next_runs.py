"""When the timer fires next, computed from SNAPSHOT_SCHEDULE as the Functions host reads it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product

_DAYS = 8 * 366
"""A schedule of 29 February fires again within eight years."""


def next_runs(schedule: list[list[int]], after: datetime) -> Iterator[datetime]:
    """Yield the times (UTC) at which six valid NCRONTAB fields fire after a time, given the values of each; every field has to match, both days too."""
    seconds, minutes, hours, days, months, weekdays = schedule
    midnight = after.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for number in range(_DAYS):
        day = midnight + timedelta(days=number)
        if day.month in months and day.day in days and day.isoweekday() % 7 in weekdays:
            for hour, minute, second in product(hours, minutes, seconds):
                moment = day.replace(hour=hour, minute=minute, second=second)
                if moment > after:
                    yield moment
