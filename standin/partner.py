"""A partner that all the stand-in's services know, and the settings that make the job use it."""

from dataclasses import dataclass

from shared.settings.accounts import MEMBERS
from standin.directory import App


@dataclass(frozen=True, slots=True)
class Partner:
    """One partner account. `environ` configures it as the only account; `account` is its PARTNER_ACCOUNTS entry."""

    name: str
    app: App
    secret_name: str | None
    refresh_token_name: str | None
    auth: str = "app"
    balances: str = "summary"
    credit_limit: str | None = None
    cloud: str | None = None

    @property
    def tenant_id(self) -> str:
        """The tenant id, lower-case."""
        return self.app.tenant_id

    @property
    def client_id(self) -> str:
        """The app registration's client id."""
        return self.app.client_id

    @property
    def account(self) -> dict[str, str]:
        """The account as an object in PARTNER_ACCOUNTS."""
        members = {
            "name": self.name,
            "tenantId": self.tenant_id,
            "clientId": self.client_id,
            "credential": None if self.secret_name else "federated",
            "secretName": self.secret_name,
            "auth": self.auth,
            "refreshTokenName": self.refresh_token_name,
            "balances": self.balances,
            "creditLimit": self.credit_limit,
            "cloud": self.cloud,
        }
        return {member: value for member, value in members.items() if value is not None}

    @property
    def environ(self) -> dict[str, str]:
        """The account as PARTNER_ settings."""
        account = self.account
        return {setting: account[member] for setting, member in MEMBERS.items() if member in account}
