"""What each kind of setting takes and refuses, and that no refusal shows the value."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.settings.addresses import read_table_endpoint, read_url
from shared.settings.schedule import check_schedule
from shared.settings.time_zone import read_time_zone
from shared.settings.values import CreditLimit, ErrorCollector, SettingParser, did_you_mean

GUID = "0a1b2c3d-0000-4000-8000-00000000000a"
WORDS = ("app", "app_user")
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "guid": ("the Directory (tenant) ID",),
    "one_of": (WORDS, "app"),
    "table_name": ("partnerbalances",),
    "display_name": ("the id",),
}
"""What the checks are given besides the value."""


def checked(check: str, text: str | None) -> tuple[Any, list[tuple[str, str]]]:
    """Return what a check makes of a text, and each problem: what is wrong and what is right."""
    setting = SettingParser("A_SETTING", text, ErrorCollector())
    result = getattr(setting, check)(*ARGUMENTS.get(check, ()))
    assert all(problem.setting == "A_SETTING" and problem.right for problem in setting.errors.found)
    return result, [(problem.wrong, problem.right) for problem in setting.errors.found]


def trimmed(text: str) -> tuple[str | None, list[str]]:
    """Return a value as it is taken from the environment, and what is wrong with it."""
    errors = ErrorCollector()
    setting = SettingParser.from_environ({"A": text}, "A", errors)
    setting.require("a word")
    return setting.text, [problem.wrong for problem in errors.found]


@pytest.mark.parametrize("around", ["", " ", "\ufeff", "\u200b", "\u200e", "\u00a0", "\u2060 \n\ufeff", "\t\r\n"])
def test_what_cannot_be_seen_around_a_value_does_not_count(around: str) -> None:
    """Editors, shells and portals put it there; nothing but that is nothing."""
    assert trimmed(f"{around}x y{around}") == ("x y", [])
    assert trimmed(around) == (None, ["is missing"])


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
        ("\u00ababc\u00bb", "has quotes around it, at characters 1 and 5"),
        ("@Microsoft.KeyVault(SecretUri=x)", "is a Key Vault reference that was not resolved"),
    ],
)
def test_what_cannot_be_seen_is_named_with_its_place(text: str, wrong: str) -> None:
    """Before any other check, which then says nothing more."""
    assert trimmed(text) == (None, [wrong])


@pytest.mark.parametrize(
    ("check", "text", "result"),
    [
        ("guid", GUID.upper(), GUID),
        ("guid", None, None),
        ("one_of", None, "app"),
        ("one_of", "app_user", "app_user"),
        ("table_name", "abc", "abc"),
        ("table_name", "a12", "a12"),
        ("table_name", "a" * 59, "a" * 59),
        ("table_name", None, "partnerbalances"),
        ("secret_name", "a", "a"),
        ("secret_name", "Partner-App-1", "Partner-App-1"),
        ("secret_name", "9" * 127, "9" * 127),
        ("secret_name", None, None),
        ("display_name", "Contoso Österreich “Süd” 1/2", "Contoso Österreich “Süd” 1/2"),
        ("display_name", None, "the id"),
        ("credit_limit", "85000 USD", CreditLimit(Decimal(85000), "USD")),
        ("credit_limit", "85000.50  eur", CreditLimit(Decimal("85000.50"), "EUR")),
        ("credit_limit", "85.000 KWD", CreditLimit(Decimal("85.000"), "KWD")),
        ("credit_limit", "85.00 EUR", CreditLimit(Decimal("85.00"), "EUR")),
        ("credit_limit", "0.0001 CHF", CreditLimit(Decimal("0.0001"), "CHF")),
        ("credit_limit", None, None),
    ],
)
def test_a_right_value_is_taken(check: str, text: str | None, result: object) -> None:
    """In its final form, which for a GUID is lower case: it is a key, and two spellings would be two histories."""
    assert checked(check, text) == (result, [])


NOT_A_LIMIT = "is not an amount above zero with its currency"
TWO_WAYS = "has a point and exactly three digits"
NOT_A_TABLE = "is not a table name"


@pytest.mark.parametrize(
    ("check", "text", "wrong", "right"),
    [
        ("guid", "contoso.onmicrosoft.com", "is a domain name, not a GUID", "the Directory (tenant) ID"),
        ("guid", "Contoso.COM", "is a domain name, not a GUID", "the Directory (tenant) ID"),
        (
            "guid",
            f"{{{GUID}}}",
            "is not only a GUID, which it holds at characters 2 to 37",
            "the Directory (tenant) ID",
        ),
        ("guid", f'\\"{GUID}', "is not only a GUID, which it holds at characters 3 to 38", "the Directory (tenant) ID"),
        ("guid", f"{GUID};", "is not only a GUID, which it holds at characters 1 to 36", "the Directory (tenant) ID"),
        ("guid", GUID.replace("-", "\u2011"), "has another dash (U+2011) at character 9 ", "the Directory (tenant) ID"),
        ("guid", GUID.replace("-", ""), "is not a GUID", "the Directory (tenant) ID"),
        ("guid", GUID.replace("a", "g"), "is not a GUID", "the Directory (tenant) ID"),
        ("guid", "common", "is not a GUID", "the Directory (tenant) ID"),
        ("one_of", "App-User", "is not one of the known words", "app or app_user; did you mean app_user?"),
        ("table_name", "ab", NOT_A_TABLE, "3 to 59"),
        ("table_name", "1abc", NOT_A_TABLE, "3 to 59"),
        ("table_name", "PartnerBalances", NOT_A_TABLE, "lower-case"),  # Power BI's dataflows refuse mixed case
        ("table_name", "a-b-c", NOT_A_TABLE, "3 to 59"),
        ("table_name", "a" * 60, NOT_A_TABLE, "3 to 59"),
        ("table_name", "tables", NOT_A_TABLE, "3 to 59"),
        ("table_name", "äbc", NOT_A_TABLE, "3 to 59"),
        ("secret_name", "hush~hush", "is not a name of a Key Vault secret", "never the secret itself"),
        ("secret_name", "a_b", "is not a name of a Key Vault secret", "never the secret itself"),
        ("secret_name", "https://v/secrets/a", "is not a name of a Key Vault secret", "never the secret itself"),
        ("secret_name", "a" * 128, "is not a name of a Key Vault secret", "never the secret itself"),
        ("display_name", "two\nlines", "is not a name", "one line"),
        ("display_name", "x" * 101, "is not a name", "at most 100"),
        ("display_name", "\ud800", "is not a name", "one line"),
        ("display_name", "=1+1", "begins with =, +, - or @, which a spreadsheet runs", "otherwise"),
        ("display_name", "@SUM(A1)", "begins with =, +, - or @, which a spreadsheet runs", "otherwise"),
        *[
            ("credit_limit", text, NOT_A_LIMIT, "no thousands signs")
            for text in (
                *("85000", "USD", "USD 85000", "85000USD", "85,000 USD", "85.000,00 EUR", "1'234 CHF", "85 000 EUR"),
                *("-1 USD", "0 USD", "0.000 KWD", "1e5 USD", "1 US$", "€85000", "NaN USD", "Infinity USD", "85k USD"),
                *("1.23456 USD", "1" * 16 + " USD", "٣ USD", "\uff18\uff15 USD", "1 USD\n1 USD", "1.234.567 EUR"),
            )
        ],
        ("credit_limit", "85.000 EUR", TWO_WAYS, "85000 EUR"),
        ("credit_limit", "1.250 usd", TWO_WAYS, "85000 EUR"),
        ("credit_limit", "0.500 JPY", TWO_WAYS, "85000 EUR"),
    ],
)
def test_a_wrong_value_is_refused(check: str, text: str, wrong: str, right: str) -> None:
    """With what it is instead, where that is known; no sign of an amount is guessed away."""
    ((found, remedy),) = checked(check, text)[1]
    assert found.startswith(wrong)
    assert right in remedy


def test_a_suggestion_is_only_made_when_it_is_close() -> None:
    """Far from everything there is nothing to suggest; the case does not count."""
    assert did_you_mean("TENANTID", ["tenantId", "name"]) == "; did you mean tenantId?"
    assert did_you_mean("xyz", ["tenantId", "name"]) == ""


READERS = [
    *(lambda setting, check=check: getattr(setting, check)(*ARGUMENTS.get(check, ())) for check in ARGUMENTS),
    SettingParser.secret_name,
    SettingParser.credit_limit,
    check_schedule,
    read_time_zone,
    lambda setting: read_url(setting, "https://x"),
    lambda setting: read_table_endpoint(setting, "partnerbalances"),
]


@given(reader=st.sampled_from(READERS), text=st.text(min_size=1, max_size=200) | st.from_regex(r"\Ahttps://.{1,40}\Z"))
def test_any_text_is_taken_or_is_a_problem(reader: Any, text: str) -> None:
    """No text, however strange, breaks a check; what is refused is a problem on one short line."""
    setting = SettingParser("A_SETTING", text, ErrorCollector())
    reader(setting)
    assert all(len(str(problem)) <= 600 and len(str(problem).splitlines()) == 1 for problem in setting.errors.found)


@pytest.mark.parametrize(("limit", "balance", "percent"), [("1000", "-50", -5.0), ("3", "1", 33.3), ("1", "0", 0.0)])
def test_the_used_share_of_a_limit(limit: str, balance: str, percent: float) -> None:
    """In percent, to one decimal; a credit is less than nothing."""
    assert CreditLimit(Decimal(limit), "USD").used_percent(Decimal(balance)) == percent
