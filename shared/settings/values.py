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

from shared.errors import Problem

_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
_HOST = re.compile(r"[0-9a-z._:-]+")
_TABLE_NAME = re.compile(r"[a-z][a-z0-9]{2,62}")
_SECRET_NAME = re.compile(r"[0-9A-Za-z-]{1,127}")
_LIMIT = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,4})?) +([A-Za-z]{3})")
_LONGEST_NAME = 100


@dataclass(frozen=True)
class CreditLimit:
    """A credit limit and the ISO 4217 currency that it is in."""

    amount: Decimal
    currency: str


@dataclass
class Problems:
    """The problems found so far."""

    found: list[Problem] = field(default_factory=list)

    def add(self, setting: str, wrong: str, right: str) -> None:
        """Note one problem: the setting's name, what is wrong, what is right."""
        self.found.append(Problem(setting, wrong, right))


@dataclass(frozen=True)
class Value:
    """One setting's value, its name and where its problems go. Absent and empty are the same: None."""

    name: str
    text: str | None
    problems: Problems

    @classmethod
    def of(cls, environ: Mapping[str, str], name: str, problems: Problems) -> "Value":
        """Take the setting of this name; space around it does not count."""
        return cls(name, environ.get(name, "").strip() or None, problems)

    def wrong(self, what: str, right: str) -> None:
        """Note that this value is wrong."""
        self.problems.add(self.name, what, right)

    def require(self, right: str) -> bool:
        """Note a missing value; True when it is there."""
        if self.text is None:
            self.wrong("is missing", right)
        return self.text is not None

    def guid(self, what: str) -> str | None:
        """Return a GUID in lower case; `what` tells a person which one and where it stands."""
        if self.text is None:
            return None
        lowered = self.text.lower()
        if _GUID.fullmatch(lowered):
            return lowered
        kind = (
            "is a domain name, not a GUID"
            if _DOMAIN.fullmatch(lowered)
            else "is no GUID (8-4-4-4-12 hexadecimal digits)"
        )
        self.wrong(kind, what)
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
            self.wrong("is no https address", f"for example {example}")
        elif parts.query or parts.fragment or "@" in parts.netloc:
            self.wrong("carries a key, a query or a user", f"only the address, for example {example}")
        elif path and not with_path:
            self.wrong("carries a path", f"only the address, for example {example}")
        else:
            return f"https://{parts.netloc.lower().removesuffix(':443')}{path}"
        return None

    def one_of(self, choices: Collection[str], default: str) -> str:
        """Return one of the words, the default when absent or wrong."""
        if self.text is None:
            return default
        if self.text not in choices:
            self.wrong("is none of the known words", " or ".join(sorted(choices)) + did_you_mean(self.text, choices))
            return default
        return self.text

    def time_zone(self) -> zoneinfo.ZoneInfo:
        """Return an IANA time zone, UTC when absent or unknown."""
        try:
            return zoneinfo.ZoneInfo(self.text or "UTC")
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            hint = did_you_mean(self.text or "", zoneinfo.available_timezones())
            self.wrong("is no IANA time zone", f"for example Europe/Berlin or UTC{hint}")
            return zoneinfo.ZoneInfo("UTC")

    def table_name(self, default: str) -> str:
        """Return a table's name: lower case, because Power BI's dataflows refuse mixed case."""
        name = self.text or default
        if not _TABLE_NAME.fullmatch(name) or name == "tables":
            self.wrong(
                f"is no table name ({len(name)} characters)", "3 to 63 lower-case letters and digits, a letter first"
            )
        return name

    def secret_name(self) -> str | None:
        """Return the name of a Key Vault secret."""
        if self.text is None or _SECRET_NAME.fullmatch(self.text):
            return self.text
        self.wrong(
            f"is no name of a Key Vault secret ({len(self.text)} characters)",
            "1 to 127 letters, digits and hyphens; the NAME of the secret in the vault, never the secret itself",
        )
        return None

    def display_name(self, default: str) -> str:
        """Return the name that people call an account."""
        name = self.text or default
        if len(name) > _LONGEST_NAME or not name.isprintable():
            self.wrong(f"is no name ({len(name)} characters)", f"one line of at most {_LONGEST_NAME} characters")
        return name

    def credit_limit(self) -> CreditLimit | None:
        """Return an amount above zero and its currency."""
        if self.text is None:
            return None
        match = _LIMIT.fullmatch(self.text)
        if match and Decimal(match[1]) > 0:
            return CreditLimit(Decimal(match[1]), match[2].upper())
        self.wrong(
            "is no amount with its currency", "for example 85000 USD (digits, a point for decimals, no thousands signs)"
        )
        return None


def did_you_mean(text: str, choices: Collection[str]) -> str:
    """Return a hint at the choice that a text is close to, or nothing."""
    by_lower = {choice.lower(): choice for choice in choices}
    close = difflib.get_close_matches(text.lower(), by_lower, n=1)
    return f"; did you mean {by_lower[close[0]]}?" if close else ""
