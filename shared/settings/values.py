"""Readers for values: each returns the value in its final form or raises `WrongValue`."""

import difflib
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from shared.settings.setting import WrongValue

T = TypeVar("T")

_DASH = re.compile("[\u2010-\u2015\u2212\uff0d]")
_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
_LIMIT = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,4})?) +([A-Za-z]{3})")
_MAX_NAME = 100
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
THREE_DECIMALS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
"""ISO 4217 currencies with three decimals. In others, a point before three digits may be a thousands separator."""


@dataclass(frozen=True)
class CreditLimit:
    """A credit limit and its ISO 4217 currency."""

    amount: Decimal
    currency: str

    def used_percent(self, balance: Decimal) -> float:
        """Return the percentage of the limit that a balance in the same currency uses, to one decimal."""
        return round(float(balance / self.amount * 100), 1)


def read_guid(text: str) -> str:
    """Read a GUID and lower-case it: it is a key, and two spellings would make two histories."""
    text = text.lower()
    if GUID.fullmatch(text):
        return text
    if dash := _DASH.search(text):
        raise WrongValue(
            f"has a different dash (U+{ord(dash[0]):04X}) at character {dash.start() + 1}, where a GUID has a hyphen"
        )
    if inner := GUID.search(text):
        raise WrongValue(f"contains more than a GUID, which is at characters {inner.start() + 1} to {inner.end()}")
    if _DOMAIN.fullmatch(text):
        raise WrongValue("is a domain name, not a GUID")
    raise WrongValue("is not a GUID (8-4-4-4-12 hexadecimal digits, with the hyphens)")


def one_of(meanings: Mapping[str, T]) -> Callable[[str], T]:
    """Return a reader that accepts one of these words."""

    def read(text: str) -> T:
        if text not in meanings:
            right = " or ".join(sorted(meanings)) + did_you_mean(text, meanings)
            raise WrongValue("is not one of the allowed values", right)
        return meanings[text]

    return read


def read_table_name(text: str) -> str:
    """Read a table name. It must be lower-case, because Power BI dataflows reject mixed case."""
    if not re.fullmatch(r"[a-z][a-z0-9]{2,58}", text) or text == "tables":
        raise WrongValue(f"is not a valid table name ({len(text)} characters)")
    return text


def read_secret_name(text: str) -> str:
    """Read a Key Vault secret's name."""
    if not re.fullmatch(r"[0-9A-Za-z-]{1,127}", text):
        raise WrongValue(
            f"is not a valid Key Vault secret name ({len(text)} characters)",
            "1 to 127 letters, digits and hyphens; the NAME of the secret in the vault, never the secret itself",
        )
    return text


def read_display_name(text: str) -> str:
    """Read the name that people call an account."""
    if len(text) > _MAX_NAME or not text.isprintable():
        raise WrongValue(f"is not a valid name ({len(text)} characters)", f"one line of at most {_MAX_NAME} characters")
    if text.startswith(("=", "+", "-", "@")):
        raise WrongValue(
            "begins with =, +, - or @, which a spreadsheet runs as a formula", "a name that begins differently"
        )
    return text


def read_credit_limit(text: str) -> CreditLimit:
    """Read an amount above zero and its currency."""
    match = _LIMIT.fullmatch(text)
    if match is None or not Decimal(match[1]):
        raise WrongValue(
            "is not an amount above zero with its currency",
            "for example 85000 USD (digits, a decimal point, no thousands separators)",
        )
    amount, currency = match[1], match[2].upper()
    if re.search(r"\.\d{3}$", amount) and currency not in THREE_DECIMALS:
        raise WrongValue(
            "has a point followed by exactly three digits, which can be read as thousands or as decimals",
            "without a thousands separator (85000 EUR), or with two decimals (85.00 EUR)",
        )
    return CreditLimit(Decimal(amount), currency)


def did_you_mean(text: str, choices: Collection[str], *, close: float = 0.6) -> str:
    """Return a hint naming the choice most similar to a text (1: equal, ignoring case), or an empty text."""
    by_lower = {choice.lower(): choice for choice in choices}
    nearest = difflib.get_close_matches(text.lower(), by_lower, n=1, cutoff=close)
    return f"; did you mean {by_lower[nearest[0]]}?" if nearest else ""
