"""What a setting's value may look like: each check returns the value in its final form or notes a problem.

No message ever shows a value: people paste secrets into the wrong box.
"""

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby

from shared.errors import SettingProblem
from shared.settings.visible import hidden_problem, trim

_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
_TABLE_NAME = re.compile(r"[a-z][a-z0-9]{2,58}")
_SECRET_NAME = re.compile(r"[0-9A-Za-z-]{1,127}")
_LIMIT = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,4})?) +([A-Za-z]{3})")
_PLACE = re.compile(r"([^\[]*)(?:\[(\d+)\])?(.*)", re.DOTALL)
_MOST_RUNS = 20
_LONGEST_NAME = 100
_FORMULA_STARTS = ("=", "+", "-", "@")
_THOUSANDS = -3
"""The exponent of an amount with exactly three digits after its point."""
_THREE_DECIMALS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
"""ISO 4217 currencies with three decimals: elsewhere, a point and three digits may be a thousands separator."""


@dataclass(frozen=True)
class CreditLimit:
    """A credit limit and the ISO 4217 currency that it is in."""

    amount: Decimal
    currency: str

    def used_percent(self, balance: Decimal) -> float:
        """Return the percentage of the limit that a balance in its currency uses, to one decimal."""
        return round(float(balance / self.amount * 100), 1)


@dataclass
class ErrorCollector:
    """The errors found so far."""

    found: list[SettingProblem] = field(default_factory=list)

    def add(self, setting: str, wrong: str, right: str) -> None:
        """Note one problem: the setting's name, what is wrong, what is right."""
        self.found.append(SettingProblem(setting, wrong, right))

    def grouped(self) -> tuple[SettingProblem, ...]:
        """Return the problems; equal ones of several accounts as one, of `PARTNER_ACCOUNTS[0] to [299].tenantId`."""
        places: dict[tuple[str, str, str, str], list[int]] = {}
        for problem in self.found:
            array, index, member = _PLACE.fullmatch(problem.setting).groups()  # type: ignore[union-attr] # any text matches
            key = (array, member, problem.wrong, problem.right)
            places.setdefault(key, []).extend([int(index)] if index else [])
        return tuple(
            SettingProblem(f"{array}{_ranges(sorted(set(indexes)))}{member}", wrong, right)
            for (array, member, wrong, right), indexes in places.items()
        )


def _ranges(indexes: list[int]) -> str:
    """Return sorted numbers as `[0] to [7], [9]`, or shortened when they are many."""
    runs = [[index for _, index in run] for _, run in groupby(enumerate(indexes), lambda pair: pair[1] - pair[0])]
    text = ", ".join(f"[{run[0]}]" + (f" to [{run[-1]}]" if len(run) > 1 else "") for run in runs[:_MOST_RUNS])
    return text + (f" and {len(runs) - _MOST_RUNS} more places" if len(runs) > _MOST_RUNS else "")


