"""What a setting's value may look like: each check returns the value in its final form or notes a problem.

No message ever shows a value: people paste secrets into the wrong box.
"""

import difflib
import re
import zoneinfo
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from urllib.parse import urlsplit

from shared.errors import SettingProblem
from shared.settings.visible import hidden_problem, trim
from shared.settings.windows_zones import WINDOWS_ZONES

_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
_HOST = re.compile(r"[0-9a-z._:-]+")
_TABLE_NAME = re.compile(r"[a-z][a-z0-9]{2,58}")
_SECRET_NAME = re.compile(r"[0-9A-Za-z-]{1,127}")
_LIMIT = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,4})?) +([A-Za-z]{3})")
_LONGEST_NAME = 100
_FORMULA_STARTS = ("=", "+", "-", "@")
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


@dataclass(frozen=True)
class SettingParser:
    """One setting's value, its name and where its errors go. Absent and empty are the same: None.

    `refused`: the value is there, but something invisible in it was noted, and no other check looks at it.
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
        dash = re.search("[\u2010-\u2015\u2212\uff0d]", lowered)
        if dash:
            kind = f"has another dash (U+{ord(dash[0]):04X}) at character {dash.start() + 1} where a GUID has a hyphen"
        elif re.fullmatch(r"\{.*\}|\(.*\)|<.*>", lowered):
            kind = "is in brackets, not a GUID alone"
        elif _DOMAIN.fullmatch(lowered):
            kind = "is a domain name, not a GUID"
        else:
            kind = "is not a GUID (8-4-4-4-12 hexadecimal digits)"
        self.add_error(kind, what)
        return None

    def https_url(self, example: str, *, with_path: bool = False) -> str | None:
        """Return an https address without a slash at its end; a key, a query or a user in it is refused."""
        if self.text is None:
            return None
        try:
            parts = urlsplit(self.text)
            host, _ = parts.hostname, parts.port
        except ValueError:
            parts, host = urlsplit(""), None
        path = parts.path.rstrip("/")
        if parts.scheme != "https" or not _HOST.fullmatch(host or "") or re.search(r"\s", self.text):
            self.add_error("is not an https URL", f"for example {example}")
        elif parts.query or parts.fragment or "@" in parts.netloc:
            self.add_error("carries a key, a query or a user", f"only the address, for example {example}")
        elif path and not with_path:
            self.add_error("carries a path", f"only the address, for example {example}")
        else:
            return f"https://{parts.netloc.lower().removesuffix(':443')}{path}"
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

    def time_zone(self) -> zoneinfo.ZoneInfo:
        """Return an IANA time zone, UTC when absent or unknown."""
        try:
            return zoneinfo.ZoneInfo(self.text or "UTC")
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            iana = {name.lower(): zone for name, zone in WINDOWS_ZONES.items()}.get((self.text or "").lower())
            if iana or re.fullmatch(r"[A-Za-z. ]+ Standard Time", self.text or ""):
                self.add_error(
                    "is a Windows time zone name, not an IANA name",
                    iana or "the IANA name of the zone, for example Europe/Berlin",
                )
                return zoneinfo.ZoneInfo("UTC")
            hint = did_you_mean(self.text or "", zoneinfo.available_timezones())
            self.add_error("is not an IANA time zone", f"for example Europe/Berlin or UTC{hint}")
            return zoneinfo.ZoneInfo("UTC")

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
        if self.text is None:
            return None
        match = _LIMIT.fullmatch(self.text)
        if match and len(match[1].partition(".")[2]) == 3 and match[2].upper() not in _THREE_DECIMALS:  # noqa: PLR2004 - a thousands group
            self.add_error(
                "has a point and exactly three digits, which can be read as thousands or as decimals",
                "without a thousands separator (85000 EUR), or with two decimals (85.00 EUR)",
            )
            return None
        if match and Decimal(match[1]) > 0:
            return CreditLimit(Decimal(match[1]), match[2].upper())
        self.add_error(
            "is not an amount with its currency",
            "for example 85000 USD (digits, a point for decimals, no thousands signs)",
        )
        return None


def did_you_mean(text: str, choices: Collection[str]) -> str:
    """Return a hint at the choice that a text is close to, or nothing."""
    by_lower = {choice.lower(): choice for choice in choices}
    close = difflib.get_close_matches(text.lower(), by_lower, n=1)
    return f"; did you mean {by_lower[close[0]]}?" if close else ""
