"""SNAPSHOT_SCHEDULE: six NCRONTAB fields, as the Functions host reads them.

The host also takes five fields and time spans, but then fires only while an instance happens to be awake. Its library swaps the
ends of a range that runs backwards and takes a step of 0 for 1; both are refused, because nobody means that.
Sources: https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions and
https://github.com/atifaziz/NCrontab
"""

import re
from calendar import monthrange

from shared.settings.values import SettingParser

_MONTHS = "january february march april may june july august september october november december"
_DAYS = "sunday monday tuesday wednesday thursday friday saturday"

_FIELDS: tuple[tuple[str, int, int, list[str]], ...] = (
    ("second", 0, 59, []),
    ("minute", 0, 59, []),
    ("hour", 0, 23, []),
    ("day of the month", 1, 31, []),
    ("month", 1, 12, _MONTHS.split()),
    ("day of the week", 0, 6, _DAYS.split()),
)
"""What each field is, its lowest and highest value, and the names of its values in order."""

_PART = re.compile(r"(\*(?!-)|[0-9]{1,2}|[a-z]{3,9})(?:-([0-9]{1,2}|[a-z]{3,9}))?(?:/([0-9]{1,2}))?")
_RIGHT = "six NCRONTAB fields in UTC: second minute hour day month weekday, for example 0 17 * * * * (every hour)"
_LEAP_YEAR = 2024


def check_schedule(setting: SettingParser) -> None:
    """Add an error unless the schedule is absent or six fields that the host fires on."""
    if setting.text is None:
        return
    fields = setting.text.lower().split()
    if len(fields) != len(_FIELDS):
        setting.add_error(f"has {len(fields)} field{'s'[: len(fields) != 1]} instead of six", _RIGHT)
        return
    values = field_values(setting.text)
    for number, (found, (unit, low, high, _)) in enumerate(zip(values, _FIELDS, strict=True), 1):
        if not found:
            setting.add_error(f"has a wrong field {number}, the {unit} ({low} to {high})", _RIGHT)
    days, months = values[3], values[4]
    if days and months and days[0] > max(monthrange(_LEAP_YEAR, month)[1] for month in months):
        setting.add_error(f"never fires: none of its months has a day {days[0]}", _RIGHT)


def field_values(schedule: str) -> list[list[int]]:
    """Return the values of each of six fields, in order; none for a field that is wrong."""
    fields = zip(schedule.lower().split(), _FIELDS, strict=True)
    return [_values(field, low, high, names) for field, (_, low, high, names) in fields]


def _values(field: str, low: int, high: int, names: list[str]) -> list[int]:
    def number(text: str) -> int:
        named = (value for value, name in enumerate(names, low) if name.startswith(text))
        return int(text) if text.isdecimal() else next(named, -1)

    values: set[int] = set()
    for part in field.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            return []
        first, last, step = match.groups()
        begin = low if first == "*" else number(first)
        end = number(last) if last else high if step or first == "*" else begin
        if not low <= begin <= end <= high or step in ("0", "00"):
            return []
        values.update(range(begin, end + 1, int(step or 1)))
    return sorted(values)