@dataclass(frozen=True)
class SettingParser:
    """One setting's value, its name and where its errors go. Absent and empty are the same: None.

    `refused`: the value is there, but it was refused as a whole, and no other check looks at it.
    """

    name: str
    text: str | None
    errors: ErrorCollector
    refused: bool = False

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], name: str, errors: ErrorCollector) -> "SettingParser":
        """Take the setting of this name."""
        return cls.trimmed(name, environ.get(name, ""), errors)

    @classmethod
    def trimmed(cls, name: str, raw: str, errors: ErrorCollector) -> "SettingParser":
        """Take a value without the marks and space around it; what cannot be seen in the rest is an error."""
        text = trim(raw)
        if hidden := hidden_problem(text):
            errors.add(name, hidden, "the value without it; type it anew rather than paste it")
            return cls(name, None, errors, refused=True)
        if text.startswith("@Microsoft.KeyVault"):
            errors.add(
                name, "is a Key Vault reference that was not resolved", "the value itself: no setting here is secret"
            )
            return cls(name, None, errors, refused=True)
        return cls(name, text or None, errors)

    def add_error(self, what: str, right: str) -> None:
        """Note that this value is wrong."""
        self.errors.add(self.name, what, right)

    def require(self, right: str) -> bool:
        """Note a missing value; True when it is there."""
        if self.text is None and not self.refused:
            self.add_error("is missing", right)
        return self.text is not None

    def guid(self, what: str) -> str | None:
        """Return a GUID in lower case; `what` says which one and where to find it."""
        if self.text is None:
            return None
        lowered = self.text.lower()
        if _GUID.fullmatch(lowered):
            return lowered
        if dash := re.search("[\u2010-\u2015\u2212\uff0d]", lowered):
            kind = f"has another dash (U+{ord(dash[0]):04X}) at character {dash.start() + 1} where a GUID has a hyphen"
        elif inner := _GUID.search(lowered):
            kind = f"is not only a GUID, which it holds at characters {inner.start() + 1} to {inner.end()}"
        elif _DOMAIN.fullmatch(lowered):
            kind = "is a domain name, not a GUID"
        else:
            kind = "is not a GUID (8-4-4-4-12 hexadecimal digits, with the hyphens)"
        self.add_error(kind, what)
        return None

    def one_of(self, choices: Collection[str], default: str) -> str:
        """Return one of the words, the default when absent or wrong."""
        if self.text is None:
            return default
        if self.text not in choices:
            self.add_error(
                "is not one of the known words", " or ".join(sorted(choices)) + did_you_mean(self.text, choices)
            )
            return default
        return self.text

    def table_name(self, default: str) -> str:
        """Return a table's name: lower case, because Power BI's dataflows refuse mixed case."""
        name = self.text or default
        if not _TABLE_NAME.fullmatch(name) or name == "tables":
            self.add_error(
                f"is not a table name ({len(name)} characters)", "3 to 59 lower-case letters and digits, a letter first"
            )
        return name

    def secret_name(self) -> str | None:
        """Return the name of a Key Vault secret."""
        if self.text is None or _SECRET_NAME.fullmatch(self.text):
            return self.text
        self.add_error(
            f"is not a name of a Key Vault secret ({len(self.text)} characters)",
            "1 to 127 letters, digits and hyphens; the NAME of the secret in the vault, never the secret itself",
        )
        return None

    def display_name(self, default: str) -> str:
        """Return the name that people call an account."""
        name = self.text or default
        if len(name) > _LONGEST_NAME or not name.isprintable():
            self.add_error(f"is not a name ({len(name)} characters)", f"one line of at most {_LONGEST_NAME} characters")
        elif self.text and name.startswith(_FORMULA_STARTS):
            self.add_error(
                "begins with =, +, - or @, which a spreadsheet runs as a formula", "a name that begins otherwise"
            )
        return name

    def credit_limit(self) -> CreditLimit | None:
        """Return an amount above zero and its currency."""
        match = _LIMIT.fullmatch(self.text or "")
        limit = match and CreditLimit(Decimal(match[1]), match[2].upper())
        if self.text is None:
            return None
        if not limit or not limit.amount:
            self.add_error(
                "is not an amount above zero with its currency",
                "for example 85000 USD (digits, a point for decimals, no thousands signs)",
            )
            return None
        if limit.amount.as_tuple().exponent == _THOUSANDS and limit.currency not in _THREE_DECIMALS:
            self.add_error(
                "has a point and exactly three digits, which can be read as thousands or as decimals",
                "without a thousands separator (85000 EUR), or with two decimals (85.00 EUR)",
            )
            return None
        return limit


def did_you_mean(text: str, choices: Collection[str], *, close: float = 0.6) -> str:
    """Return a hint at the choice that a text is close to (1 is the same, whatever the case), or nothing."""
    by_lower = {choice.lower(): choice for choice in choices}
    nearest = difflib.get_close_matches(text.lower(), by_lower, n=1, cutoff=close)
    return f"; did you mean {by_lower[nearest[0]]}?" if nearest else ""
