"""Reading a part of the history, account by account: the settings' accounts in their order, then former ones."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import chain, islice

from cli.commands.history.gaps import Gap, day_of, insert_gaps
from cli.commands.history.missed_reasons import Ledger
from cli.support.console import warn
from cli.support.operator_table import SIDE_BY_SIDE, OperatorTable, all_tenants
from cli.support.snapshot_row import why_not_snapshot
from cli.support.streams import read_side_by_side
from shared.errors import SnapshotError
from shared.history.query import Span
from shared.history.row import Entity
from shared.net.foreign_text import one_line

_TODAY_IN_EVERY_ZONE = timedelta(days=2)
"""After the last day that can be missed."""


@dataclass(frozen=True)
class HistoryQuery:
    """What part of the history is asked for. `until` is the last day that can be missing: today may still be read."""

    tenants: tuple[str, ...] | None
    currency: str | None
    first: date | None
    last: date | None
    until: date


@dataclass(frozen=True)
class HistoryAccount:
    """An account with a history: `label` is its name, with the tenant id when an account before it has the same name.

    `configured` when the settings still have it.
    """

    tenant_id: str
    name: str
    label: str
    configured: bool


class HistoryReader:
    """Reads what a query asks for; `names` are the configured accounts' in the settings' order, `ledger` gives reasons.

    `check_clock` raises once the table has answered and this machine's clock differs: missed days are judged by it.
    What turned up so far: `gaps`; `silent`, the labels of accounts with neither row nor gap; `currencies` of the rows, whatever
    the query's; `unreadable`, what is wrong with each row that is not a snapshot, which is left out.
    """

    def __init__(
        self,
        table: OperatorTable,
        query: HistoryQuery,
        names: Mapping[str, str],
        ledger: Ledger,
        check_clock: Callable[[], None],
    ) -> None:
        self._table = table
        self._query = query
        self._names = names
        self._ledger: Ledger | None = ledger
        self._check_clock = check_clock
        self.gaps: list[tuple[HistoryAccount, Gap]] = []
        self.silent: list[str] = []
        self.currencies: set[str] = set()
        self.unreadable: list[str] = []

    @property
    def missed_days(self) -> int:
        """How many days are missing in all accounts so far."""
        return sum(gap.days for _, gap in self.gaps)

    def accounts(self, columns: tuple[str, ...] | None) -> Iterator[tuple[HistoryAccount, Iterator[Entity | Gap]]]:
        """Yield every account that is asked for and these columns of its rows, with the gaps, by day; use them before the next.

        Raises:
            SnapshotError: the table cannot be read, or the clock is wrong.

        """
        query, names = self._query, self._names
        tenants = all_tenants(names, self._table) if query.tenants is None else query.tenants
        pages = [self._table.pages(Span(tenant, query.first, query.last), columns) for tenant in tenants]
        labels: set[str] = set()
        for tenant, found in zip(tenants, read_side_by_side(pages, SIDE_BY_SIDE), strict=True):
            rows = filter(partial(self._is_snapshot, columns), found)
            start = list(islice(rows, 1))
            self._check_clock()
            if start or tenant in names or query.tenants is not None:
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
        if wrong is None and day_of(row) > self._query.until + _TODAY_IN_EVERY_ZONE:
            wrong = "its day is still to come"
        if wrong is not None:
            self.unreadable.append(f"{one_line(row['PartitionKey'])} / {one_line(row['RowKey'])}: {wrong}")
        return wrong is None

    def _items(self, account: HistoryAccount, rows: Iterator[Entity]) -> Iterator[Entity | Gap]:
        query, until = self._query, self._query.until if account.configured else None
        ending = f"_{query.currency}" if query.currency else ""
        began_before = partial(self._table.any_before, account.tenant_id)
        for item in insert_gaps(rows, first=query.first, last=until, began_before=began_before):
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
        if (ledger := self._ledger) is None:
            return [gap]
        try:
            return list(ledger.explain(tenant, gap))
        except SnapshotError as error:
            warn(f"the reasons of missed days are unknown: the ledger of runs cannot be read: {error.message}")
            self._ledger = None
            return [gap]
