"""The partner accounts, from either form of the settings."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from shared.settings.account_array import ACCOUNTS_SETTING
from shared.settings.accounts import MEMBERS, Account, read_accounts
from shared.settings.clouds import CLOUDS
from shared.settings.setting import ErrorCollector
from shared.settings.values import CreditLimit
from tests.support.samples import CLIENT, FULL_ACCOUNT, OTHER_TENANT, SINGLE, TENANT, many

ACCOUNT = Account(TENANT, CLIENT, TENANT, secret_name="partner-app")
MINIMAL = {"tenantId": TENANT, "clientId": CLIENT, "secretName": "partner-app"}
USER = MINIMAL | {"auth": "app_user", "refreshTokenName": "token"}
OTHER = {"tenantId": OTHER_TENANT}


def read(environ: dict[str, str], *urls: str) -> tuple[tuple[Account, ...], list[str]]:
    """Return the accounts and the problems, as text."""
    errors = ErrorCollector()
    source = {name: (name, environ.get(name, "")) for name in (*MEMBERS, ACCOUNTS_SETTING)}
    api_url, login_url = urls or (None, None)
    return read_accounts(source, api_url, login_url, errors), [str(problem) for problem in errors.found]


def wrong(*accounts: Any) -> list[str]:
    """Return the problems in PARTNER_ACCOUNTS with these objects."""
    return read(many(*accounts))[1]


def test_the_minimum_settings() -> None:
    """App-only, a secret from the vault, one currency, the global cloud; the name is the tenant ID; empty members are absent."""
    optional = {"name": "", "auth": None, "cloud": "  ", "creditLimit": "", "balances": None}
    assert read(SINGLE) == read(many(MINIMAL | optional)) == ((ACCOUNT,), [])
    assert ACCOUNT.cloud == CLOUDS["global"]


def test_every_setting_arrives_in_both_forms() -> None:
    """Each member of an object means the same as the single account's setting."""
    single = {setting: FULL_ACCOUNT.get(member, "") for setting, member in MEMBERS.items()}
    expected = Account(
        tenant_id=TENANT,
        client_id=CLIENT,
        name="Contoso",
        cloud=CLOUDS["usgov"],
        secret_name="partner-app",
        app_user=True,
        refresh_token_name="partner-token",
        all_currencies=True,
        credit_limit=CreditLimit(Decimal("85000.50"), "USD"),
    )
    assert read(single) == read(many(FULL_ACCOUNT)) == ((expected,), [])


def test_custom_urls_apply_to_all_accounts() -> None:
    """PARTNER_API_URL and PARTNER_LOGIN_URL may be combined with PARTNER_ACCOUNTS; the audiences stay the cloud's."""
    accounts, _ = read(many(MINIMAL, MINIMAL | OTHER | {"cloud": "china"}), "https://api", "https://login")
    assert [account.cloud for account in accounts] == [
        replace(CLOUDS[name], api_url="https://api", login_url="https://login") for name in ("global", "china")
    ]


@pytest.mark.parametrize(
    ("member", "value", "start"),
    [
        ("tenantId", None, "is missing: the Directory (tenant) ID"),
        ("clientId", "", "is missing: the Application (client) ID"),
        ("secretName", None, "is missing: the name of the Key Vault secret with"),
        ("refreshTokenName", " ", "is missing: the name of the Key Vault secret that"),
        ("tenantId", "contoso.com", "is a domain name, not a GUID: the Directory (tenant) ID"),
        ("clientId", "contoso.com", "is a domain name, not a GUID: the Application (client) ID"),
        ("credential", "secret", "is not one of the allowed values: federated or vault"),
        ("auth", "user", "is not one of the allowed values: app or app_user"),
        ("balances", "all", "is not one of the allowed values: summaries or summary"),
        ("cloud", "gov", "is not one of the allowed values: china or global or usgov"),
        ("creditLimit", "much", "is not an amount above zero with its currency: "),
        ("name", "a\nb", "has an invisible character at character 2 "),
        ("secretName", "hush~", "is not a valid Key Vault secret name (5 characters): 1 to 127 letters"),
        ("refreshTokenName", "hush~", "is not a valid Key Vault secret name"),
        *((member, value, "is not text: ") for member, value in [("creditLimit", 5), ("name", ["x"]), ("tenantId", 5)]),
    ],
)
def test_each_wrong_member_is_named(member: str, value: Any, start: str) -> None:
    """Once, with its position, what is wrong and what is right."""
    (problem,) = wrong(USER | {member: value})
    assert problem.startswith(f"PARTNER_ACCOUNTS[0].{member} {start}")


