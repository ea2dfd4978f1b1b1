"""One account's snapshot of one day: complete already, or read and append."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum

from shared.balance_reader import BalanceReader, SignedIn
from shared.errors import ClockWrong, ConsentRequired, SnapshotError, Unexpected
from shared.history.history import History
from shared.history.row import Entity, snapshot_row
from shared.log import Marker, log_event, log_warning
from shared.partner_center.invoice_summary import InvoiceSummary
from shared.settings.accounts import Account
from shared.sign_in.expiry import days_left, in_words, is_worth_a_warning
from shared.sign_in.refresh_token import Renewals, expires_on, is_due

_SECRET_REMEDY = "Make a new one and put it into the vault under the same name; docs/operate.md says how."  # noqa: S105 - no secret, but what to do about one


class Outcome(Enum):
    """What became of an account's day."""

    RECORDED = "recorded"
    KEPT = "kept"


@dataclass(frozen=True)
class RunContext:
    """The day of a run, decided once when it starts, and the run's id."""

    date: date
    run_id: str


@dataclass(frozen=True)
class Snapshots:
    """Takes snapshots over services that are handed in; `check_clock` raises once the table has answered and the clocks differ."""

    history: History
    reader: BalanceReader
    renewals: Renewals | None
    now: Callable[[], datetime]
    check_clock: Callable[[], None] = lambda: None

    def take(self, account: Account, day: RunContext) -> Outcome:
        """Take the account's snapshot of the day, unless it stands.

        Raises:
            SnapshotError: whatever kept the day from being recorded.

        """
        fields = {
            "account": account.name,
            "tenantId": account.tenant_id,
            "date": day.date.isoformat(),
            "runId": day.run_id,
        }
        standing = self.history.rows_of(account.tenant_id, day.date)
        self.check_clock()
        if standing:
            _report_rows(Marker.KEPT, standing, fields)
            return Outcome.KEPT
        signed_in = self.reader.signed_in(account)
        credential = signed_in.credential
        self._warn_of_expiry(credential.secret_name, credential.expires_on, _SECRET_REMEDY, fields)
        summaries = self.reader.balances(account, signed_in.tokens)
        kept = self.history.append(
            [snapshot_row(account, day.date, summary, day.run_id) for summary in summaries], day.run_id
        )
        if kept.archive_error is not None:
            log_event(Marker.ARCHIVE_FAILED, **fields, **kept.archive_error.fields())
        _report_rows(Marker.RECORDED if kept.recorded else Marker.KEPT, kept.rows, fields)
        for summary in summaries:
            _log_warnings(account, summary, fields)
        _report_credit(account, summaries, fields)
        self._renew(account, signed_in, fields)
        return Outcome.RECORDED if kept.recorded else Outcome.KEPT

    def _warn_of_expiry(self, secret: str | None, end: datetime | None, remedy: str, fields: dict[str, str]) -> None:
        if secret is None or end is None:
            return
        days = days_left(end, self.now())
        if is_worth_a_warning(days):
            log_event(
                Marker.SECRET_EXPIRING,
                **fields,
                secret=secret,
                days=days,
                message=f"The secret {secret} {in_words(days)}.",
                remedy=remedy,
            )

    def _renew(self, account: Account, signed_in: SignedIn, fields: dict[str, str]) -> None:
        """Store the new refresh token now that the row is safe; a failure is reported and costs the day nothing.

        The same token once more has not become younger by it.
        """
        stored, new, renewals = signed_in.stored_token, signed_in.tokens.refresh_token, self.renewals
        if renewals is None or stored is None:
            return
        end = expires_on(stored)
        if new is None or new == stored.value or not is_due(stored, self.now()):
            self._warn_of_expiry(stored.name, end, ConsentRequired.usual_remedy, fields)
            return
        try:
            renewals.renew(account, stored, new, self.now())
        except Exception as failure:  # noqa: BLE001 - the row is safe; what comes after it is reported and fails no day
            error = failure if isinstance(failure, SnapshotError) else Unexpected.of(failure)
            days = None if end is None else days_left(end, self.now())
            lasts = "" if days is None else f", which {in_words(days)}"
            message = f"A new refresh token was not stored in place of the secret {stored.name}{lasts}: {error.message}"
            told = error.fields() | {"message": message}
            log_event(Marker.SECRET_EXPIRING, **fields, secret=stored.name, days=days, **told)


LARGEST_SKEW = timedelta(minutes=5)


def check_clock(ahead: timedelta | None, host: str) -> None:
    """Check how far the clock of `host` is ahead of this machine's, when it said.

    Raises:
        ClockWrong: by more than five minutes, in either direction.

    """
    if ahead is not None and abs(ahead) > LARGEST_SKEW:
        minutes = round(abs(ahead) / timedelta(minutes=1))
        direction = "behind" if ahead > timedelta() else "ahead of"
        raise ClockWrong(
            f"this machine's clock is {minutes:,} minutes {direction} the clock of {host}; nothing was recorded, because "
            "the day could be wrong"
        )


def _report_rows(marker: Marker, rows: tuple[Entity, ...], fields: dict[str, str]) -> None:
    for row in rows:
        log_event(
            marker,
            **fields,
            currency=row.get("CurrencyCode"),
            requestId=row.get("RequestId"),
            correlationId=row.get("CorrelationId"),
        )


def _log_warnings(account: Account, summary: InvoiceSummary, fields: dict[str, str]) -> None:
    for text in summary.warnings:
        log_warning(f"In the {summary.currency_code} balance of {account.name!r}: {text}.", **fields)


def _report_credit(account: Account, summaries: tuple[InvoiceSummary, ...], fields: dict[str, str]) -> None:
    """Report how much of the credit limit is used; a limit in another currency is said, not converted."""
    limit = account.credit_limit
    if limit is None:
        return
    matching = [summary for summary in summaries if summary.currency_code == limit.currency]
    for summary in matching:
        percent = float(round(summary.balance_amount / limit.amount * 100, 1))
        log_event(Marker.CREDIT_USED, **fields, currency=limit.currency, percent=percent)
    if not matching:
        message = (
            f"The credit limit of {account.name!r} is in {limit.currency}, and no balance is; nothing is compared."
        )
        remedy = "Set PARTNER_CREDIT_LIMIT (or creditLimit) in the currency that Partner Center bills."
        log_event(Marker.CREDIT_UNKNOWN, **fields, currency=limit.currency, message=message, remedy=remedy)
