"""The steps of a check that are an account's own: its secrets, the sign-in, the balance."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cli.commands.check.findings import Finding, Status, until_failure
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
        steps: list[tuple[str, Callable[[], Iterable[Finding]]]] = [
            ("vault", self._vault),
            ("sign-in", self._sign_in),
            ("balance", self._balance),
        ]
        return until_failure(steps, self.account)

    def _found(self, step: str, says: str, status: Status = Status.OK, **facts: Any) -> Finding:
        return Finding(step, says, status, self.account, facts=facts)

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
            age = refresh_token.age(stored, self.services.now())
            if age is not None and age.days > OVERDUE:
                says = (
                    f"refresh token {stored.name}: {age.days} days old, although a run renews it after 7: the function does not run, or "
                    "it may not set secrets in the vault (docs/operate.md, Secret expiring)"
                )
                yield self._found("vault", says, Status.NOTE, secret=stored.name, ageDays=age.days)

    def _end(self, what: str, end: datetime | None) -> Finding:
        secret = what.rpartition(" ")[2]
        if end is None:
            says = f"{what}: exists; it has no expiry date in the vault, so nothing can warn of its end"
            return self._found("vault", says, Status.NOTE, secret=secret, expiresOn=None, daysLeft=None)
        days = days_left(end, self.services.now())
        status = Status.NOTE if days <= SOON else Status.OK
        says = f"{what}: exists; {in_words(days)} ({end:%Y-%m-%d})"
        return self._found("vault", says, status, secret=secret, expiresOn=end.isoformat(), daysLeft=days)

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
            amount = f"{summary.balance_amount:f}"
            shown = self.money.text(summary.balance_amount, summary.currency_code)
            yield self._found("balance", f"{shown}{updated}", currency=summary.currency_code, balance=amount)
            yield from (self._found("balance", text, Status.NOTE) for text in summary.warnings)
        yield self._currencies({summary.currency_code for summary in captured}, partner.invoices)
        yield from self._limit(captured)

    def _limit(self, captured: Iterable[InvoiceSummary]) -> Iterator[Finding]:
        limit = self.account.credit_limit
        if limit is None:
            return
        shown = f"credit limit {self.money.text(limit.amount, limit.currency)}"
        fields = [credit_fields(self.account, summary.currency_code, summary.balance_amount) for summary in captured]
        used = next((one for one in fields if one["creditLimit"]), None)
        if used is None:
            says = f"{shown}: no captured balance is in {limit.currency}, so nothing can be compared"
            yield self._found("limit", says, Status.NOTE, creditLimit=f"{limit.amount:f}", currency=limit.currency)
        else:
            yield self._found(
                "limit", f"{shown}, {used['creditUsedPercent']:g} % used", currency=limit.currency, **used
            )

    def _mfa(self, summary: InvoiceSummary) -> Finding:
        match summary.receipt.mfa_compliant:
            case True:
                return self._found("mfa", "Partner Center confirms that the user signed in with MFA")
            case None:
                return self._found(
                    "mfa",
                    "Partner Center took the token and does not say whether the user signed in with MFA",
                    Status.NOTE,
                )
            case _:
                error = MfaRequired("Partner Center says that the user's token was obtained without MFA")
                return Finding("mfa", "", Status.FAILED, self.account, error)

    def _currencies(self, captured: set[str], invoices: Invoices) -> Finding:
        known = ", ".join(sorted(captured))
        facts: dict[str, Any] = {"captured": sorted(captured)}
        all_captured = f"all of the account's are captured: {known}"
        if self.account.all_currencies:
            return self._found("currencies", all_captured, **facts, notCaptured=[])
        try:
            there = {summary.currency_code for summary in invoices.summaries.get()}
        except (AppOnlyRefused, PartnerAccessDenied):
            says = f"captured: {known}; only a user's sign-in can see whether there are more"
            return self._found("currencies", says, **facts)
        except SnapshotError as error:
            says = f"captured: {known}; whether there are more could not be read: {error.message}"
            return self._found("currencies", says, Status.NOTE, **facts)
        if not (left := sorted(there - captured)):
            return self._found("currencies", all_captured, **facts, notCaptured=[])
        says = f"captured: {known}; NOT captured: {', '.join(left)}: set PARTNER_BALANCES to summaries (with PARTNER_AUTH app_user)"
        return self._found("currencies", says, Status.NOTE, **facts, notCaptured=left)
