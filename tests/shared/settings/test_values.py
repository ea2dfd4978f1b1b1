"""What each kind of setting takes and refuses, and that no refusal shows the value."""

import zoneinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.settings.values import CreditLimit, ErrorCollector, SettingParser, did_you_mean
from shared.settings.windows_zones import WINDOWS_ZONES


def value(text: str | None) -> SettingParser:
    """Return a setting with this text."""
    return SettingParser("A_SETTING", text, ErrorCollector())


def refusal(checked: SettingParser) -> tuple[str, str]:
    """Return what is wrong and what is right, of exactly one problem, which names the setting."""
    (problem,) = checked.errors.found
    assert problem.setting == "A_SETTING"
    assert problem.right
    return problem.wrong, problem.right


@pytest.mark.parametrize("text", ["", "   ", "\t\n"])
def test_an_empty_text_is_absent(text: str) -> None:
    """Portals and templates set empty strings where nothing is meant."""
    assert SettingParser.from_environ({"A": text}, "A", ErrorCollector()).text is None
    assert SettingParser.from_environ({}, "A", ErrorCollector()).text is None


def test_space_around_a_value_does_not_count() -> None:
    """It comes along when a value is copied."""
    assert SettingParser.from_environ({"A": " x y \r\n"}, "A", ErrorCollector()).text == "x y"


@pytest.mark.parametrize("mark", ["\ufeff", "\u200b", "\u200e", "\u00a0", "\u2060 \n\ufeff"])
def test_marks_around_a_value_do_not_count(mark: str) -> None:
    """Editors and shells put them there, and nobody sees them."""
    errors = ErrorCollector()
    assert SettingParser.from_environ({"A": f"{mark}x{mark}"}, "A", errors).text == "x"
    assert errors.found == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("ab\u200bc", "has an invisible character at character 3 (U+200B, zero width space)"),
        ("a\u00a0b", "has an invisible character at character 2 (U+00A0, no-break space)"),
        ("a\nb", "has an invisible character at character 2 (U+000A, control character)"),
        ("a\u00adb", "has an invisible character at character 2 (U+00AD, soft hyphen)"),
        ('"abc"', "has quotes around it, at characters 1 and 5"),
        ("'abc'", "has quotes around it, at characters 1 and 5"),
        ("\u201cabc\u201d", "has quotes around it, at characters 1 and 5"),
    ],
)
def test_what_cannot_be_seen_is_named_with_its_place(text: str, wrong: str) -> None:
    """Before any other check, which stays silent."""
    checked = SettingParser.trimmed("A_SETTING", text, ErrorCollector())
    checked.require("a GUID")
    assert checked.guid("a GUID") is None
    assert refusal(checked)[0] == wrong


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("eastern standard time", "America/New_York"),
        ("Ulaanbaatar Standard Time", "the IANA name of the zone, for example Europe/Berlin"),
    ],
)
def test_a_windows_time_zone_is_named_as_one(text: str, right: str) -> None:
    """With the IANA name of the common ones, and no guess at others."""
    checked = value(text)
    checked.time_zone()
    assert refusal(checked) == ("is a Windows time zone name, not an IANA name", right)


def test_every_iana_name_of_a_windows_zone_exists() -> None:
    """A remedy must work."""
    assert set(WINDOWS_ZONES.values()) <= zoneinfo.available_timezones()


def test_a_required_value_that_is_absent_is_a_problem() -> None:
    """The problem says what belongs there."""
    missing, there = value(None), value("x")
    assert not missing.require("a word")
    assert refusal(missing) == ("is missing", "a word")
    assert there.require("a word")
    assert there.errors.found == []


