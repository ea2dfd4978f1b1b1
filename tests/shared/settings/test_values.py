"""The valid and invalid forms of each kind of value."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from shared.settings.values import (
    CreditLimit,
    one_of,
    read_credit_limit,
    read_display_name,
    read_guid,
    read_secret_name,
    read_table_name,
)
from tests.support.samples import TENANT, wrong_of

read_word = one_of({"app": False, "app_user": True})


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (read_guid, TENANT.upper(), TENANT),
        (read_word, "app_user", True),
        *((read_table_name, text, text) for text in ("abc", "a12", "a" * 59)),
        *((read_secret_name, text, text) for text in ("a", "Partner-App-1", "9" * 127)),
        *((read_display_name, text, text) for text in ("Contoso Österreich “Süd” 1/2", "x" * 100)),
        (read_credit_limit, "85000 USD", CreditLimit(Decimal(85000), "USD")),
        (read_credit_limit, "85000.50  eur", CreditLimit(Decimal("85000.50"), "EUR")),
        *(
            (read_credit_limit, f"85.000 {currency}", CreditLimit(Decimal(85), currency))
            for currency in ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
        ),
        (read_credit_limit, "85.00 EUR", CreditLimit(Decimal("85.00"), "EUR")),
        (read_credit_limit, "0.0001 CHF", CreditLimit(Decimal("0.0001"), "CHF")),
    ],
)
def test_a_valid_value_is_accepted(read: Callable[[str], Any], text: str, value: object) -> None:
    """In its final form, which is lowercase for a GUID: it is a key, and two spellings would mean two histories."""
    assert read(text) == value


@pytest.mark.parametrize(
    ("read", "wrong", "right", "texts"),
    [
        (read_guid, "is a domain name, not a GUID", None, ["contoso.onmicrosoft.com", "Contoso.COM"]),
        (read_guid, "contains more than a GUID, which is at characters 2 to 37", None, [f"{{{TENANT}}}"]),
        (read_guid, "contains more than a GUID, which is at characters 1 to 36", None, [f"{TENANT};"]),
        *(
            (read_guid, f"has a different dash (U+{ord(dash):04X}) at character 9, ", None, [TENANT.replace("-", dash)])
            for dash in "\u2010\u2015\u2212\uff0d"
        ),
        (read_guid, "is not a GUID", None, [TENANT.replace("-", ""), TENANT.replace("a", "g"), "common"]),
        (read_word, "is not one of the allowed values", "app or app_user; did you mean app_user?", ["APP-USER"]),
        (read_table_name, "is not a valid table name (2 characters)", None, ["ab"]),
        (
            read_table_name,
            "is not a valid table name",
            None,
            ["1abc", "PartnerBalances", "a-b-c", "a" * 60, "tables", "äbc"],
        ),
        (read_secret_name, "is not a valid Key Vault", "never the secret itself", ["hush~", "a_b", "https://v/a"]),
        (read_secret_name, "is not a valid Key Vault secret name (128 char", "never the secret itself", ["a" * 128]),
        (read_display_name, "is not a valid name (", "one line of at most 100", ["two\nlines", "x" * 101, "\ud800"]),
        (read_display_name, "begins with =, +, - or @", "differently", ["=1+1", "+1", "-1", "@SUM(A1)"]),
        *(
            (read_credit_limit, "is not an amount above zero with its currency", "no thousands separators", texts)
            for texts in (
                ["85000", "USD", "USD 85000", "85000USD", "85,000 USD", "85.000,00 EUR", "1'234 CHF", "85 000 EUR"],
                ["-1 USD", "0 USD", "0.000 KWD", "1e5 USD", "1 US$", "€85000", "NaN USD", "Infinity USD", "85k USD"],
                ["1.23456 USD", "1" * 16 + " USD", "٣ USD", "\uff18\uff15 USD", "1 USD\n1 USD", "1.234.567 EUR"],
            )
        ),
        (
            read_credit_limit,
            "has a point followed by exactly three digits",
            "85000 EUR",
            ["85.000 EUR", "1.250 usd", "0.500 JPY"],
        ),
    ],
)
def test_an_invalid_value_is_refused(
    read: Callable[[str], Any], wrong: str, right: str | None, texts: list[str]
) -> None:
    """With what it is instead, if that is known. No character in an amount is ignored."""
    for text in texts:
        found, remedy = wrong_of(read, text)
        assert found.startswith(wrong)
        assert (remedy is None) if right is None else (right in str(remedy))


@pytest.mark.parametrize(("limit", "balance", "percent"), [("1000", "-50", -5.0), ("3", "1", 33.3), ("1", "0", 0.0)])
def test_the_used_share_of_a_limit(limit: str, balance: str, percent: float) -> None:
    """In percent, to one decimal; a credit balance is negative."""
    assert CreditLimit(Decimal(limit), "USD").used_percent(Decimal(balance)) == percent
