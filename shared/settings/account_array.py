"""PARTNER_ACCOUNTS: a JSON array of accounts, and the ways in which it gets damaged on its way into a setting."""

import json
import re
from collections.abc import Mapping
from typing import Any

from shared.net import exact_json
from shared.settings.setting import ErrorCollector, Source, WrongValue, hidden_problem
from shared.settings.values import did_you_mean

ACCOUNTS_SETTING = "PARTNER_ACCOUNTS"

MAX_LENGTH = 120_000
"""Maximum characters in PARTNER_ACCOUNTS: on Linux, no process can start with more than 131,071 bytes in a variable."""

_MEMBER_LIKE = re.compile(r"[A-Za-z_-]{1,30}")
"""An unknown member's name is shown only if it matches. A misplaced secret is longer or has digits."""

_ARRAY = "a JSON array with one object for each account, each member once; docs/settings.md has an example"

_CAUSES = (
    (r"\A@Microsoft\.KeyVault", "is a Key Vault reference that was not resolved"),
    (r"\A\{.*\}\Z", "is one object, without the [ and ] of an array"),
    (
        r"[\[{,:]\s*[\u201c-\u201f\u00ab\u00bb\u2033\uff02]",
        "has curly quotes, which a word processor substitutes for straight ones",
    ),
    (r'[\[{,:]\s*\\+"', "has escaped quotes (a backslash before each), which a portal or shell adds"),
    (r'[\[{,]\s*""\w', "has every quote doubled, as in a CSV file"),
    (
        r"[\[{,:]\s*(&quot;|%22|`)",
        "has escapes or backticks in place of double quotes, as a web page or a shell produces",
    ),
    (r"[\[{,:]\s*'|:\s*(None|True|False)\b", "is a Python literal, not JSON (single quotes, None, True or False)"),
    (r'\A\[\s*\{[^"]*\Z', "has no double quotes; PowerShell removes them from an argument"),
    (r"""\A(['"]).*\1\Z""", "has quotes around the whole array"),
    (r'["}\]]\s*,\s*[\]}]', "has a comma after the last object or member"),
)
"""How JSON gets damaged on its way into a setting, by pattern. The first match counts."""


def read_array(text: str, members: Mapping[str, str], errors: ErrorCollector) -> list[Source]:
    """Return the source of each account's values, or an empty list if the array cannot be read."""
    sources: list[Source] = []
    for index, item in enumerate(errors.read(ACCOUNTS_SETTING, text, _items, _ARRAY) or []):
        where, known = f"{ACCOUNTS_SETTING}[{index}]", members.values()
        if not isinstance(item, dict):
            errors.add(where, "is not a JSON object", "an object with " + ", ".join(known))
            continue
        for name, content in item.items():
            if name not in known:
                shown = f".{name}" if _MEMBER_LIKE.fullmatch(name) else ""
                wrong = "is not a known member" if shown else "has a member with an unknown name"
                errors.add(where + shown, wrong, "one of " + ", ".join(known) + did_you_mean(name, known))
            elif not isinstance(content, str | None):
                right = 'a JSON string, for example "85000 USD" for creditLimit'
                errors.add(f"{where}.{name}", "is not text", right)
        texts = {name: content for name, content in item.items() if isinstance(content, str)}
        sources.append({setting: (f"{where}.{name}", texts.get(name, "")) for setting, name in members.items()})
    return sources


def _items(text: str) -> list[Any]:
    if len(text) > MAX_LENGTH:
        wrong = f"has {len(text):,} characters, more than {MAX_LENGTH:,}: about 600 accounts"
        raise WrongValue(wrong, "a second deployment for the other accounts")
    try:
        items = exact_json.loads(text.encode())
    except json.JSONDecodeError as error:
        raise WrongValue(_cause(text) or f"is not JSON at line {error.lineno}, column {error.colno}") from None
    except ValueError:
        raise WrongValue("is not readable JSON, or repeats a member in an object") from None
    if not isinstance(items, list) or not items:
        raise WrongValue("is an empty array" if items == [] else _cause(text) or "is not a JSON array")
    return items


def _cause(text: str) -> str | None:
    """Return what is wrong with a text that should be a JSON array, or None."""
    causes = (cause for pattern, cause in _CAUSES if re.search(pattern, text, re.DOTALL))
    return next(causes, hidden_problem(text, "\n\r\t"))
