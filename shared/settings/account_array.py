"""PARTNER_ACCOUNTS: a JSON array of accounts, and what becomes of it on its way into a setting."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from shared.net import exact_json
from shared.settings.values import ErrorCollector, SettingParser, did_you_mean
from shared.settings.visible import hidden_problem

MEMBERS = {
    "PARTNER_TENANT_ID": "tenantId",
    "PARTNER_CLIENT_ID": "clientId",
    "PARTNER_ACCOUNT_NAME": "name",
    "PARTNER_CREDENTIAL": "credential",
    "PARTNER_SECRET_NAME": "secretName",
    "PARTNER_AUTH": "auth",
    "PARTNER_REFRESH_TOKEN_NAME": "refreshTokenName",
    "PARTNER_BALANCES": "balances",
    "PARTNER_CREDIT_LIMIT": "creditLimit",
    "PARTNER_CLOUD": "cloud",
}
"""The settings of a single account, and the member of a PARTNER_ACCOUNTS object that means the same."""

MANY = "PARTNER_ACCOUNTS"

LONGEST = 120_000
"""Characters of PARTNER_ACCOUNTS: Linux starts no process with more than 131,071 bytes in one variable."""

_MEMBER_LIKE = re.compile(r"[A-Za-z_-]{1,30}")
"""What is shown of an unknown member's name; a secret in its place is longer or has digits."""

_ARRAY = "a JSON array with one object for each account, each member once; docs/settings.md shows one"

_CAUSES = (
    (r"\A@Microsoft\.KeyVault", "is a Key Vault reference that was not resolved"),
    (r"\A\{.*\}\Z", "is one object, without the [ and ] of an array"),
    (
        r"[\[{,:]\s*[\u201c-\u201f\u00ab\u00bb\u2033\uff02]",
        "has curly quotes, which a word processor puts in place of straight ones",
    ),
    (r'[\[{,:]\s*\\+"', "has escaped quotes (a backslash before each), which a portal or shell adds"),
    (r'[\[{,]\s*""\w', "has every quote twice, as in a CSV file"),
    (
        r"[\[{,:]\s*(&quot;|%22|`)",
        "has something else in place of each double quote, which a web page or a shell puts there",
    ),
    (r"[\[{,:]\s*'|:\s*(None|True|False)\b", "is a Python literal, not JSON (single quotes, None, True or False)"),
    (r'\A\[\s*\{[^"]*\Z', "has no double quotes; PowerShell removes them from an argument"),
    (r"""\A(['"]).*\1\Z""", "has quotes around the whole array"),
    (r'["}\]]\s*,\s*[\]}]', "has a comma after the last object or member"),
)
"""What becomes of JSON on its way into a setting, by a pattern; the first match counts."""

SettingGetter = Callable[[str], SettingParser]
"""Where the values of one account come from, by the name of the single-account setting."""


def read_array(many: SettingParser) -> list[SettingGetter]:
    """Return where the values of each account come from; none when the array cannot be read."""
    text = many.text or ""
    if len(text) > LONGEST:
        many.add_error(
            f"has {len(text):,} characters, more than {LONGEST:,}: about 600 accounts",
            "a second deployment for the other accounts",
        )
        return []
    try:
        items = exact_json.loads(text.encode())
    except json.JSONDecodeError as error:
        many.add_error(_cause(text) or f"is not JSON at line {error.lineno}, column {error.colno}", _ARRAY)
        return []
    except ValueError:
        many.add_error("is not JSON that can be read, or names a member of an object twice", _ARRAY)
        return []
    if not isinstance(items, list) or not items:
        many.add_error("is an empty array" if items == [] else _cause(text) or "is not a JSON array", _ARRAY)
        return []
    sources = []
    for index, item in enumerate(items):
        where = f"{MANY}[{index}]"
        if isinstance(item, dict):
            sources.append(_source(item, where, many.errors))
        else:
            many.errors.add(where, "is not a JSON object", "an object with " + ", ".join(MEMBERS.values()))
    return sources


def _cause(text: str) -> str | None:
    """Return what happened to a text that should be a JSON array, or None."""
    return next(
        (cause for pattern, cause in _CAUSES if re.search(pattern, text, re.DOTALL)), hidden_problem(text, "\n\r\t")
    )


def _source(item: Mapping[str, Any], where: str, errors: ErrorCollector) -> SettingGetter:
    for name, content in item.items():
        if name not in MEMBERS.values():
            shown = f"{where}.{name}" if _MEMBER_LIKE.fullmatch(name) else where
            wrong = "is not a known member" if shown != where else "has a member with an unknown name"
            errors.add(shown, wrong, "one of " + ", ".join(MEMBERS.values()) + did_you_mean(name, MEMBERS.values()))
        elif content is not None and not isinstance(content, str):
            errors.add(f"{where}.{name}", "is not text", 'a JSON string, for example "85000 USD" for creditLimit')

    def value(setting: str) -> SettingParser:
        place, content = f"{where}.{MEMBERS[setting]}", item.get(MEMBERS[setting])
        if isinstance(content, str):
            return SettingParser.trimmed(place, content, errors)
        return SettingParser(place, None, errors, refused=content is not None)

    return value
