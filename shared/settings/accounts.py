"""The partner accounts to read, from the PARTNER_ settings or from PARTNER_ACCOUNTS."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from shared.net import exact_json
from shared.settings.clouds import CLOUDS, Cloud
from shared.settings.values import CreditLimit, ErrorCollector, SettingParser, did_you_mean
from shared.settings.visible import hidden_problem, trim

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

_TENANT = (
    "the Directory (tenant) ID of the partner tenant, which Entra admin center > Overview shows; a domain name can change, "
    "and the tenant is the permanent key of the history"
)
_ARRAY = "a JSON array with one object for each account, each member once; docs/settings.md shows one"
_CLIENT = "the Application (client) ID of the app registration, which Entra admin center > App registrations shows"

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


@dataclass(frozen=True)
class Account:
    """One partner account: who it is, how to sign in, what to read."""

    tenant_id: str
    client_id: str
    name: str
    cloud: Cloud
    federated: bool = False
    secret_name: str | None = None
    app_user: bool = False
    refresh_token_name: str | None = None
    all_currencies: bool = False
    credit_limit: CreditLimit | None = None

    @property
    def needs_vault(self) -> bool:
        """Whether its sign-in needs anything from Key Vault."""
        return not self.federated or self.app_user


def read_accounts(
    environ: Mapping[str, str], *, api_url: str | None, login_url: str | None, errors: ErrorCollector
) -> tuple[Account, ...]:
    """Read the accounts from either form; every problem is noted, and an account with one is of no use but for more checks."""
    single = [name for name in MEMBERS if trim(environ.get(name, ""))]
    many = SettingParser(MANY, trim(environ.get(MANY, "")) or None, errors)
    if many.text is None:
        sources: list[SettingGetter] = [lambda name: SettingParser.from_environ(environ, name, errors)]
    elif single:
        many.add_error(
            f"is set together with {', '.join(single)}",
            "either PARTNER_ACCOUNTS or the settings of a single account, not both",
        )
        return ()
    else:
        sources = _sources(many)
    accounts = tuple(_account(source, api_url, login_url) for source in sources)
    tenants = [account.tenant_id for account in accounts if account.tenant_id]
    for tenant in sorted({tenant for tenant in tenants if tenants.count(tenant) > 1}):
        many.add_error(
            f"names the tenant {tenant} {tenants.count(tenant)} times", "each tenant once: it is the key of the history"
        )
    _check_refresh_tokens(accounts, many.name if many.text else "PARTNER_REFRESH_TOKEN_NAME", errors)
    return accounts


def _check_refresh_tokens(accounts: tuple[Account, ...], setting: str, errors: ErrorCollector) -> None:
    """Note a refresh token that would be stored over something else; Key Vault's names know no case."""
    secrets = {account.secret_name.lower() for account in accounts if account.secret_name and not account.federated}
    owners: dict[str, set[str]] = {}
    for account in accounts:
        if account.app_user and account.refresh_token_name:
            owners.setdefault(account.refresh_token_name.lower(), set()).add(account.client_id)
    if not secrets.isdisjoint(owners):
        errors.add(
            setting,
            "stores a refresh token under the name of an app's secret, which it would replace",
            "a name of its own for each",
        )
    if any(len(clients) > 1 for clients in owners.values()):
        errors.add(
            setting,
            "stores the refresh tokens of different apps under one name, where they would replace each other",
            "one name an app: a refresh token belongs to its client id",
        )


def _sources(many: SettingParser) -> list[SettingGetter]:
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
        content = item.get(MEMBERS[setting])
        return SettingParser.trimmed(f"{where}.{MEMBERS[setting]}", content if isinstance(content, str) else "", errors)

    return value


def _account(value: SettingGetter, api_url: str | None, login_url: str | None) -> Account:
    tenant, client = value("PARTNER_TENANT_ID"), value("PARTNER_CLIENT_ID")
    tenant.require(_TENANT)
    client.require(_CLIENT)
    tenant_id, client_id = tenant.guid(_TENANT), client.guid(_CLIENT)
    federated = value("PARTNER_CREDENTIAL").one_of(("vault", "federated"), "vault") == "federated"
    app_user = value("PARTNER_AUTH").one_of(("app", "app_user"), "app") == "app_user"
    secret, refresh_token = value("PARTNER_SECRET_NAME"), value("PARTNER_REFRESH_TOKEN_NAME")
    if not federated:
        secret.require(
            "the name of the Key Vault secret with the app's client secret or certificate, or sign in without one (credential: federated)"
        )
    if app_user:
        refresh_token.require(
            "the name of the Key Vault secret that `python -m cli consent` stores the refresh token in"
        )
    balances = value("PARTNER_BALANCES")
    all_currencies = balances.one_of(("summary", "summaries"), "summary") == "summaries"
    if all_currencies and not app_user:
        balances.add_error(
            "asks for all currencies, which Partner Center gives only to an app with a user",
            "auth app_user, or summary",
        )
    cloud = CLOUDS[value("PARTNER_CLOUD").one_of(CLOUDS, "global")]
    limit = value("PARTNER_CREDIT_LIMIT").credit_limit()
    name = value("PARTNER_ACCOUNT_NAME").display_name(tenant_id or "")
    secret_name, refresh_token_name = secret.secret_name(), refresh_token.secret_name()
    return Account(
        tenant_id=tenant_id or "",
        client_id=client_id or "",
        name=name,
        cloud=replace(cloud, api_url=api_url or cloud.api_url, login_url=login_url or cloud.login_url),
        federated=federated,
        secret_name=secret_name,
        app_user=app_user,
        refresh_token_name=refresh_token_name,
        all_currencies=all_currencies,
        credit_limit=limit,
    )
