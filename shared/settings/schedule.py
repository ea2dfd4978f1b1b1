"""SNAPSHOT_SCHEDULE: six NCRONTAB fields, checked as the Functions host reads them.

The host also takes five fields and time spans, but then fires only while an instance happens to be awake.
Source: https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions
"""

import re

from shared.settings.values import SettingParser

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")

_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("second", 0, 59, {}),
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, {name: number for number, name in enumerate(_MONTHS, 1)}),
    ("day of the week", 0, 6, {name: number for number, name in enumerate(_DAYS)}),
)
_PART = re.compile(r"(?:\*|([0-9]{1,2}|[a-z]+)(?:-([0-9]{1,2}|[a-z]+))?)(?:/([0-9]{1,2}))?")
_RIGHT = "six NCRONTAB fields in UTC: second minute hour day month weekday, for example 0 17 * * * * (every hour)"


def check_schedule(setting: SettingParser) -> None:
    """Add an error unless the schedule is absent, a `%...%` placeholder that the host resolves, or six valid fields."""
    text = setting.text
    if text is None or re.fullmatch(r"%[^%]*%", text):
        return
    fields = text.lower().split()
    if len(fields) != len(_FIELDS):
        setting.add_error(f"has {len(fields)} field{'s'[: len(fields) != 1]} instead of six", _RIGHT)
        return
    for number, (field, (unit, low, high, names)) in enumerate(zip(fields, _FIELDS, strict=True), 1):
        if not all(_is_part(part, low, high, names) for part in field.split(",")):
            setting.add_error(f"has a wrong field {number}, the {unit} ({low} to {high})", _RIGHT)


def field_values(schedule: str) -> list[list[int]]:
    """Return the values of each of six valid fields, in order."""
    return [
        sorted({value for part in field.split(",") for value in _part_values(part, low, high, names)})
        for field, (_, low, high, names) in zip(schedule.lower().split(), _FIELDS, strict=True)
    ]


def _part_values(part: str, low: int, high: int, names: dict[str, int]) -> range:
    span, _, step = part.partition("/")
    first, _, last = span.partition("-")
    begin = low if first == "*" else names.get(first, -1) if first.isalpha() else int(first)
    end = (names.get(last, -1) if last.isalpha() else int(last)) if last else high if step or first == "*" else begin
    return range(begin, end + 1, int(step or 1))


def _is_part(part: str, low: int, high: int, names: dict[str, int]) -> bool:
    match = _PART.fullmatch(part)
    if match is None:
        return False
    start, end, step = match.groups()
    bounds = [names.get(bound) if bound.isalpha() else int(bound) for bound in (start, end) if bound]
    inside = [bound for bound in bounds if bound is not None and low <= bound <= high]
    return len(inside) == len(bounds) and inside == sorted(inside) and step not in ("0", "00")
