"""The steps of a check that are an account's own: its secrets, the sign-in, the balance."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from cli.commands.check.findings import Finding, Status, until_failure
from cli.commands.check.token_subject import who
from cli.support.money import Money
from shared.balance_reader import SignedIn
from shared.errors import AppOnlyRefused, MfaRequired, PartnerAccessDenied, SnapshotError
from shared.partner_center.client import Invoices
from shared.partner_center.invoice_summary import InvoiceSummary
from shared.services import Services
from shared.settings.accounts import Account
from shared.sign_in import refresh_token
from shared.sign_in.app_credential import from_secret
from shared.sign_in.expiry import days_left, in_words

SOON = 30
"""Days before the end of a secret from which on it is said."""


@dataclass
class AccountCheck:
    """One account's check over the services of the run."""

    account: Account
    services: Services
    money: Money
    _signed_in: list[SignedIn] = field(default_factory=list)

    def findings(self) -> Iterator[Finding]:
        """Yield what is found, up to the first failure."""
        steps: list[tuple[str, Callable[[], Iterable[Finding]]]] = [
            ("vault", self._vault),
            ("sign-in", self._sign_in),
            ("balance", self._balance),
        ]
        return until_failure(steps, self.account)

    def _found(self, step: str, says: str, status: Status = Status.OK) -> Finding:
        return Finding(step, says, status, self.account)

    def _vault(self) -> Iterator[Finding]:
        vault, account = self.services.vault, self.account
        if vault is None or not account.needs_vault:
            yield self._found("vault", "not needed: the Azure identity's own token proves the app (federated)")
            return
        if account.secret_name is not None and not account.federated:
            secret = vault.secret(account.secret_name)
            credential = from_secret(secret)
            kind = "client secret" if isinstance(credential.for_msal, str) else "certificate"
            yield self._end(f"{kind} {secret.name}", credential.expires_on)
        if account.refresh_token_name is not None and account.app_user:
            stored = refresh_token.read(vault, account.refresh_token_name)
            yield self._end(f"refresh token {stored.name}", refresh_token.expires_on(stored))

    def _end(self, what: str, end: datetime | None) -> Finding:
        if end is None:
            return self._found(
                "vault",
                f"{what}: there; it has no expiry date in the vault, so nothing can warn of its end",
                Status.NOTE,
            )
        days = days_left(end, self.services.now())
        status = Status.NOTE if days <= SOON else Status.OK
        return self._found("vault", f"{what}: there; {in_words(days)} ({end:%Y-%m-%d})", status)

    def _sign_in(self) -> Iterator[Finding]:
        signed_in = self.services.reader.signed_in(self.account)
        self._signed_in.append(signed_in)
        match signed_in.credential.for_msal:
            case str():
                proof = "a client secret"
            case {"client_assertion": _}:
                proof = "the Azure identity's token (federated)"
            case _:
                proof = "a certificate"
        mode = "app with a user's consent" if self.account.app_user else "app"
        user = who(signed_in.tokens.access_token) if self.account.app_user else None
        yield self._found("sign-in", f"{mode}, by {proof}" + (f"; the user is {user}" if user else ""))

    def _balance(self) -> Iterator[Finding]:
        tokens = self._signed_in[0].tokens
        partner = self.services.reader.partner_center(self.account, tokens, validate_mfa=self.account.app_user)
        captured = (
            partner.invoices.summaries.get() if self.account.all_currencies else (partner.invoices.summary.get(),)
        )
        if self.account.app_user:
            yield self._mfa(captured[0])
        for summary in captured:
            updated = f", accounting date {summary.accounting_date:%Y-%m-%d}" if summary.accounting_date else ""
            yield self._found("balance", f"{self.money.text(summary.balance_amount, summary.currency_code)}{updated}")
            yield from (self._found("balance", text, Status.NOTE) for text in summary.warnings)
        yield self._currencies({summary.currency_code for summary in captured}, partner.invoices)
        limit = self.account.credit_limit
        if limit is not None and limit.currency not in {summary.currency_code for summary in captured}:
            says = f"the credit limit is in {limit.currency} and no captured balance is: nothing can be compared"
            yield self._found("balance", says, Status.NOTE)

    def _mfa(self, summary: InvoiceSummary) -> Finding:
        match summary.receipt.mfa_compliant:
            case True:
                return self._found("mfa", "Partner Center confirms that the user signed in with MFA")
            case None:
                return self._found("mfa", "Partner Center took the token and does not tell about MFA", Status.NOTE)
            case _:
                error = MfaRequired("Partner Center says that the user's token was got without MFA")
                return Finding("mfa", "", Status.FAILED, self.account, error)

    def _currencies(self, captured: set[str], invoices: Invoices) -> Finding:
        known = ", ".join(sorted(captured))
        if self.account.all_currencies:
            return self._found("currencies", f"all of the account's are captured: {known}")
        try:
            there = {summary.currency_code for summary in invoices.summaries.get()}
        except (AppOnlyRefused, PartnerAccessDenied):
            return self._found(
                "currencies", f"captured: {known}; whether there are more, only a user's sign-in is told"
            )
        except SnapshotError as error:
            says = f"captured: {known}; whether there are more could not be read: {error.message}"
            return self._found("currencies", says, Status.NOTE)
        left = sorted(there - captured)
        if not left:
            return self._found("currencies", f"all of the account's are captured: {known}")
        says = f"captured: {known}; NOT captured: {', '.join(left)}: set PARTNER_BALANCES to summaries (with PARTNER_AUTH app_user)"
        return self._found("currencies", says, Status.NOTE)
