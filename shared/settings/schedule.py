"""SNAPSHOT_SCHEDULE: six NCRONTAB fields, as the Functions host reads them.

The host also accepts five fields and time spans, but then fires only while an instance happens to be running. Its
library swaps the ends of a backwards range and reads a step of 0 as 1. Both are rejected: nobody intends them.
Sources: https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions and
https://github.com/atifaziz/NCrontab
"""

import re
from calendar import monthrange

from shared.settings.setting import WrongValue

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
"""Each field's unit, its lowest and highest value, and the names of its values in order."""

_PART = re.compile(r"(\*(?!-)|[0-9]{1,2}|[a-z]{3,9})(?:-([0-9]{1,2}|[a-z]{3,9}))?(?:/([0-9]{1,2}))?")
_LEAP_YEAR = 2024


def read_schedule(text: str) -> list[list[int]]:
    """Return the values of each of the six fields, in ascending order."""
    fields = text.lower().split()
    if len(fields) != len(_FIELDS):
        raise WrongValue(f"has {len(fields)} field{'s'[: len(fields) != 1]} instead of six")
    values = [_values(field, low, high, names) for field, (_, low, high, names) in zip(fields, _FIELDS, strict=True)]
    wrong = [
        f"field {number}, the {unit} ({low} to {high})"
        for number, (found, (unit, low, high, _)) in enumerate(zip(values, _FIELDS, strict=True), 1)
        if not found
    ]
    if wrong:
        raise WrongValue(f"has an invalid {' and an invalid '.join(wrong)}")
    _, _, _, days, months, _ = values
    if days[0] > max(monthrange(_LEAP_YEAR, month)[1] for month in months):
        raise WrongValue(f"never fires: none of its months has a day {days[0]}")
    return values


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
