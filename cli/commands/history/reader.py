"""Reads part of the history, one account at a time: configured accounts in their order, then former ones."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial

from cli.commands.history.account import AccountHistory
from cli.commands.history.gaps import Gap, currency_of, day_of, insert_gaps
from cli.commands.history.ledger import Ledger
from cli.support.console import warn
from cli.support.snapshot_row import snapshot_problem
from cli.support.tables import TableContext, all_tenants
from shared.errors import SnapshotError
from shared.history.row import Entity
from shared.net.foreign_text import one_line

_DAY = timedelta(days=1)


@dataclass
class HistoryReader:
    """Reads the rows for these tenants (None: all), currency and days. Only days before `today` can be missed.

    Results so far: `read`, the accounts with only their gaps; `without_history`, the labels of accounts with neither rows nor gaps;
    `currencies`, all that occur, whichever is requested; `unreadable`, the problem of each row that was skipped because it is not
    a snapshot. `ledger_readable` becomes False when the ledger, which has the reasons for gaps, cannot be read.
    """

    context: TableContext
    today: date
    tenants: Sequence[str] | None = None
    currency: str | None = None
    first: date | None = None
    last: date | None = None
    read: list[AccountHistory] = field(default_factory=list)
    without_history: list[str] = field(default_factory=list)
    currencies: set[str] = field(default_factory=set)
    unreadable: list[str] = field(default_factory=list)
    ledger_readable: bool = True

    def __post_init__(self) -> None:
        settings, last = self.context.services.settings, min(self.last or self.today, self.today)
        self.names = {account.tenant_id: account.name for account in settings.accounts}
        self.ledger = Ledger(self.context.ledger, settings.time_zone, last)

    @property
    def missed_days(self) -> int:
        """The number of missed days in all accounts so far."""
        return sum(account.missed_days for account in self.read)

    def accounts(self, columns: Sequence[str] | None = None) -> Iterator[AccountHistory]:
        """Yield every requested account, with these columns of its rows.

        Raises:
            SnapshotError: the table cannot be read, or the clock is wrong.

        """
        table, names, labels = self.context.table, self.names, set[str]()
        tenants = all_tenants(names, table) if self.tenants is None else self.tenants
        for tenant, found in table.by_tenant(tenants, self.first, self.last, columns):
            rows = [row for row in found if self._is_snapshot(columns, row)]
            self.context.services.check_clock()  # it decides which days are missed
            if rows or tenant in names or self.tenants is not None:
                name = names.get(tenant) or one_line(rows[0].get("AccountName") if rows else None) or tenant
                label = f"{name} ({tenant})" if name in labels else name
                labels.add(name)
                account = AccountHistory(tenant, name, label, tenant in names, list(self._items(tenant, rows)))
                self.read.append(replace(account, items=account.gaps))
                if not account.items:
                    self.without_history.append(label)
                yield account

    def _is_snapshot(self, columns: Sequence[str] | None, row: Entity) -> bool:
        wrong = snapshot_problem(row, columns)
        if wrong is None and day_of(row) > self.today + _DAY:  # the latest day that has begun anywhere on Earth
            wrong = "its day is in the future"
        if wrong is not None:
            self.unreadable.append(f"{one_line(row['PartitionKey'])} / {one_line(row['RowKey'])}: {wrong}")
        return wrong is None

    def _items(self, tenant: str, rows: Sequence[Entity]) -> Iterator[Entity | Gap]:
        yesterday = self.today - _DAY
        until = min(self.last or yesterday, yesterday) if tenant in self.names else None
        began_before = partial(self.context.table.has_rows_before, tenant)
        for item in insert_gaps(rows, first=self.first, last=until, began_before=began_before):
            if isinstance(item, Gap):
                yield from self._explained(tenant, item)
                continue
            currency = currency_of(item)
            self.currencies.add(currency)
            if self.currency in {None, currency}:
                yield item

    def _explained(self, tenant: str, gap: Gap) -> list[Gap]:
        try:
            return list(self.ledger.explain(tenant, gap)) if self.ledger_readable else [gap]
        except SnapshotError as error:
            warn(f"no reasons for missed days, because the ledger of runs cannot be read: {error.message}")
            self.ledger_readable = False
            return [gap]
