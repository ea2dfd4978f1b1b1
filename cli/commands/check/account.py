"""The steps of a check that are an account's own: its secrets, the sign-in, the balance."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cli.commands.check.findings import Finding, failed, note, ok, until_failure
from cli.commands.check.token_subject import who
from cli.support.money import Money
from cli.support.records import credit_fields
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
"""A secret that ends within so many days gets a note."""

OVERDUE = 14
"""Days; a run renews the refresh token after 7."""


@dataclass
class AccountCheck:
    """One account's check over the services of the run."""

    account: Account
    services: Services
    money: Money
    _signed_in: list[SignedIn] = field(default_factory=list)

    def findings(self) -> Iterator[Finding]:
        """Yield what is found, up to the first failure."""
        steps = {"vault": self._vault, "sign-in": self._sign_in, "balance": self._balance}
        return until_failure(steps, self.account)

    def _vault(self) -> Iterator[Finding]:
        vault, account = self.services.vault, self.account
        if vault is None or not account.needs_vault:
            yield ok("vault", "not needed: the Azure identity's own token proves the app (federated)")
            return
        if account.secret_name is not None and not account.federated:
            credential = from_secret(vault.secret(account.secret_name))
            kind = "client secret" if isinstance(credential.for_msal, str) else "certificate"
            yield self._end(kind, account.secret_name, credential.expires_on)
        if account.refresh_token_name is not None and account.app_user:
            stored = refresh_token.read(vault, account.refresh_token_name)
            yield self._end("refresh token", stored.name, refresh_token.expires_on(stored))
            age = refresh_token.age(stored, self.services.now())
            if age is not None and age.days > OVERDUE:
                says = (
                    f"refresh token {stored.name}: {age.days} days old, although a run renews it after 7: the function does not run, or "
                    "it may not set secrets in the vault (docs/operate.md, Secret expiring)"
                )
                yield note("vault", says, secret=stored.name, ageDays=age.days)

    def _end(self, kind: str, secret: str, end: datetime | None) -> Finding:
        what = f"{kind} {secret}: exists;"
        if end is None:
            says = f"{what} it has no expiry date in the vault, so nothing can warn of its end"
            return note("vault", says, secret=secret, expiresOn=None, daysLeft=None)
        days = days_left(end, self.services.now())
        found = note if days <= SOON else ok
        says = f"{what} {in_words(days)} ({end:%Y-%m-%d})"
        return found("vault", says, secret=secret, expiresOn=end.isoformat(), daysLeft=days)

    def _sign_in(self) -> Iterator[Finding]:
        signed_in = self.services.reader.signed_in(self.account)
        self._signed_in.append(signed_in)
        credential = signed_in.credential.for_msal
        proof = "a client secret" if isinstance(credential, str) else "a certificate"
        if self.account.federated:
            proof = "the Azure identity's token (federated)"
        user = who(signed_in.tokens.access_token) if self.account.app_user else None
        mode = "app with a user's consent" if self.account.app_user else "app"
        yield ok("sign-in", f"{mode}, by {proof}" + (f"; the user is {user}" if user else ""))

    def _balance(self) -> Iterator[Finding]:
        account, tokens = self.account, self._signed_in[0].tokens
        invoices = self.services.reader.partner_center(account, tokens, validate_mfa=account.app_user).invoices
        captured = invoices.summaries.get() if account.all_currencies else (invoices.summary.get(),)
        if account.app_user:
            yield _mfa(captured[0].receipt.mfa_compliant)
        for summary in captured:
            shown = self.money.text(summary.balance_amount, summary.currency_code)
            updated = f", accounting date {summary.accounting_date:%Y-%m-%d}" if summary.accounting_date else ""
            facts = {"currency": summary.currency_code, "balance": f"{summary.balance_amount:f}"}
            yield ok("balance", f"{shown}{updated}", **facts)
            yield from (note("balance", text) for text in summary.warnings)
        yield self._currencies(sorted(summary.currency_code for summary in captured), invoices)
        yield from self._limit(captured)

    def _currencies(self, captured: list[str], invoices: Invoices) -> Finding:
        known = f"captured: {', '.join(captured)}"
        left: list[str] = []
        if not self.account.all_currencies:
            try:
                left = sorted({summary.currency_code for summary in invoices.summaries.get()}.difference(captured))
            except (AppOnlyRefused, PartnerAccessDenied):
                says = f"{known}; only a user's sign-in can see whether there are more"
                return ok("currencies", says, captured=captured)
            except SnapshotError as error:
                says = f"{known}; whether there are more could not be read: {error.message}"
                return note("currencies", says, captured=captured)
        if left:
            setting = "set PARTNER_BALANCES to summaries (with PARTNER_AUTH app_user)"
            says = f"{known}; NOT captured: {', '.join(left)}: {setting}"
            return note("currencies", says, captured=captured, notCaptured=left)
        return ok("currencies", f"all of the account's are {known}", captured=captured, notCaptured=left)

    def _limit(self, captured: Sequence[InvoiceSummary]) -> Iterator[Finding]:
        limit = self.account.credit_limit
        if limit is None:
            return
        shown = f"credit limit {self.money.text(limit.amount, limit.currency)}"
        for summary in captured:
            used = credit_fields(self.account, summary.currency_code, summary.balance_amount)
            if used["creditLimit"]:
                yield ok("limit", f"{shown}, {used['creditUsedPercent']:g} % used", currency=limit.currency, **used)
                return
        says = f"{shown}: no captured balance is in {limit.currency}, so nothing can be compared"
        yield note("limit", says, currency=limit.currency, creditLimit=f"{limit.amount:f}", creditUsedPercent=None)


def _mfa(compliant: bool | None) -> Finding:  # noqa: FBT001 - Partner Center's own verdict
    if compliant is None:
        return note("mfa", "Partner Center took the token and does not say whether the user signed in with MFA")
    if compliant:
        return ok("mfa", "Partner Center confirms that the user signed in with MFA")
    return failed("mfa", MfaRequired("Partner Center says that the user's token was obtained without MFA"))
