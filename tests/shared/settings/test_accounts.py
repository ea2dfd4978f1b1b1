"""The partner accounts, from either form of the settings."""

import json
from decimal import Decimal
from typing import Any

import pytest

from shared.settings.account_array import MEMBERS
from shared.settings.accounts import Account, read_accounts
from shared.settings.clouds import CLOUDS
from shared.settings.values import CreditLimit, ErrorCollector
from tests.support.samples import CLIENT, FULL_ACCOUNT, OTHER_TENANT, SINGLE, TENANT, many


def read(environ: dict[str, str], **urls: str) -> tuple[tuple[Account, ...], list[str]]:
    """Return the accounts and the problems, as text."""
    problems = ErrorCollector()
    accounts = read_accounts(environ, api_url=urls.get("api_url"), login_url=urls.get("login_url"), errors=problems)
    return accounts, [str(problem) for problem in problems.found]


def wrong(*accounts: Any) -> list[str]:
    """Return the problems of these PARTNER_ACCOUNTS objects."""
    return read(many(*accounts))[1]


MINIMAL = {"tenantId": TENANT, "clientId": CLIENT, "secretName": "partner-app"}


def test_a_single_account_with_the_fewest_settings() -> None:
    """The app alone, with a secret from the vault, one currency, the global cloud; named by its tenant."""
    assert read(SINGLE) == (
        (Account(tenant_id=TENANT, client_id=CLIENT, name=TENANT, cloud=CLOUDS["global"], secret_name="partner-app"),),
        [],
    )


def test_both_forms_mean_the_same() -> None:
    """Each member of an object says what the setting of a single account says."""
    single = {setting: FULL_ACCOUNT[member] for setting, member in MEMBERS.items()}
    assert read(single) == read(many(FULL_ACCOUNT))
    assert set(FULL_ACCOUNT) == set(MEMBERS.values())


def test_an_account_with_every_member() -> None:
    """All of it arrives."""
    ((account,), problems) = read(many(FULL_ACCOUNT))
    assert problems == []
    assert account == Account(
        tenant_id=TENANT,
        client_id=CLIENT,
        name="Contoso",
        cloud=CLOUDS["usgov"],
        federated=False,
        secret_name="partner-app",
        app_user=True,
        refresh_token_name="partner-token",
        all_currencies=True,
        credit_limit=CreditLimit(Decimal("85000.50"), "USD"),
    )


def test_an_empty_or_null_member_is_absent() -> None:
    """As for settings."""
    optional = {"name": "", "auth": None, "cloud": "  ", "creditLimit": "", "balances": None}
    assert read(many(MINIMAL | optional)) == read(many(MINIMAL))


def test_addresses_of_their_own_hold_for_all_accounts() -> None:
    """PARTNER_API_URL and PARTNER_LOGIN_URL go with PARTNER_ACCOUNTS too; audiences stay the cloud's."""
    other = MINIMAL | {"tenantId": OTHER_TENANT, "cloud": "china"}
    accounts, _ = read(many(MINIMAL, other), api_url="https://api", login_url="https://login")
    assert {(account.cloud.api_url, account.cloud.login_url) for account in accounts} == {
        ("https://api", "https://login")
    }
    assert [account.cloud.audience for account in accounts] == [CLOUDS["global"].audience, CLOUDS["china"].audience]


