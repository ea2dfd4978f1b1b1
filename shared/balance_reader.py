"""Reads an account's balance: first the vault, then the sign-in, then Partner Center."""

from dataclasses import dataclass

from azure.core.credentials import TokenCredential

from shared.azure_services.vault import Secret, Vault
from shared.net.http_session import HttpSession
from shared.net.retry import Retry
from shared.net.service import APP_ONLY, APP_USER
from shared.partner_center.client import PartnerCenter, RequestContext
from shared.partner_center.invoice_summary import InvoiceSummary
from shared.settings.accounts import Account
from shared.sign_in import refresh_token
from shared.sign_in.app_credential import AppCredential, app_credential
from shared.sign_in.entra import SignIn, Tokens


@dataclass(frozen=True)
class SignedIn:
    """A completed sign-in: the app's credential, the stored refresh token if there is one, and the new tokens."""

    credential: AppCredential
    stored_token: Secret | None
    tokens: Tokens


@dataclass(frozen=True)
class BalanceReader:
    """Reads balances with a run's clients."""

    vault: Vault | None
    identity: TokenCredential
    session: HttpSession
    retry: Retry

    def signed_in(self, account: Account) -> SignedIn:
        """Sign the account in.

        Raises:
            SnapshotError: any error of the vault, the identity or the sign-in.

        """
        sign_in = SignIn(self.session, self.retry)
        credential = app_credential(account, self.vault, self.identity)
        if self.vault is None or account.refresh_token_name is None or not account.app_user:
            return SignedIn(credential, None, sign_in.as_app(account, credential))
        stored = refresh_token.read(self.vault, account.refresh_token_name)
        return SignedIn(credential, stored, sign_in.as_user(account, credential, stored))

    def balances(self, account: Account, tokens: Tokens) -> tuple[InvoiceSummary, ...]:
        """Read the balance, in every currency if the account is configured that way.

        Raises:
            SnapshotError: any error of Partner Center.

        """
        invoices = self.partner_center(account, tokens).invoices
        return invoices.summaries.get() if account.all_currencies else (invoices.summary.get(),)

    def partner_center(self, account: Account, tokens: Tokens, *, validate_mfa: bool = False) -> PartnerCenter:
        """Return a Partner Center client for the account's token, with a new correlation id."""
        context = RequestContext(
            session=self.session,
            retry=self.retry,
            sign_in_kind=APP_USER if account.app_user else APP_ONLY,
            api_url=account.cloud.api_url,
            token=tokens.access_token,
            validate_mfa=validate_mfa,
        )
        return PartnerCenter(context)
