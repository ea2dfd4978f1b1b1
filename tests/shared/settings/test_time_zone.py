"""The time zone that decides which day it is."""

from zoneinfo import ZoneInfo

import pytest

from shared.settings.time_zone import _WINDOWS, read_time_zone
from shared.settings.values import ErrorCollector, SettingParser


def refused(text: str) -> str:
    """Return the one problem, `what is wrong: what is right`."""
    setting = SettingParser("A", text, ErrorCollector())
    assert read_time_zone(setting) == ZoneInfo("UTC")
    (problem,) = setting.errors.found
    return f"{problem.wrong}: {problem.right}"


@pytest.mark.parametrize(
    ("text", "zone"), [(None, "UTC"), ("Europe/Berlin", "Europe/Berlin"), ("Etc/GMT-1", "Etc/GMT-1")]
)
def test_an_iana_name_is_taken(text: str | None, zone: str) -> None:
    """UTC when absent."""
    setting = SettingParser("A", text, ErrorCollector())
    assert (read_time_zone(setting), setting.errors.found) == (ZoneInfo(zone), [])


@pytest.mark.parametrize(("name", "zone"), _WINDOWS.items())
def test_a_windows_name_gets_its_iana_name(name: str, zone: str) -> None:
    """Each of the table is a zone that there is."""
    assert ZoneInfo(zone).key == zone
    assert refused(name.upper()) == f"is a Windows time zone name, not an IANA name: {zone}"


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("Tasmania Standard Time", "is a Windows time zone name"),
        ("Pacific Daylight Time", "is a Windows time zone name"),
        ("Eastern Standard Time (Mexico)", "is a Windows time zone name"),
        ("(UTC+01:00) Amsterdam, Berlin, Bern", "is a Windows time zone name"),
        ("UTC+1", "is an offset"),
        ("GMT-05:00", "is an offset"),
        ("+0100", "is an offset"),
        ("Z", "is an offset"),
        ("Europe/Munich", "is not an IANA time zone"),
        ("CEST", "is not an IANA time zone"),
        ("localtime", "is not an IANA time zone"),
        ("posixrules", "is not an IANA time zone"),
        ("Factory", "is not an IANA time zone"),
        ("right/Asia/Tokyo", "is not an IANA time zone"),
        ("local", "is not an IANA time zone"),
        ("../../etc/passwd", "is not an IANA time zone"),
        ("/etc/localtime", "is not an IANA time zone"),
        ("Europe", "is not an IANA time zone"),
        ("a\0b", "is not an IANA time zone"),
        ("\ud800", "is not an IANA time zone"),
    ],
)
def test_another_name_is_refused_without_a_guess(text: str, start: str) -> None:
    """A near name may be another zone, and another zone is another day."""
    found = refused(text)
    assert found.startswith(start)
    assert found.endswith("for example Europe/Berlin")


@pytest.mark.parametrize("text", ["europe/berlin", "Europe/Berln", "America/New York", "utc"])
def test_a_slip_of_the_pen_gets_a_suggestion(text: str) -> None:
    """Only where the name is all but the same."""
    assert "did you mean " in refused(text)
