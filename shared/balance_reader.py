"""Reading an account's balance: vault, sign-in and Partner Center, in this order."""

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
    """What a sign-in used and got: the app's credential, the stored refresh token if there is one, the tokens."""

    credential: AppCredential
    stored_token: Secret | None
    tokens: Tokens


@dataclass(frozen=True)
class BalanceReader:
    """Reads balances over the clients of a run."""

    vault: Vault | None
    identity: TokenCredential
    session: HttpSession
    retry: Retry

    def signed_in(self, account: Account) -> SignedIn:
        """Sign the account in.

        Raises:
            SnapshotError: those of the vault, the identity and the sign-in.

        """
        sign_in = SignIn(self.session, self.retry)
        credential = app_credential(account, self.vault, self.identity)
        if self.vault is None or account.refresh_token_name is None or not account.app_user:
            return SignedIn(credential, None, sign_in.as_app(account, credential))
        stored = refresh_token.read(self.vault, account.refresh_token_name)
        return SignedIn(credential, stored, sign_in.as_user(account, credential, stored))

    def balances(self, account: Account, tokens: Tokens) -> tuple[InvoiceSummary, ...]:
        """Read the balance, of every currency when the account is set so.

        Raises:
            SnapshotError: those of Partner Center.

        """
        invoices = self.partner_center(account, tokens).invoices
        return invoices.summaries.get() if account.all_currencies else (invoices.summary.get(),)

    def partner_center(self, account: Account, tokens: Tokens, *, validate_mfa: bool = False) -> PartnerCenter:
        """Return Partner Center as the account's token sees it, under a new correlation id."""
        context = RequestContext(
            session=self.session,
            retry=self.retry,
            sign_in_kind=APP_USER if account.app_user else APP_ONLY,
            api_url=account.cloud.api_url,
            token=tokens.access_token,
            validate_mfa=validate_mfa,
        )
        return PartnerCenter(context)
