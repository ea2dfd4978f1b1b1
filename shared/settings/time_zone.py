"""SNAPSHOT_TIME_ZONE: an IANA name, and what people enter instead."""

import re
import zoneinfo
from contextlib import suppress

from shared.settings.setting import WrongValue
from shared.settings.values import did_you_mean

_WINDOWS = {
    "AUS Eastern Standard Time": "Australia/Sydney",
    "Arabian Standard Time": "Asia/Dubai",
    "Atlantic Standard Time": "America/Halifax",
    "Canada Central Standard Time": "America/Regina",
    "Central America Standard Time": "America/Guatemala",
    "Central Europe Standard Time": "Europe/Budapest",
    "Central European Standard Time": "Europe/Warsaw",
    "Central Standard Time": "America/Chicago",
    "China Standard Time": "Asia/Shanghai",
    "E. Australia Standard Time": "Australia/Brisbane",
    "E. South America Standard Time": "America/Sao_Paulo",
    "Eastern Standard Time": "America/New_York",
    "FLE Standard Time": "Europe/Kyiv",
    "GMT Standard Time": "Europe/London",
    "GTB Standard Time": "Europe/Bucharest",
    "Hawaiian Standard Time": "Pacific/Honolulu",
    "India Standard Time": "Asia/Kolkata",
    "Israel Standard Time": "Asia/Jerusalem",
    "Korea Standard Time": "Asia/Seoul",
    "Mountain Standard Time": "America/Denver",
    "New Zealand Standard Time": "Pacific/Auckland",
    "Pacific Standard Time": "America/Los_Angeles",
    "Romance Standard Time": "Europe/Paris",
    "Russian Standard Time": "Europe/Moscow",
    "SE Asia Standard Time": "Asia/Bangkok",
    "Singapore Standard Time": "Asia/Singapore",
    "South Africa Standard Time": "Africa/Johannesburg",
    "Tokyo Standard Time": "Asia/Tokyo",
    "Turkey Standard Time": "Europe/Istanbul",
    "US Mountain Standard Time": "America/Phoenix",
    "W. Australia Standard Time": "Australia/Perth",
    "W. Europe Standard Time": "Europe/Berlin",
}
"""Common Windows names: https://github.com/unicode-org/cldr/blob/main/common/supplemental/windowsZones.xml (001)."""

_WINDOWS_LIKE = re.compile(r"\(UTC.*|.+ (?:Standard|Daylight|Summer) Time(?: \(.+\))?", re.IGNORECASE)
_OFFSET = re.compile(r"(?:UTC|GMT|Z)?\s*[+-]\d{1,2}(?::?\d{2})?|Z", re.IGNORECASE)
_NO_ZONE = re.compile(r"(?:posix|right)/.*|localtime|posixrules|Factory")
"""Other files that some machines store next to the zones: their current zone, and clocks that count leap seconds."""
EXAMPLE = "the IANA name of the zone, for example Europe/Berlin"
_CLOSE = 0.9
"""A name that is less similar is a different zone."""


def read_time_zone(text: str) -> zoneinfo.ZoneInfo:
    """Return the zone with this IANA name."""
    if not _NO_ZONE.fullmatch(text):
        with suppress(zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            return zoneinfo.ZoneInfo(text)
    iana = {name.lower(): zone for name, zone in _WINDOWS.items()}.get(text.lower())
    if _WINDOWS_LIKE.fullmatch(text):
        raise WrongValue("is a Windows time zone name, not an IANA name", iana)
    if _OFFSET.fullmatch(text):
        raise WrongValue("is an offset, which ignores daylight saving time, not a time zone")
    names = {name for name in zoneinfo.available_timezones() if not _NO_ZONE.fullmatch(name)}
    raise WrongValue("is not an IANA time zone", EXAMPLE + did_you_mean(text, names, close=_CLOSE))
