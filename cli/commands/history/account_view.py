"""What is kept of one account while its history passes by: for the summary, the charts and the months."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from cli.commands.history.changes import ChangeTracker, Reading
from cli.commands.history.gaps import Gap
from cli.commands.history.months import Months
from cli.commands.history.reader import AccountHistory
from cli.commands.history.series import AccountSeries


@dataclass
class AccountView:
    """One account: its name and tenant id, series, months, and the first day and latest reading per currency."""

    name: str
    tenant_id: str
    configured: bool
    series: AccountSeries
    months: Months = field(default_factory=Months)
    began: dict[str, date] = field(default_factory=dict)
    latest: dict[str, Reading] = field(default_factory=dict)

    @property
    def gaps(self) -> list[Gap]:
        """Return the gaps, by day."""
        return self.series.gaps

    @property
    def missed_days(self) -> int:
        """Return how many days are missing."""
        return sum(gap.days for gap in self.gaps)


def view(
    account: AccountHistory, tracker: ChangeTracker, show: Callable[[Reading | Gap], None] = lambda _: None
) -> AccountView:
    """Read the account to its end and return what is kept of it; `show` gets each reading and gap as it comes."""
    kept = AccountView(account.name, account.tenant_id, account.configured, AccountSeries(account.name))
    for item in account.items:
        if isinstance(item, Gap):
            kept.series.gaps.append(item)
            kept.months.add(item)
            show(item)
            continue
        reading = tracker.reading(item)
        kept.began.setdefault(reading.currency, reading.day)
        kept.latest[reading.currency] = reading
        kept.months.add(reading)
        kept.series.add(reading.currency, reading.day, float(reading.balance), reading.limit)
        show(reading)
    return kept