@pytest.mark.parametrize(
    ("fields", "needs_vault"),
    [
        ({}, True),
        ({"credential": "federated", "secretName": None}, False),
        ({"credential": "federated", "auth": "app_user", "refreshTokenName": "t"}, True),
    ],
)
def test_who_needs_a_vault(fields: dict[str, Any], needs_vault: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Not an account that signs in with the identity's own token, unless it keeps a user's token."""
    ((account,), problems) = read(many(MINIMAL | fields))
    assert (account.needs_vault, problems) == (needs_vault, [])


@pytest.mark.parametrize(
    ("fields", "start"),
    [
        ({"tenantId": None}, "PARTNER_ACCOUNTS[0].tenantId is missing: the Directory (tenant) ID"),
        ({"clientId": ""}, "PARTNER_ACCOUNTS[0].clientId is missing: the Application (client) ID"),
        ({"secretName": None}, "PARTNER_ACCOUNTS[0].secretName is missing"),
        (
            {"tenantId": "contoso.com"},
            "PARTNER_ACCOUNTS[0].tenantId is a domain name, not a GUID: the Directory (tenant)",
        ),
        ({"credential": "secret"}, "PARTNER_ACCOUNTS[0].credential is not one of the known words: federated or vault"),
        ({"auth": "user"}, "PARTNER_ACCOUNTS[0].auth is not one of the known words: app or app_user"),
        ({"auth": "app_user"}, "PARTNER_ACCOUNTS[0].refreshTokenName is missing"),
        ({"balances": "all"}, "PARTNER_ACCOUNTS[0].balances is not one of the known words: summaries or summary"),
        ({"balances": "summaries"}, "PARTNER_ACCOUNTS[0].balances asks for all currencies"),
        ({"cloud": "gov"}, "PARTNER_ACCOUNTS[0].cloud is not one of the known words"),
        ({"creditLimit": "much"}, "PARTNER_ACCOUNTS[0].creditLimit is not an amount above zero with its currency"),
        ({"name": "a\nb"}, "PARTNER_ACCOUNTS[0].name has an invisible character at character 2 "),
        ({"secretName": "hush~"}, "PARTNER_ACCOUNTS[0].secretName is not a name of a Key Vault secret"),
        ({"creditLimit": 85000}, "PARTNER_ACCOUNTS[0].creditLimit is not text"),
        ({"name": ["Contoso"]}, "PARTNER_ACCOUNTS[0].name is not text"),
        ({"tenantId": 5}, "PARTNER_ACCOUNTS[0].tenantId is not text"),
    ],
)
def test_each_wrong_member_is_named(fields: dict[str, Any], start: str) -> None:
    """With the place, what is wrong and what is right."""
    (problem,) = wrong(MINIMAL | fields)
    assert problem.startswith(start)
    assert ": " in problem


def test_every_problem_of_every_account_is_told() -> None:
    """Nobody corrects ten mistakes in ten deployments."""
    problems = wrong({}, MINIMAL | {"cloud": "moon"}, MINIMAL | {"tenantId": "x", "extra": 1})
    assert [problem.split(" ")[0] for problem in problems] == [
        "PARTNER_ACCOUNTS[2].extra",
        "PARTNER_ACCOUNTS[0].tenantId",
        "PARTNER_ACCOUNTS[0].clientId",
        "PARTNER_ACCOUNTS[0].secretName",
        "PARTNER_ACCOUNTS[1].cloud",
        "PARTNER_ACCOUNTS[2].tenantId",
    ]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("[]", "PARTNER_ACCOUNTS is an empty array"),
        ("{}", "PARTNER_ACCOUNTS is one object, without the [ and ] of an array"),
        ('{"tenantId": "x"},{"tenantId": "y"}', "PARTNER_ACCOUNTS is one object, without the [ and ] of an array"),
        ("null", "PARTNER_ACCOUNTS is not a JSON array"),
        ('"text"', "PARTNER_ACCOUNTS has quotes around the whole array"),
        ("5", "PARTNER_ACCOUNTS is not a JSON array"),
        ("[{tenantId:11,clientId:22}]", "PARTNER_ACCOUNTS has no double quotes"),
        (r"[{\"tenantId\": \"x\"}]", "PARTNER_ACCOUNTS has escaped quotes"),
        (r'"[{\"tenantId\": \"x\"}]"', "PARTNER_ACCOUNTS has escaped quotes"),
        ("[{\u201ctenantId\u201d: \u201cx\u201d}]", "PARTNER_ACCOUNTS has curly quotes"),
        ('[{"name": "\u201cC\u201d \\\\"S\\\\" \'T\'"', "PARTNER_ACCOUNTS is not JSON at line 1"),
        ("[{\u00abtenantId\u00bb: \u00abx\u00bb}]", "PARTNER_ACCOUNTS has curly quotes"),
        ('[{""tenantId"": ""x""}]', "PARTNER_ACCOUNTS has every quote twice"),
        (
            "[{&quot;tenantId&quot;: &quot;x&quot;}]",
            "PARTNER_ACCOUNTS has something else in place of each double quote",
        ),
        ("[{`tenantId`: `x`}]", "PARTNER_ACCOUNTS has something else in place of each double quote"),
        ('[{"tenantId": "x"},]', "PARTNER_ACCOUNTS has a comma after the last object or member"),
        ('[{"tenantId":\u00a0"x"}]', "PARTNER_ACCOUNTS has an invisible character at character 14"),
        ("@Microsoft.KeyVault(SecretUri=x)", "PARTNER_ACCOUNTS is a Key Vault reference"),
        ("[{'tenantId': 'x'}]", "PARTNER_ACCOUNTS is a Python literal"),
        ('[{"tenantId": None}]', "PARTNER_ACCOUNTS is a Python literal"),
        (" " + "[" + " " * 120_000 + "]", "PARTNER_ACCOUNTS has 120,002 characters, more than 120,000"),
        ("[1", "PARTNER_ACCOUNTS is not JSON at line 1, column 3"),
        ("\ufeff[]", "PARTNER_ACCOUNTS is an empty array"),
        ("[" * 100_000, "PARTNER_ACCOUNTS is not JSON"),
        ("9" * 5000, "PARTNER_ACCOUNTS is not a JSON array"),
        ('[{"name": "x", "name": "y"}]', "PARTNER_ACCOUNTS is not JSON that can be read, or names a member"),
        ("[1]", "PARTNER_ACCOUNTS[0] is not a JSON object"),
        ("[null]", "PARTNER_ACCOUNTS[0] is not a JSON object"),
        ("[[]]", "PARTNER_ACCOUNTS[0] is not a JSON object"),
    ],
    ids=lambda text: text[:30],
)
def test_what_is_no_array_of_objects_is_refused(text: str, wrong: str) -> None:
    """With the place in the text where it is not JSON."""
    (problem,) = read({"PARTNER_ACCOUNTS": text})[1]
    assert problem.startswith(wrong)


def test_both_forms_at_once_are_refused() -> None:
    """Choosing one would be a guess; the others are named."""
    (problem,) = read(many(MINIMAL) | {"PARTNER_CLOUD": "global", "PARTNER_AUTH": "app", "PARTNER_CLIENT_ID": " "})[1]
    assert problem.startswith("PARTNER_ACCOUNTS is set together with PARTNER_AUTH, PARTNER_CLOUD: ")


def test_a_tenant_twice_is_refused() -> None:
    """It is the key of the history; the spelling does not count."""
    (problem,) = wrong(MINIMAL, MINIMAL | {"tenantId": TENANT.upper()}, MINIMAL | {"tenantId": OTHER_TENANT})
    assert problem.startswith(f"PARTNER_ACCOUNTS names the tenant {TENANT} 2 times: ")


@pytest.mark.parametrize(
    ("name", "shown", "hint"),
    [
        ("tenantID", "PARTNER_ACCOUNTS[0].tenantID is not a known member", "did you mean tenantId?"),
        ("refresh_token_name", "PARTNER_ACCOUNTS[0].refresh_token_name is not a known member", "refreshTokenName?"),
        ("zzz", "PARTNER_ACCOUNTS[0].zzz is not a known member", "cloud"),
        ("Hush8Q~Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MGFi", "PARTNER_ACCOUNTS[0] has a member with an unknown name", "cloud"),
        ("", "PARTNER_ACCOUNTS[0] has a member with an unknown name", "cloud"),
        ("two\nlines", "PARTNER_ACCOUNTS[0] has a member with an unknown name", "cloud"),
    ],
)
def test_an_unknown_member_is_refused(name: str, shown: str, hint: str) -> None:
    """With a suggestion where one is close, and not shown where it may be a secret in the wrong place."""
    (problem,) = wrong(MINIMAL | {name: "x"})
    assert problem.startswith(f"{shown}: one of tenantId, clientId, ")
    assert problem.endswith(hint)


USER = MINIMAL | {"auth": "app_user", "refreshTokenName": "token"}


def test_a_refresh_token_is_not_stored_over_a_secret() -> None:
    """A consent would replace the app's client secret; names in Key Vault know no case."""
    account = USER | {"secretName": "Partner-App", "refreshTokenName": "partner-app"}
    (problem,) = read({"PARTNER_ACCOUNTS": json.dumps([account])})[1]
    assert "under the name of an app's secret" in problem


def test_apps_do_not_share_a_refresh_token() -> None:
    """A refresh token is bound to its client id (AADSTS700007); two consents would replace each other for ever."""
    other = USER | {"tenantId": OTHER_TENANT, "clientId": OTHER_TENANT, "refreshTokenName": "Token"}
    (problem,) = read({"PARTNER_ACCOUNTS": json.dumps([USER, other])})[1]
    assert "different apps under one name" in problem


def test_accounts_of_one_app_may_share_a_refresh_token() -> None:
    """A multi-tenant app's token serves in each tenant."""
    other = USER | {"tenantId": OTHER_TENANT}
    assert read({"PARTNER_ACCOUNTS": json.dumps([USER, other])})[1] == []