@pytest.mark.parametrize("text", ["0A1B2C3D-0000-4000-8000-00000000000A", "0a1b2c3d-0000-4000-8000-00000000000a"])
def test_a_guid_is_lower_case(text: str) -> None:
    """It is a key: two spellings of one tenant would be two histories."""
    assert value(text).guid("the id") == "0a1b2c3d-0000-4000-8000-00000000000a"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("contoso.onmicrosoft.com", "is a domain name, not a GUID"),
        ("Contoso.COM", "is a domain name, not a GUID"),
        ("common", "is not a GUID"),
        ("{0a1b2c3d-0000-4000-8000-00000000000a}", "is in brackets"),
        ("0a1b2c3d\u20110000\u20114000-8000-00000000000a", "has another dash (U+2011) at character 9 "),
        ("0a1b2c3d00004000800000000000000a", "is not a GUID"),
        ("0a1b2c3d-0000-4000-8000-00000000000g", "is not a GUID"),
        ("0a1b2c3d-0000-4000-8000-00000000000a\n0", "is not a GUID"),
    ],
)
def test_what_is_no_guid_is_refused(text: str, wrong: str) -> None:
    """A domain name is told apart, because it is the likeliest mistake; the remedy says where the GUID is."""
    checked = value(text)
    assert checked.guid("the Directory (tenant) ID") is None
    found, right = refusal(checked)
    assert found.startswith(wrong)
    assert right == "the Directory (tenant) ID"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://contoso.vault.azure.net", "https://contoso.vault.azure.net"),
        ("https://contoso.vault.azure.net/", "https://contoso.vault.azure.net"),
        ("HTTPS://contoso.vault.azure.net", "https://contoso.vault.azure.net"),
        ("https://127.0.0.1:8443", "https://127.0.0.1:8443"),
        ("https://[::1]:8443/", "https://[::1]:8443"),
    ],
)
def test_an_address_has_no_slash_at_its_end(text: str, url: str) -> None:
    """Paths are put after it."""
    checked = value(text)
    assert checked.https_url("https://x") == url
    assert checked.errors.found == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("http://contoso.vault.azure.net", "is not an https URL"),
        ("contoso.vault.azure.net", "is not an https URL"),
        ("contoso", "is not an https URL"),
        ("https://", "is not an https URL"),
        ("https:///path", "is not an https URL"),
        ("https://:443", "is not an https URL"),
        ("https://a b", "is not an https URL"),
        ("https://a\nb", "is not an https URL"),
        ("https://[::1", "is not an https URL"),
        ("https://host:99999", "is not an https URL"),
        ("https://host:port", "is not an https URL"),
        ("DefaultEndpointsProtocol=https;AccountName=a;AccountKey=aHVzaA==", "is not an https URL"),
        ("https://a.table.core.windows.net?sv=2024&sig=hush", "carries a key, a query or a user"),
        ("https://a.table.core.windows.net/?sig=hush", "carries a key, a query or a user"),
        ("https://a.table.core.windows.net#hush", "carries a key, a query or a user"),
        ("https://user:hush@a.table.core.windows.net", "carries a key, a query or a user"),
        ("https://contoso.vault.azure.net/secrets/hush", "carries a path"),
    ],
)
def test_what_is_no_bare_address_is_refused(text: str, wrong: str) -> None:
    """Plain http, a key or a user in the address, a path where none belongs."""
    checked = value(text)
    assert checked.https_url("https://example") is None
    found, right = refusal(checked)
    assert found == wrong
    assert right.endswith("for example https://example")


@pytest.mark.parametrize(
    "text", ["https://<account>.table.core.windows.net", "https://a\x01b", "https://a\\b", "https://a|b"]
)
def test_an_address_with_characters_of_no_host_is_refused(text: str) -> None:
    """The example itself, copied with its placeholder, is the likeliest of them."""
    checked = value(text)
    assert checked.https_url("https://example") is None
    assert refusal(checked)[0] == "is not an https URL"


def test_a_path_is_taken_where_one_belongs() -> None:
    """A local table service has the account in its path."""
    assert value("https://127.0.0.1:10002/account/").https_url("", with_path=True) == "https://127.0.0.1:10002/account"


def test_one_of_the_words() -> None:
    """Absent is the default; a near miss gets a suggestion."""
    words = ("app", "app_user")
    assert value(None).one_of(words, "app") == "app"
    assert value("app_user").one_of(words, "app") == "app_user"
    near = value("App-User")
    assert near.one_of(words, "app") == "app"
    assert refusal(near) == ("is not one of the known words", "app or app_user; did you mean app_user?")


def test_time_zones() -> None:
    """UTC when absent; an IANA name otherwise, with a suggestion for a near miss."""
    assert value(None).time_zone() == ZoneInfo("UTC")
    assert value("Europe/Berlin").time_zone() == ZoneInfo("Europe/Berlin")
    near = value("Europe/Berln")
    assert near.time_zone() == ZoneInfo("UTC")
    assert refusal(near)[1].endswith("did you mean Europe/Berlin?")


@pytest.mark.parametrize("text", ["+01:00", "../../etc/passwd", "/etc/localtime", "Europe", "a\0b", "\ud800"])
def test_what_is_no_time_zone_is_refused(text: str) -> None:
    """A Windows name, an offset, a path, a folder of names: no zone, and no way out of the zone files."""
    checked = value(text)
    assert checked.time_zone() == ZoneInfo("UTC")
    assert refusal(checked)[0] == "is not an IANA time zone"


@pytest.mark.parametrize("text", ["abc", "partnerbalances", "a12", "a" * 59])
def test_table_names(text: str) -> None:
    """3 to 59 lower-case letters and digits, a letter first."""
    checked = value(text)
    assert checked.table_name("default") == text
    assert checked.errors.found == []
    assert value(None).table_name("partnerbalances") == "partnerbalances"


