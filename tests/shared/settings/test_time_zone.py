"""The time zone that decides which day it is."""

from zoneinfo import ZoneInfo

import pytest

from shared.settings.time_zone import _WINDOWS, read_time_zone
from tests.support.samples import wrong_of


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "Etc/GMT-1"])
def test_an_iana_name_is_accepted(name: str) -> None:
    """Unchanged."""
    assert read_time_zone(name) == ZoneInfo(name)


def test_a_windows_name_gets_its_iana_name() -> None:
    """Every name in the table maps to a zone that exists; case does not matter."""
    for name, zone in _WINDOWS.items():
        assert ZoneInfo(zone).key == zone
        assert wrong_of(read_time_zone, name.upper()) == ("is a Windows time zone name, not an IANA name", zone)


@pytest.mark.parametrize(
    ("start", "texts"),
    [
        ("is a Windows time zone name", ["Tasmania Standard Time", "Pacific Daylight Time"]),
        ("is a Windows time zone name", ["(UTC+01:00) Berlin, Bern", "Eastern Standard Time (Mexico)"]),
        ("is an offset", ["UTC+1", "GMT-05:00", "+0100", "Z"]),
        ("is not an IANA time zone", ["Europe/Munich", "CEST", "Europe", "local", "a\0b", "\ud800"]),
        ("is not an IANA time zone", ["localtime", "posixrules", "Factory", "right/Asia/Tokyo"]),
        ("is not an IANA time zone", ["/etc/localtime", "../../etc/passwd"]),
    ],
)
def test_another_name_is_refused_without_a_guess(start: str, texts: list[str]) -> None:
    """A similar name may be a different zone, with different days."""
    for text in texts:
        wrong, right = wrong_of(read_time_zone, text)
        assert wrong.startswith(start)
        assert right is None or right.endswith("for example Europe/Berlin")


@pytest.mark.parametrize("text", ["europe/berlin", "Europe/Berln", "America/New York", "utc"])
def test_a_typo_gets_a_suggestion(text: str) -> None:
    """Only if the name is nearly the same."""
    assert "did you mean " in str(wrong_of(read_time_zone, text)[1])
