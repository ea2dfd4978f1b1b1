"""Reads a run's app settings and checks them as a whole, so that all problems are listed at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from shared.errors import SettingsInvalid
from shared.settings.account_array import ACCOUNTS_SETTING
from shared.settings.accounts import MEMBERS, Account, read_accounts
from shared.settings.addresses import read_table_endpoint, read_url, read_vault_url
from shared.settings.network import Network, read_network
from shared.settings.schedule import read_schedule
from shared.settings.setting import ErrorCollector, setting, settings_of
from shared.settings.time_zone import EXAMPLE, read_time_zone
from shared.settings.values import read_guid, read_table_name

DEFAULT_TABLE_NAME = "partnerbalances"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings for a run. Each field declares its setting; none of them is secret.

    The host runs the function on the schedule (function.json), which is only checked here.
    """

    schedule: list[list[int]] | None = setting(
        "SNAPSHOT_SCHEDULE",
        read_schedule,
        "six NCRONTAB fields in UTC: second minute hour day month weekday, for example 0 17 * * * * (every hour)",
    )
    time_zone: ZoneInfo = setting("SNAPSHOT_TIME_ZONE", read_time_zone, EXAMPLE, default="UTC")
    table_endpoint: str = setting(
        "SNAPSHOT_TABLE_ENDPOINT",
        read_table_endpoint,
        "only the address of the table service, for example https://<account>.table.core.windows.net",
        needed=lambda _: True,
    )
    table_name: str = setting(
        "SNAPSHOT_TABLE_NAME",
        read_table_name,
        "3 to 59 lower-case letters and digits, starting with a letter",
        default=DEFAULT_TABLE_NAME,
    )
    archive_endpoint: str | None = setting(
        "SNAPSHOT_ARCHIVE_ENDPOINT",
        read_table_endpoint,
        "only the address of a second account's table service, for example https://<account>.table.core.windows.net",
    )
    vault_url: str | None = setting(
        "KEY_VAULT_URL",
        read_vault_url,
        "only the address of the vault with the accounts' secrets, for example https://<vault>.vault.azure.net",
        needed=lambda accounts: any(account.needs_vault for account in accounts),
    )
    identity_client_id: str | None = setting(
        "AZURE_CLIENT_ID",
        read_guid,
        "the Client ID of the user-assigned managed identity, from its Overview page; a federated account signs in with its token",
        needed=lambda accounts: any(account.federated for account in accounts),
    )
    api_url: str | None = setting(
        "PARTNER_API_URL", read_url, "only the address, for example https://api.partnercenter.microsoft.com"
    )
    login_url: str | None = setting(
        "PARTNER_LOGIN_URL", read_url, "only the address, for example https://login.microsoftonline.com"
    )
    in_azure: bool
    identity_endpoint_without_header: bool
    network: Network
    accounts: tuple[Account, ...]


NAMES = (*(one.name for one in settings_of(Settings).values()), *MEMBERS, ACCOUNTS_SETTING)
"""The names of all settings."""


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings for a run.

    Raises:
        SettingsInvalid: lists every problem with every setting.

    """
    errors = ErrorCollector()
    source = {name: (name, environ.get(name, "")) for name in NAMES}
    values = errors.read_all(Settings, source)
    accounts = read_accounts(source, values.get("api_url"), values.get("login_url"), errors)
    errors.require(Settings, source, values, accounts)
    endpoint, header = environ.get("IDENTITY_ENDPOINT"), environ.get("IDENTITY_HEADER")
    settings = Settings(
        **values,
        in_azure=bool(endpoint and header),
        identity_endpoint_without_header=bool(endpoint and not header),
        network=read_network(environ, errors),
        accounts=accounts,
    )
    if settings.archive_endpoint and settings.archive_endpoint == settings.table_endpoint:
        right = "the table service of a second storage account, or nothing"
        errors.add("SNAPSHOT_ARCHIVE_ENDPOINT", "is the same as SNAPSHOT_TABLE_ENDPOINT", right)
    if errors.found:
        raise SettingsInvalid(errors.grouped())
    return settings
