"""Reading a part of the history, account by account: the settings' accounts in their order, then former ones."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from itertools import chain, islice

from cli.commands.history.gaps import Gap, day_of, insert_gaps
from cli.commands.history.missed_reasons import Ledger
from cli.support.console import warn
from cli.support.side_by_side import read_side_by_side
from cli.support.snapshot_row import why_not_snapshot
from cli.support.tables import SIDE_BY_SIDE, TableContext, all_tenants
from shared.errors import SnapshotError
from shared.history.query import Span
from shared.history.row import Entity
from shared.net.foreign_text import one_line

_TODAY_IN_EVERY_ZONE = timedelta(days=2)
"""After the last day that can be missed."""


@dataclass(frozen=True)
class HistoryAccount:
    """An account with a history: `label` is its name, with the tenant id when an account before it has the same name.

    `configured` when the settings still have it.
    """

    tenant_id: str
    name: str
    label: str
    configured: bool


@dataclass
class HistoryReader:
    """Reads the rows of these tenants (None: all), currency and days; `names` are the configured accounts' in their order.

    `until` is the last day that can be missing: today may still be read. `ledger` gives reasons, until it cannot be read.
    What turned up so far: `gaps`; `silent`, the labels of accounts with neither row nor gap; `currencies` of the rows, whatever
    is asked for; `unreadable`, what is wrong with each row that is not a snapshot, which is left out.
    """

    place: TableContext
    names: Mapping[str, str]
    ledger: Ledger | None
    tenants: tuple[str, ...] | None
    currency: str | None
    first: date | None
    last: date | None
    until: date
    gaps: list[tuple[HistoryAccount, Gap]] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    currencies: set[str] = field(default_factory=set)
    unreadable: list[str] = field(default_factory=list)

    @property
    def missed_days(self) -> int:
        """How many days are missing in all accounts so far."""
        return sum(gap.days for _, gap in self.gaps)

    def accounts(self, columns: tuple[str, ...] | None) -> Iterator[tuple[HistoryAccount, Iterator[Entity | Gap]]]:
        """Yield every account that is asked for and these columns of its rows, with the gaps, by day; use them before the next.

        Raises:
            SnapshotError: the table cannot be read, or the clock is wrong.

        """
        table, names = self.place.table, self.names
        asked: list[str] = []

        def streams() -> Iterator[Iterator[Entity]]:
            for tenant in all_tenants(names, table) if self.tenants is None else self.tenants:
                asked.append(tenant)
                yield table.rows(Span(tenant, self.first, self.last), columns)

        labels: set[str] = set()
        for number, found in enumerate(read_side_by_side(streams(), SIDE_BY_SIDE)):
            tenant = asked[number]
            rows = filter(partial(self._is_snapshot, columns), found)
            start = list(islice(rows, 1))
            self.place.services.check_clock()  # missed days are judged by it
            if start or tenant in names or self.tenants is not None:
                name = names.get(tenant) or one_line(start[0].get("AccountName") if start else None) or tenant
                label = f"{name} ({tenant})" if name in labels else name
                labels.add(name)
                account = HistoryAccount(tenant, name, label, tenant in names)
                items = self._items(account, chain(start, rows))
                begin = list(islice(items, 1))
                if not begin:
                    self.silent.append(label)
                yield account, chain(begin, items)

    def _is_snapshot(self, columns: tuple[str, ...] | None, row: Entity) -> bool:
        wrong = why_not_snapshot(row, columns)
        if wrong is None and day_of(row) > self.until + _TODAY_IN_EVERY_ZONE:
            wrong = "its day is still to come"
        if wrong is not None:
            self.unreadable.append(f"{one_line(row['PartitionKey'])} / {one_line(row['RowKey'])}: {wrong}")
        return wrong is None

    def _items(self, account: HistoryAccount, rows: Iterator[Entity]) -> Iterator[Entity | Gap]:
        until = self.until if account.configured else None
        ending = f"_{self.currency}" if self.currency else ""
        began_before = partial(self.place.table.any_before, account.tenant_id)
        for item in insert_gaps(rows, first=self.first, last=until, began_before=began_before):
            if isinstance(item, Gap):
                for gap in self._explained(account.tenant_id, item):
                    self.gaps.append((account, gap))
                    yield gap
                continue
            key = str(item["RowKey"])
            self.currencies.add(key[11:])
            if key.endswith(ending):
                yield item

    def _explained(self, tenant: str, gap: Gap) -> list[Gap]:
        if (ledger := self.ledger) is None:
            return [gap]
        try:
            return list(ledger.explain(tenant, gap))
        except SnapshotError as error:
            warn(f"the reasons of missed days are unknown: the ledger of runs cannot be read: {error.message}")
            self.ledger = None
            return [gap]