@pytest.mark.parametrize("text", ["ab", "1abc", "PartnerBalances", "a-b-c", "a_b", "a" * 60, "tables", "abc\n", "äbc"])
def test_what_is_no_table_name_is_refused(text: str) -> None:
    """Mixed case too, because Power BI's dataflows refuse it."""
    checked = value(text)
    checked.table_name("partnerbalances")
    assert "is not a table name" in refusal(checked)[0]


@pytest.mark.parametrize("text", ["hush~hush", "a_b", "a b", "https://v/secrets/a", "a" * 128, "a.b"])
def test_what_is_no_secrets_name_is_refused(text: str) -> None:
    """A client secret has characters that a name has not: whoever pastes one is told that the name belongs here."""
    checked = value(text)
    assert checked.secret_name() is None
    assert "never the secret itself" in refusal(checked)[1]


def test_secret_names() -> None:
    """1 to 127 letters, digits and hyphens."""
    assert [value(text).secret_name() for text in ("a", "Partner-App-1", "9" * 127, None)] == [
        "a",
        "Partner-App-1",
        "9" * 127,
        None,
    ]


def test_display_names() -> None:
    """Any one line of at most 100 characters; the default when absent."""
    assert value("Contoso Österreich “Süd” 1/2").display_name("id") == "Contoso Österreich “Süd” 1/2"
    assert value(None).display_name("id") == "id"
    for text in ("two\nlines", "x" * 101, "tab\there", "\ud800"):
        checked = value(text)
        checked.display_name("id")
        assert "is not a name" in refusal(checked)[0]


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("85000 USD", CreditLimit(Decimal(85000), "USD")),
        ("85000.50  eur", CreditLimit(Decimal("85000.50"), "EUR")),
        ("85.000 KWD", CreditLimit(Decimal("85.000"), "KWD")),
        ("85.00 EUR", CreditLimit(Decimal("85.00"), "EUR")),
        ("0.0001 CHF", CreditLimit(Decimal("0.0001"), "CHF")),
    ],
)
def test_credit_limits(text: str, limit: CreditLimit) -> None:
    """An amount and a currency, which is upper-cased like the balance's."""
    assert value(text).credit_limit() == limit
    assert value(None).credit_limit() is None


@pytest.mark.parametrize(
    "text",
    [
        "85000",
        "USD",
        "USD 85000",
        "85,000 USD",
        "85.000,00 EUR",
        "-1 USD",
        "0 USD",
        "0.00 USD",
        "1e5 USD",
        "1 US$",
        "85000USD",
        "NaN USD",
        "1.23456 USD",
        "1" * 16 + " USD",
        "٣ USD",
        "1 USD\n1 USD",
    ],
)
def test_what_is_no_credit_limit_is_refused(text: str) -> None:
    """No sign is guessed away: a comma may be a thousand or a decimal."""
    checked = value(text)
    assert checked.credit_limit() is None
    assert "is not an amount with its currency" in refusal(checked)[0]


@pytest.mark.parametrize("text", ["85.000 EUR", "1.250 usd", "0.500 JPY", "120.000 CHF"])
def test_a_point_and_three_digits_are_refused(text: str) -> None:
    """In half of Europe this is a thousands separator."""
    checked = value(text)
    assert checked.credit_limit() is None
    assert "exactly three digits" in refusal(checked)[0]


@pytest.mark.parametrize("text", ["=1+1", "+Contoso", "-Contoso", "@SUM(A1)"])
def test_a_name_that_a_spreadsheet_runs_is_refused(text: str) -> None:
    """The name is exported to CSV and Excel."""
    checked = value(text)
    checked.display_name("id")
    assert "spreadsheet" in refusal(checked)[0]


def test_a_suggestion_is_only_made_when_it_is_close() -> None:
    """Far from everything there is nothing to suggest; the case does not count."""
    assert did_you_mean("TENANTID", ["tenantId", "name"]) == "; did you mean tenantId?"
    assert did_you_mean("xyz", ["tenantId", "name"]) == ""


CHECKS = ["guid", "https_url", "one_of", "time_zone", "table_name", "secret_name", "display_name", "credit_limit"]
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "guid": ("the id",),
    "https_url": ("https://x",),
    "one_of": (("app", "app_user"), "app"),
    "table_name": ("default",),
    "display_name": ("default",),
}


@given(check=st.sampled_from(CHECKS), text=st.text(min_size=1, max_size=200) | st.from_regex(r"\Ahttps://.{1,40}\Z"))
def test_any_text_is_taken_or_is_a_problem(check: str, text: str) -> None:
    """No text, however strange, breaks a check; what is refused is one problem, told on one line."""
    checked = value(text)
    getattr(checked, check)(*ARGUMENTS.get(check, ()))
    assert len(checked.errors.found) <= 1
    assert all(len(str(problem).splitlines()) == 1 for problem in checked.errors.found)
