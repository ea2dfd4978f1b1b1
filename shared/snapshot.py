"""One account's snapshot for one day: if the day is not complete yet, read the balance and append it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from shared.balance_reader import BalanceReader, SignedIn
from shared.errors import ConsentRequired, Unexpected, as_snapshot_error
from shared.history.history import History
from shared.history.row import Entity, snapshot_row
from shared.history.runs import RunContext
from shared.log import Marker, log_event, log_warning
from shared.partner_center.invoice_summary import InvoiceSummary
from shared.settings.accounts import Account
from shared.sign_in.expiry import days_left, in_words, is_warning_due
from shared.sign_in.refresh_token import Renewals, expires_on, is_due

_SECRET_REMEDY = "Create a new one and store it in the vault under the same name; docs/operate.md explains how."  # noqa: S105 - not a secret, but advice about one


class Outcome(Enum):
    """The outcome of an account's day."""

    RECORDED = Marker.RECORDED
    KEPT = Marker.KEPT


@dataclass(frozen=True)
class Snapshots:
    """Takes snapshots. `check_clock` raises if the table service has responded and its clock differs from ours."""

    history: History
    reader: BalanceReader
    renewals: Renewals | None
    now: Callable[[], datetime]
    check_clock: Callable[[], None] = lambda: None

    def take(self, account: Account, run: RunContext) -> Outcome:
        """Take the account's snapshot for the run's day, unless it exists.

        Raises:
            SnapshotError: why the day could not be recorded.

        """
        fields = run.fields(account)
        try:
            existing = self.history.rows_of(account.tenant_id, run.date)
        finally:
            self.check_clock()  # a wrong clock may be why the table refused
        if existing:
            _report_rows(Outcome.KEPT, existing, fields)
            return Outcome.KEPT
        signed_in = self.reader.signed_in(account)
        credential = signed_in.credential
        self._warn_of_expiry(credential.secret_name, credential.expires_on, _SECRET_REMEDY, fields)
        summaries = self.reader.balances(account, signed_in.tokens)
        rows = [snapshot_row(account, run.date, summary, run.run_id) for summary in summaries]
        appended = self.history.append(rows, run.run_id)
        outcome = Outcome.RECORDED if appended.recorded else Outcome.KEPT
        try:
            if appended.archive_error is not None:
                log_event(Marker.ARCHIVE_FAILED, **fields, **appended.archive_error.fields())
            _report_rows(outcome, appended.rows, fields)
            _report_balances(account, summaries, fields)
        except Exception as defect:  # noqa: BLE001 - the row exists, so the day is complete whatever happens afterwards
            log_warning(f"The row exists, but reporting it failed: {Unexpected.of(defect).message}.", **fields)
        self._renew(account, signed_in, fields)
        return outcome

    def _warn_of_expiry(self, secret: str | None, end: datetime | None, remedy: str, fields: dict[str, str]) -> None:
        if secret is None or end is None:
            return
        days = days_left(end, self.now())
        if is_warning_due(days):
            message = f"The secret {secret} {in_words(days)}."
            log_event(Marker.SECRET_EXPIRING, **fields, secret=secret, days=days, message=message, remedy=remedy)

    def _renew(self, account: Account, signed_in: SignedIn, fields: dict[str, str]) -> None:
        """Store the new refresh token, now that the row exists. A failure is logged but does not fail the snapshot.

        Receiving the same token again does not extend its lifetime.
        """
        stored, new = signed_in.stored_token, signed_in.tokens.refresh_token
        if self.renewals is None or stored is None:
            return
        days = None
        try:
            end = expires_on(stored)
            days = None if end is None else days_left(end, self.now())
            if new is None or new == stored.value or not is_due(stored, self.now()):
                self._warn_of_expiry(stored.name, end, ConsentRequired.usual_remedy, fields)
            else:
                self.renewals.renew(account, stored, new, self.now())
        except Exception as failure:  # noqa: BLE001 - as above; the alert on expiring secrets reports it
            error = as_snapshot_error(failure)
            expiry = "" if days is None else f", which {in_words(days)}"
            message = f"Could not replace the refresh token in secret {stored.name}{expiry}: {error.message}"
            details = error.fields() | {"message": message}
            log_event(Marker.SECRET_EXPIRING, **fields, secret=stored.name, days=days, **details)


def _report_rows(outcome: Outcome, rows: Sequence[Entity], fields: dict[str, str]) -> None:
    for row in rows:
        ids = {"requestId": row.get("RequestId"), "correlationId": row.get("CorrelationId")}
        log_event(outcome.value, **fields, currency=row.get("CurrencyCode"), **ids)


def _report_balances(account: Account, summaries: Sequence[InvoiceSummary], fields: dict[str, str]) -> None:
    """Log what was left out and how much of the credit limit is used. A limit in another currency is not converted."""
    limit, compared = account.credit_limit, False
    for summary in summaries:
        for text in summary.warnings:
            log_warning(f"In the {summary.currency_code} balance of {account.name!r}: {text}.", **fields)
        if limit is not None and limit.currency == summary.currency_code:
            percent, compared = limit.used_percent(summary.balance_amount), True
            log_event(Marker.CREDIT_USED, **fields, currency=limit.currency, percent=percent)
    if limit is not None and not compared:
        missing = f"but there is no {limit.currency} balance to compare it with"
        message = f"The credit limit for {account.name!r} is in {limit.currency}, {missing}."
        remedy = "Set PARTNER_CREDIT_LIMIT (or creditLimit) in the currency that Partner Center bills in."
        log_event(Marker.CREDIT_UNKNOWN, **fields, currency=limit.currency, message=message, remedy=remedy)
