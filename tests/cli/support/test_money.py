"""Amounts in the reader's locale."""

import re
from decimal import Decimal

import pytest
from babel import Locale
from babel.numbers import format_currency
from hypothesis import given
from hypothesis import strategies as st

from cli.support.money import Money, user_locale

US = Money(Locale("en", "US"))
LOCALES = (
    "en_US",
    "de_DE",
    "de_CH",
    "fr_FR",
    "en_GB",
    "ja_JP",
    "hi_IN",
    "ar_EG",
    "fa_IR",
    "pl_PL",
    "es_ES",
    "sv_SE",
    "nb_NO",
)


@given(
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15),
    st.sampled_from(("USD", "EUR", "JPY", "KWD", "CHF", "INR", "XYZ")),
    st.sampled_from(LOCALES),
)
def test_amounts_are_written_as_babel_writes_them(amount: Decimal, currency: str, locale: str) -> None:
    """By every locale's rules, for any amount, sign and number of decimals; a letter never touches a digit."""
    expected = format_currency(amount or abs(amount), currency, locale=locale, decimal_quantization=False)
    assert Money(Locale.parse(locale)).text(amount, currency) == re.sub(r"([A-Z])(\d)", "\\1\u00a0\\2", expected)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (US.text(Decimal("-18000.5"), "CHF"), "-CHF\u00a018,000.50"),  # a code is set apart, as in the CLDR
        (US.rounded(18000.0, "SEK", 0), "SEK\u00a018,000"),
        (US.rounded(65000, "USD", 0), "$65,000"),  # an axis has no more decimals than it needs
        (US.rounded(0.25, "USD", 2), "$0.25"),
        (US.text(Decimal("0.005"), "USD"), "$0.005"),  # no digit is lost to rounding
        (US.text(Decimal("123456789012345678.12"), "USD"), "$123,456,789,012,345,678.12"),
        (US.text(Decimal("-0.00"), "USD"), "$0.00"),
        (
            [Money(Locale(name), str.isascii).text(Decimal("-1234.5"), "KWD") for name in ("ar", "bgn", "fr")],
            ["-1,234.500 KWD", "-KWD 1,234.500", "-1 234,500 KWD"],  # on a plain terminal
        ),
        ([US.change(Decimal(text), "USD") for text in ("1", "-1", "0")], ["+$1.00", "-$1.00", "$0.00"]),
    ],
)
def test_amounts(shown: object, expected: object) -> None:
    """As the reader expects each one."""
    assert shown == expected


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"LANG": "de_DE.UTF-8"}, "de_DE"),
        ({"LANG": "de_DE.UTF-8", "LC_MONETARY": "fr_CH@euro"}, "fr_CH"),
        ({"LANG": "C.UTF-8"}, "en_US"),
        ({"LC_ALL": "POSIX", "LANG": "de_DE"}, "en_US"),
        ({"LANG": "klingon"}, "en_US"),
        ({"LANG": "pt-BR"}, "pt_BR"),
    ],
)
def test_the_locale_comes_from_the_environment(environ: dict[str, str], expected: str) -> None:
    """The more specific variable wins; an empty or invalid one means American English."""
    assert str(user_locale(environ)) == expected
