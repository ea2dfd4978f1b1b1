"""The configured partner accounts, from the PARTNER_ settings or from PARTNER_ACCOUNTS."""

from dataclasses import dataclass, replace

from shared.settings.account_array import ACCOUNTS_SETTING, read_array
from shared.settings.clouds import CLOUDS, Cloud
from shared.settings.setting import ErrorCollector, Source, setting, settings_of, trim
from shared.settings.values import (
    CreditLimit,
    one_of,
    read_credit_limit,
    read_display_name,
    read_guid,
    read_secret_name,
)


@dataclass(frozen=True)
class Account:
    """One partner account: who it is, how to sign in and what to read. Each field declares its setting."""

    tenant_id: str = setting(
        "PARTNER_TENANT_ID",
        read_guid,
        "the Directory (tenant) ID of the partner tenant, from Entra admin center > Overview; a domain name can change, "
        "and the tenant is the permanent key of the history",
        needed=lambda _: True,
    )
    client_id: str = setting(
        "PARTNER_CLIENT_ID",
        read_guid,
        "the Application (client) ID of the app registration, from Entra admin center > App registrations",
        needed=lambda _: True,
    )
    name: str = setting("PARTNER_ACCOUNT_NAME", read_display_name)
    federated: bool = setting("PARTNER_CREDENTIAL", one_of({"vault": False, "federated": True}), default="vault")
    secret_name: str | None = setting(
        "PARTNER_SECRET_NAME",
        read_secret_name,
        "the name of the Key Vault secret with the app's client secret or certificate, or sign in without one (credential: federated)",
        needed=lambda account: not account.federated,
    )
    app_user: bool = setting("PARTNER_AUTH", one_of({"app": False, "app_user": True}), default="app")
    refresh_token_name: str | None = setting(
        "PARTNER_REFRESH_TOKEN_NAME",
        read_secret_name,
        "the name of the Key Vault secret that `python -m cli consent` stores the refresh token in",
        needed=lambda account: account.app_user,
    )
    all_currencies: bool = setting("PARTNER_BALANCES", one_of({"summary": False, "summaries": True}), default="summary")
    credit_limit: CreditLimit | None = setting("PARTNER_CREDIT_LIMIT", read_credit_limit)
    cloud: Cloud = setting("PARTNER_CLOUD", one_of(CLOUDS), default="global")

    @property
    def needs_vault(self) -> bool:
        """Whether the sign-in needs a secret from Key Vault."""
        return not self.federated or self.app_user


def _member(name: str) -> str:
    first, *others = name.removeprefix("PARTNER_").removeprefix("ACCOUNT_").lower().split("_")
    return first + "".join(map(str.title, others))


MEMBERS = {one.name: _member(one.name) for one in settings_of(Account).values()}
"""The settings of a single account, each with its member in a PARTNER_ACCOUNTS object, such as `refreshTokenName`."""


def read_accounts(
    source: Source, api_url: str | None, login_url: str | None, errors: ErrorCollector
) -> tuple[Account, ...]:
    """Read the accounts in either form, adding problems to `errors`. A flawed account only serves further checks."""
    single = [name for name in MEMBERS if trim(source[name][1])]
    many = trim(source[ACCOUNTS_SETTING][1])
    if many and single:
        right = "either PARTNER_ACCOUNTS or the settings of a single account, not both"
        errors.add(ACCOUNTS_SETTING, f"is set together with {', '.join(single)}", right)
    sources = read_array(many, MEMBERS, errors) if many else [source]
    accounts = tuple(_account(source, api_url, login_url, errors) for source in sources)
    tenants = [account.tenant_id for account in accounts if account.tenant_id]
    for tenant in sorted({tenant for tenant in tenants if tenants.count(tenant) > 1}):
        wrong = f"lists the tenant {tenant} {tenants.count(tenant)} times"
        errors.add(ACCOUNTS_SETTING, wrong, "each tenant once: it is the key of the history")
    _check_refresh_tokens(accounts, ACCOUNTS_SETTING if many else "PARTNER_REFRESH_TOKEN_NAME", errors)
    return accounts


def _account(source: Source, api_url: str | None, login_url: str | None, errors: ErrorCollector) -> Account:
    values = errors.read_all(Account, source)
    read = Account(**{"name": values.get("tenant_id", "")} | values)
    errors.require(Account, source, values, read)
    if read.all_currencies and not read.app_user:
        wrong = "requests all currencies, which Partner Center returns only for app+user sign-in"
        errors.add(source["PARTNER_BALANCES"][0], wrong, "auth app_user, or summary")
    cloud = read.cloud
    return replace(read, cloud=replace(cloud, api_url=api_url or cloud.api_url, login_url=login_url or cloud.login_url))


def _check_refresh_tokens(accounts: tuple[Account, ...], name: str, errors: ErrorCollector) -> None:
    """Report a refresh token that would overwrite another secret. Key Vault's names are case-insensitive."""
    secrets = {account.secret_name.lower() for account in accounts if account.secret_name and not account.federated}
    owners: dict[str, set[str]] = {}
    for account in accounts:
        if account.app_user and account.refresh_token_name:
            owners.setdefault(account.refresh_token_name.lower(), set()).add(account.client_id)
    if not secrets.isdisjoint(owners):
        wrong = "stores a refresh token under the name of an app's secret, which it would replace"
        errors.add(name, wrong, "a separate name for each")
    if any(len(clients) > 1 for clients in owners.values()):
        wrong = "stores the refresh tokens of different apps under one name, where they would replace each other"
        errors.add(name, wrong, "one name per app: a refresh token belongs to its client id")
