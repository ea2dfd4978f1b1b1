"""The app settings of a run, read and checked as a whole: every problem is listed at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from shared.errors import SettingsInvalid
from shared.settings.account_array import MANY, MEMBERS
from shared.settings.accounts import Account, read_accounts
from shared.settings.addresses import TABLE_EXAMPLE, VAULT_EXAMPLE, read_table_endpoint, read_url, read_vault_url
from shared.settings.network import Network, read_network
from shared.settings.schedule import check_schedule
from shared.settings.time_zone import read_time_zone
from shared.settings.values import ErrorCollector, SettingParser

DEFAULT_TABLE_NAME = "partnerbalances"

NAMES = (
    "SNAPSHOT_SCHEDULE",
    "SNAPSHOT_TIME_ZONE",
    "SNAPSHOT_TABLE_ENDPOINT",
    "SNAPSHOT_TABLE_NAME",
    "SNAPSHOT_ARCHIVE_ENDPOINT",
    "KEY_VAULT_URL",
    "AZURE_CLIENT_ID",
    "PARTNER_API_URL",
    "PARTNER_LOGIN_URL",
    *MEMBERS,
    MANY,
)
"""Every setting there is. The host runs the function on SNAPSHOT_SCHEDULE (function.json); here it is only checked."""


@dataclass(frozen=True)
class Settings:
    """What a run needs to know; nothing in here is secret."""

    time_zone: ZoneInfo
    table_endpoint: str
    table_name: str
    archive_endpoint: str | None
    vault_url: str | None
    identity_client_id: str | None
    in_azure: bool
    identity_endpoint_without_header: bool
    network: Network
    accounts: tuple[Account, ...]


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings of a run.

    Raises:
        SettingsInvalid: with every problem of every setting.

    """
    errors = ErrorCollector()

    def value(name: str) -> SettingParser:
        return SettingParser.from_environ(environ, name, errors)

    check_schedule(value("SNAPSHOT_SCHEDULE"))
    time_zone = read_time_zone(value("SNAPSHOT_TIME_ZONE"))
    table = value("SNAPSHOT_TABLE_ENDPOINT")
    table.require(f"the table service's address, {TABLE_EXAMPLE}")
    table_name = value("SNAPSHOT_TABLE_NAME").table_name(DEFAULT_TABLE_NAME)
    table_endpoint = read_table_endpoint(table, table_name)
    archive = value("SNAPSHOT_ARCHIVE_ENDPOINT")
    archive_endpoint = read_table_endpoint(archive, table_name)
    if archive_endpoint is not None and archive_endpoint == table_endpoint:
        archive.add_error(
            "is the same as SNAPSHOT_TABLE_ENDPOINT", "the table service of a second storage account, or nothing"
        )
    vault = value("KEY_VAULT_URL")
    vault_url = read_vault_url(vault)
    identity = value("AZURE_CLIENT_ID")
    identity_client_id = identity.guid("the Client ID of the user-assigned managed identity, which its Overview shows")
    accounts = read_accounts(
        environ,
        api_url=read_url(value("PARTNER_API_URL"), "https://api.partnercenter.microsoft.com"),
        login_url=read_url(value("PARTNER_LOGIN_URL"), "https://login.microsoftonline.com"),
        errors=errors,
    )
    if any(account.needs_vault for account in accounts):
        vault.require(f"the vault's address, {VAULT_EXAMPLE}: an account has a secret in it")
    if any(account.federated for account in accounts):
        identity.require(
            "the Client ID of the user-assigned managed identity: an account signs in with its token (federated)"
        )
    network = read_network(environ, errors)
    if errors.found or table_endpoint is None:
        raise SettingsInvalid(errors.grouped())
    return Settings(
        time_zone=time_zone,
        table_endpoint=table_endpoint,
        table_name=table_name,
        archive_endpoint=archive_endpoint,
        vault_url=vault_url,
        identity_client_id=identity_client_id,
        in_azure=bool(environ.get("IDENTITY_ENDPOINT") and environ.get("IDENTITY_HEADER")),
        identity_endpoint_without_header=bool(environ.get("IDENTITY_ENDPOINT") and not environ.get("IDENTITY_HEADER")),
        network=network,
        accounts=accounts,
    )
