"""The steps of a check for one account: its secrets, the sign-in, the balance."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from cli.commands.check.findings import Finding, note, ok, run_steps
from cli.support.credentials import stored_secrets, token_user
from cli.support.money import Money
from shared.balance_reader import SignedIn
from shared.errors import AppOnlyRefused, MfaRequired, PartnerAccessDenied, SnapshotError
from shared.partner_center.client import Invoices
from shared.partner_center.invoice_summary import InvoiceSummary
from shared.services import Services
from shared.settings.accounts import Account

EXPIRY_NOTE_DAYS = 30
"""A secret that expires within this many days gets a note."""

RENEWAL_OVERDUE_DAYS = 14
"""A refresh token older than this gets a note: a run renews it after 7 days."""


@dataclass
class AccountCheck:
    """One account's check, with the services of a run. Steps keep their results for later steps."""

    account: Account
    services: Services
    money: Money
    signed_in: SignedIn = field(init=False)
    invoices: Invoices = field(init=False)
    captured: tuple[InvoiceSummary, ...] = ()

    def findings(self) -> Iterator[Finding]:
        """Yield the findings, up to the first failure."""
        steps = {
            "vault": self._vault,
            "sign-in": self._sign_in,
            "balance": self._balance,
            "mfa": self._mfa,
            "currencies": self._currencies,
            "limit": self._limit,
        }
        return run_steps(steps, self.account)

    def _vault(self) -> Iterator[Finding]:
        if not self.account.needs_vault:
            yield ok("not needed: the app signs in with the Azure identity's token (federated)")
        now = self.services.now()
        for secret in stored_secrets(self.services.vault, self.account, now):
            finding, days, end = note, None, secret.expires_on
            message = "no expiry date in the vault, so nothing can warn before it expires"
            if left := secret.time_left(now):
                days, message = left
                finding = note if days <= EXPIRY_NOTE_DAYS else ok
            facts = {"secret": secret.name, "expiresOn": end and end.isoformat(), "daysLeft": days}
            yield finding(f"{secret.kind} {secret.name}: exists; {message}", **facts)
            if secret.age is not None and secret.age.days > RENEWAL_OVERDUE_DAYS:
                message = (
                    f"{secret.kind} {secret.name}: {secret.age.days} days old, although a run renews it after 7: the function does "
                    "not run, or may not set secrets in the vault (docs/operate.md, Secret expiring)"
                )
                yield note(message, secret=secret.name, ageDays=secret.age.days)

    def _sign_in(self) -> Iterator[Finding]:
        self.signed_in = self.services.reader.signed_in(self.account)
        user = token_user(self.signed_in.tokens.access_token) if self.account.app_user else None
        mode = "app with a user's consent" if self.account.app_user else "app"
        yield ok(f"{mode}, by {self.signed_in.credential.kind}" + (f"; the user is {user}" if user else ""))

    def _balance(self) -> Iterator[Finding]:
        account, tokens = self.account, self.signed_in.tokens
        self.invoices = self.services.reader.partner_center(account, tokens, validate_mfa=account.app_user).invoices
        several = account.all_currencies
        self.captured = self.invoices.summaries.get() if several else (self.invoices.summary.get(),)
        for summary in self.captured:
            shown = self.money.text(summary.balance_amount, summary.currency_code)
            updated = f", accounting date {summary.accounting_date:%Y-%m-%d}" if summary.accounting_date else ""
            yield ok(f"{shown}{updated}", currency=summary.currency_code, balance=f"{summary.balance_amount:f}")
            yield from map(note, summary.warnings)

    def _mfa(self) -> Iterator[Finding]:
        compliant = self.captured[0].receipt.mfa_compliant
        if not self.account.app_user:
            return
        if compliant is False:
            raise MfaRequired("Partner Center reports that the user's token was obtained without MFA")
        if compliant:
            yield ok("Partner Center confirms that the user signed in with MFA")
        else:
            yield note("Partner Center accepted the token but did not report whether the user signed in with MFA")

    def _currencies(self) -> Iterator[Finding]:
        captured = sorted(summary.currency_code for summary in self.captured)
        known, left = f"captured: {', '.join(captured)}", set[str]()
        try:
            if not self.account.all_currencies:
                left = {summary.currency_code for summary in self.invoices.summaries.get()}.difference(captured)
        except (AppOnlyRefused, PartnerAccessDenied):
            yield ok(f"{known}; only a user's sign-in can see whether there are more", captured=captured)
        except SnapshotError as error:
            yield note(f"{known}; could not check whether there are more: {error.message}", captured=captured)
        else:
            finding, message = ok, f"all {known}"
            if left:
                setting = "set PARTNER_BALANCES to summaries (with PARTNER_AUTH app_user)"
                finding, message = note, f"{known}; NOT captured: {', '.join(sorted(left))}: {setting}"
            yield finding(message, captured=captured, notCaptured=sorted(left))

    def _limit(self) -> Iterator[Finding]:
        limit = self.account.credit_limit
        if limit is None:
            return
        of_limit = (summary.balance_amount for summary in self.captured if summary.currency_code == limit.currency)
        used = next(map(limit.used_percent, of_limit), None)
        if used is None:
            finding, message = note, f": there is no captured {limit.currency} balance to compare it with"
        else:
            finding, message = ok, f", {used:g} % used"
        facts = {"currency": limit.currency, "creditLimit": f"{limit.amount:f}", "creditUsedPercent": used}
        yield finding(f"credit limit {self.money.text(limit.amount, limit.currency)}{message}", **facts)