def test_every_problem_of_every_account_is_reported() -> None:
    """Nobody should need ten deployments to fix ten mistakes."""
    summaries = MINIMAL | {"tenantId": CLIENT, "balances": "summaries"}
    problems = wrong({}, MINIMAL | {"cloud": "moon"}, MINIMAL | {"tenantId": "x", "extra": 1}, summaries, 1, None)
    assert [problem.split(" ")[0].removeprefix("PARTNER_ACCOUNTS") for problem in problems] == [
        *("[2].extra", "[4]", "[5]"),
        *("[0].tenantId", "[0].clientId", "[0].secretName", "[1].cloud", "[2].tenantId", "[3].balances"),
    ]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("[]", "is an empty array"),
        ("\ufeff[]", "is an empty array"),
        ("{}", "is one object, without the [ and ] of an array"),
        ('{"tenantId": "x"},\n{"tenantId": "y"}', "is one object, without the [ and ] of an array"),
        ("null", "is not a JSON array"),
        ("9" * 5000, "is not a JSON array"),
        ('"text"', "has quotes around the whole array"),
        ("[{tenantId:11,clientId:22}]", "has no double quotes"),
        (r"[{\"tenantId\": \"x\"}]", "has escaped quotes"),
        (r'"[{\"tenantId\": \"x\"}]"', "has escaped quotes"),
        ("[{\u201ctenantId\u201d: \u201cx\u201d}]", "has curly quotes"),
        ("[{\u00abtenantId\u00bb: \u00abx\u00bb}]", "has curly quotes"),
        ('[{"name": "\u201cC\u201d \\\\"S\\\\" \'T\'"', "is not JSON at line 1"),
        ('[{""tenantId"": ""x""}]', "has every quote doubled"),
        ("[{&quot;tenantId&quot;: &quot;x&quot;}]", "has escapes or backticks in place of double quotes"),
        ("[{`tenantId`: `x`}]", "has escapes or backticks in place of double quotes"),
        ('[{"tenantId": "x"},]', "has a comma after the last object or member"),
        ('[{"tenantId":\u00a0"x"}]', "has an invisible character at character 14"),
        ("@Microsoft.KeyVault(SecretUri=x)", "is a Key Vault reference"),
        ("[{'tenantId': 'x'}]", "is a Python literal"),
        ('[{"tenantId": None}]', "is a Python literal"),
        ('[{"auth": True}]', "is a Python literal"),
        (f" [{119_998 * ' '}]", "is an empty array"),
        (f" [{119_999 * ' '}]", "has 120,001 characters, more than 120,000"),
        ("[\n 1", "is not JSON at line 2, column 3"),
        ("[" * 100_000, "is not readable JSON"),
        ('[{"name": "x", "name": "y"}]', "is not readable JSON, or repeats a member"),
    ],
    ids=lambda text: text[:30],
)
def test_anything_but_an_array_is_refused(text: str, wrong: str) -> None:
    """With what probably happened to it, or the position where it is not JSON."""
    (problem,) = read({"PARTNER_ACCOUNTS": text})[1]
    assert problem.startswith(f"PARTNER_ACCOUNTS {wrong}")


@pytest.mark.parametrize(
    ("name", "shown", "hint"),
    [
        ("tenantID", ".tenantID is not a known member", "did you mean tenantId?"),
        ("refresh_token_name", ".refresh_token_name is not a known member", "did you mean refreshTokenName?"),
        ("zzz", ".zzz is not a known member", ""),
        *((name, " has a member with an unknown name", "") for name in ("Hush8Q~Zm9vYmFyYmF6c", "", "two\nlines")),
    ],
)
def test_an_unknown_member_is_refused(name: str, shown: str, hint: str) -> None:
    """With a suggestion if one is close; not shown if it may be a secret in the wrong place."""
    (problem,) = wrong(MINIMAL | {name: "x"})
    assert problem.startswith(f"PARTNER_ACCOUNTS[0]{shown}: one of tenantId, clientId, ")
    assert problem.endswith(hint)
    assert ("did you mean" in problem) == bool(hint)


@pytest.mark.parametrize(
    ("accounts", "message"),
    [
        ([MINIMAL, MINIMAL | {"tenantId": TENANT.upper()}, MINIMAL | OTHER], f"the tenant {TENANT} 2 times"),
        (
            [USER | {"secretName": "Partner-App", "refreshTokenName": "partner-app"}],
            "under the name of an app's secret",
        ),
        (
            [USER, USER | OTHER | {"clientId": OTHER_TENANT, "refreshTokenName": "Token"}],
            "different apps under one name",
        ),
        ([USER | {"credential": "federated", "secretName": "token"}], None),  # the secret is not used
        ([MINIMAL | {"refreshTokenName": "partner-app"}], None),  # nor is its token
        ([USER, USER | OTHER], None),  # a multi-tenant app's token works in each tenant
    ],
)
def test_what_accounts_may_not_share(accounts: list[Any], message: str | None) -> None:
    """The tenant is the history's key. Names in Key Vault ignore case, and one token would replace the other."""
    problems = wrong(*accounts)
    assert [message in problem for problem in problems if message] == [True] * bool(message)
    assert len(problems) == bool(message)


def test_a_single_accounts_token_may_not_replace_its_secret() -> None:
    """The setting is named."""
    (problem,) = read(SINGLE | {"PARTNER_AUTH": "app_user", "PARTNER_REFRESH_TOKEN_NAME": "Partner-App"})[1]
    assert problem.startswith("PARTNER_REFRESH_TOKEN_NAME stores a refresh token under the name of an app's secret")


def test_both_forms_at_once_are_refused() -> None:
    """Choosing one would be a guess; the message names the conflicting settings."""
    (problem,) = read(many(MINIMAL) | {"PARTNER_CLOUD": "global", "PARTNER_AUTH": "app", "PARTNER_CLIENT_ID": " "})[1]
    assert problem.startswith("PARTNER_ACCOUNTS is set together with PARTNER_AUTH, PARTNER_CLOUD: ")
