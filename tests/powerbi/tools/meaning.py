"""What each measure is meant to give, computed from the recorded rows in plain Python.

Nothing here knows the model, its queries or DAX: it starts from the rows as the table gives them back.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property

from tests.powerbi.tools.demo import NEWEST_DAY, Row
from tests.powerbi.tools.snapshots import Snapshot, View, snapshot

RETIRED_AFTER = timedelta(days=35)
TODAY = NEWEST_DAY + timedelta(days=1)
"""The day on which the report of the examples is looked at."""

Value = Decimal | int | str | date | datetime | None


class History:
    """All snapshots, and what the measures say of them."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.snapshots = tuple(snapshot(row) for row in rows)
        self.newest = max(found.day for found in self.snapshots)

    @cached_property
    def accounts(self) -> dict[str, tuple[date | None, date]]:
        """Return the first and last expected day by account."""
        return {name: self._expected(name) for name in sorted({found.account for found in self.snapshots})}

    def _expected(self, account: str) -> tuple[date | None, date]:
        own = [found for found in self.snapshots if found.account == account]
        last = max(found.day for found in own)
        first = min((found.day for found in own if not found.imported), default=None)
        return first, last if last + RETIRED_AFTER < self.newest else self.newest

    # What is in view

    def _names(self, view: View) -> list[str]:
        return [name for name in self.accounts if not view.accounts or name in view.accounts]

    def _in_currency(self, view: View, account: str) -> list[Snapshot]:
        return [
            found
            for found in self.snapshots
            if found.account == account and (not view.currencies or found.currency in view.currencies)
        ]

    def currencies(self, view: View) -> set[str]:
        """Return the currencies of the slicer's period."""
        first, last = view.period
        return {
            found.currency
            for name in self._names(view)
            for found in self._in_currency(view, name)
            if first <= found.day <= last
        }

    def _last_day(self, view: View, account: str) -> date | None:
        """Return the account's last day in view, in any currency; None when it was retired before the view ends."""
        if self.accounts[account][1] < view.last:
            return None
        read = [
            found.day for found in self.snapshots if found.account == account and view.first <= found.day <= view.last
        ]
        return max(read, default=None)

    def _on(self, view: View, account: str, day: date | None) -> Snapshot | None:
        """Return the account's snapshot of a day in the one currency of the view."""
        return next((found for found in self._in_currency(view, account) if found.day == day), None)

    def _closing(self, view: View) -> list[Snapshot] | None:
        """Return each account's last snapshot; None when amounts are blank: several currencies, or an account not read."""
        if len(self.currencies(view)) != 1 or self.not_read(view):
            return None
        found = [self._on(view, name, self._last_day(view, name)) for name in self._names(view)]
        return [each for each in found if each] or None

    def not_read(self, view: View) -> list[str]:
        """Return the accounts of this currency that should have been read by the end of the view and were not."""
        return [
            name
            for name, (first, last) in self.accounts.items()
            if name in self._names(view)
            and self._in_currency(view, name)
            and first is not None
            and first <= view.last <= last
            and self._last_day(view, name) is None
        ]

    # The measures

    def current_balance(self, view: View) -> Value:
        """Return the last snapshot of each account, summed."""
        closing = self._closing(view)
        return None if closing is None else sum((found.balance for found in closing), Decimal())

    def _totals(self, view: View) -> list[Decimal]:
        if len(self.currencies(view)) != 1:
            return []
        number = (view.last - view.first).days + 1
        days = [view.first + timedelta(days=offset) for offset in range(number)]
        found = (self.current_balance(View(view.accounts, view.currencies, view.period, day)) for day in days)
        return [total for total in found if isinstance(total, Decimal)]

    def highest_balance(self, view: View) -> Value:
        """Return the highest total of a day."""
        return max(self._totals(view), default=None)

    def lowest_balance(self, view: View) -> Value:
        """Return the lowest total of a day."""
        return min(self._totals(view), default=None)

    def _change(self, view: View, then: Callable[[Snapshot], date | None]) -> Value:
        total = None
        for now in self._closing(view) or ():
            day = then(now)
            earlier = self._on(view, now.account, day)
            expected_since = self.accounts[now.account][0]
            if earlier is not None:
                total = (total or Decimal()) + now.balance - earlier.balance
            elif day is not None and expected_since is not None and day >= expected_since:
                return None
        return total

    def _read_days(self, account: str) -> list[date]:
        return sorted({found.day for found in self.snapshots if found.account == account})

    def change_to_previous_snapshot(self, view: View) -> Value:
        """Compare with each account's snapshot before its last."""
        return self._change(
            view, lambda now: max((day for day in self._read_days(now.account) if day < now.day), default=None)
        )

    def change_over_7_days(self, view: View) -> Value:
        """Compare with exactly 7 days before."""
        return self._change(view, lambda now: now.day - timedelta(days=7))

    def change_over_30_days(self, view: View) -> Value:
        """Compare with exactly 30 days before."""
        return self._change(view, lambda now: now.day - timedelta(days=30))

    def change_since_month_start(self, view: View) -> Value:
        """Compare with the first snapshot of the month."""
        return self._change(
            view, lambda now: min(day for day in self._read_days(now.account) if day >= now.day.replace(day=1))
        )

    def _part(self, view: View, kind: str) -> Value:
        parts = [found.parts for found in self._closing(view) or ()]
        if not parts or not all(parts):
            return None
        amounts = [each[kind] for each in parts if each and kind in each]
        return sum(amounts, Decimal()) if amounts else None

    def recurring_part(self, view: View) -> Value:
        """Return what recurring invoices make up."""
        return self._part(view, "Recurring")

    def one_time_part(self, view: View) -> Value:
        """Return what one-time invoices make up."""
        return self._part(view, "One-time")

    def other_parts(self, view: View) -> Value:
        """Return what invoices of other types make up."""
        return self._part(view, "Other")

    def credit_limit(self, view: View) -> Value:
        """Return the limits that are known, summed."""
        limits = [found.limit for found in self._closing(view) or () if found.limit is not None]
        return sum(limits, Decimal()) if limits else None

    def credit_used(self, view: View) -> Value:
        """Return the balance of the accounts with a limit, as a share of their limits."""
        limited = [found for found in self._closing(view) or () if found.limit is not None]
        if not limited:
            return None
        limit = sum((found.limit for found in limited if found.limit is not None), Decimal())
        share = sum((found.balance for found in limited), Decimal()) / limit
        return share.quantize(Decimal("0.0001"), ROUND_HALF_UP)

    def last_snapshot(self, view: View) -> Value:
        """Return the newest day in view."""
        found = [day for name in self._names(view) for day in self._read_days(name) if view.first <= day <= view.last]
        return max(found, default=None)

    def latest_run(self, view: View) -> Value:
        """Return when the newest answer was read, whatever the period."""
        names = self._names(view)
        return max((found.retrieved for found in self.snapshots if found.account in names), default=None)

    def days_since_last_snapshot(self, view: View) -> Value:
        """Return the longest ago of the active accounts, whatever the period."""
        active = [name for name in self._names(view) if self.accounts[name][1] == self.newest]
        return max(((TODAY - self._read_days(name)[-1]).days for name in active), default=None)

    def missing_days(self, view: View) -> Value:
        """Count the expected days without a snapshot."""
        missing = None
        for name in self._names(view):
            first, last = self.accounts[name]
            if first is None or max(first, view.first) > min(last, view.last):
                continue
            start, end = max(first, view.first), min(last, view.last)
            read = [day for day in self._read_days(name) if start <= day <= end]
            missing = (missing or 0) + (end - start).days + 1 - len(read)
        return missing

    def day_status(self, view: View) -> Value:
        """Return a cross or a tick for one day, or nothing."""
        if view.first != view.last:
            return None
        if self.missing_days(view):
            return "✗"
        return None if self.last_snapshot(view) is None else "✓"

    def accounting_date_age(self, view: View) -> Value:
        """Return the most days between the accounting date and the snapshot."""
        ages = []
        for name in self._names(view):
            day = self._last_day(view, name)
            booked = [found.booked for found in self._in_currency(view, name) if found.day == day and found.booked]
            ages += [(day - min(booked)).days for _ in booked[:1] if day]
        return max(ages, default=None)

    def hint(self, view: View) -> Value:
        """Say which amounts these are, or why they are blank."""
        codes = sorted(self.currencies(view))
        names = ", ".join(codes)
        not_read = len(self.not_read(view))
        days = [found.day for found in self._closing(view) or ()]
        if not codes:
            return "No snapshots in view. If none were ever loaded: Transform data, then the query START HERE."
        if len(codes) > 1:
            return (
                f"Amounts are blank because several currencies are in view ({names}) and currencies are never added. "
                "Choose one in the Currency slicer."
            )
        if not_read:
            return f"Amounts are blank because {not_read} account(s) were not read in this period. See the page Health."
        if not days:
            return "Amounts are blank because no account in view has a balance at the end of this period."
        if min(days) < max(days):
            return f"Amounts in {names}, last snapshots from {min(days)} to {max(days)}."
        return f"Amounts in {names}, last snapshot {max(days)}."


MEASURES: dict[str, Callable[[History, View], Value]] = {
    "Current balance": History.current_balance,
    "Highest balance": History.highest_balance,
    "Lowest balance": History.lowest_balance,
    "Change to previous snapshot": History.change_to_previous_snapshot,
    "Change over 7 days": History.change_over_7_days,
    "Change over 30 days": History.change_over_30_days,
    "Change since month start": History.change_since_month_start,
    "Recurring part": History.recurring_part,
    "One-time part": History.one_time_part,
    "Other parts": History.other_parts,
    "Credit limit": History.credit_limit,
    "Credit used": History.credit_used,
    "Last snapshot": History.last_snapshot,
    "Latest run": History.latest_run,
    "Days since last snapshot": History.days_since_last_snapshot,
    "Missing days": History.missing_days,
    "Day status": History.day_status,
    "Accounting date age": History.accounting_date_age,
    "Hint": History.hint,
}
"""Every measure that a user sees, by its name in the model."""
