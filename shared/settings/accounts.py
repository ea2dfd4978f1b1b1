"""The partner accounts to read, from the PARTNER_ settings or from PARTNER_ACCOUNTS."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from shared.settings.account_array import MANY, MEMBERS, SettingGetter, read_array
from shared.settings.clouds import CLOUDS, Cloud
from shared.settings.values import CreditLimit, ErrorCollector, SettingParser
from shared.settings.visible import trim

_TENANT = (
    "the Directory (tenant) ID of the partner tenant, which Entra admin center > Overview shows; a domain name can change, "
    "and the tenant is the permanent key of the history"
)
_CLIENT = "the Application (client) ID of the app registration, which Entra admin center > App registrations shows"


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
    """Read the accounts from either form; every problem is noted. An account with a problem serves only for further checks."""
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
        sources = read_array(many)
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
            "one name per app: a refresh token belongs to its client id",
        )


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
