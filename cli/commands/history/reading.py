"""What part of the history is asked for, and reading it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import chain

from cli.commands.history.gaps import Missed, with_gaps
from cli.support.operator_table import OperatorTable, Span
from shared.history.row import Entity


@dataclass(frozen=True)
class Wanted:
    """What part of the history is asked for. `until` is the last day that can have been missed: today may still be read."""

    tenants: tuple[str, ...] | None
    currency: str | None
    first: date | None
    last: date | None
    until: date

    def spans(self) -> list[Span]:
        """Return what to read, in the order of the tenants."""
        return [Span(tenant, self.first, self.last) for tenant in self.tenants or (None,)]


@dataclass
class History:
    """The wanted part of a table. What is read passes by once; the gaps and the tenants that were met stay.

    `names` are those of the configured accounts, and then also those that the rows of others tell.
    """

    table: OperatorTable
    wanted: Wanted
    names: dict[str, str]
    missed: list[Missed] = field(default_factory=list)
    met: set[str] = field(default_factory=set)

    def items(self, columns: tuple[str, ...] | None) -> Iterator[Entity | Missed]:
        """Yield the rows, and each gap at its place."""
        rows = chain.from_iterable(self.table.rows(span, columns) for span in self.wanted.spans())
        first, until = self.wanted.first, self.wanted.until
        ending = f"_{self.wanted.currency}" if self.wanted.currency else ""
        for item in with_gaps(rows, first=first, last=until, began_before=self.table.any_before):
            if isinstance(item, Missed):
                self.missed.append(item)
            else:
                self._meet(item)
                if not str(item["RowKey"]).endswith(ending):
                    continue
            yield item

    def _meet(self, row: Entity) -> None:
        tenant = str(row["PartitionKey"])
        if tenant not in self.met:
            self.met.add(tenant)
            self.names.setdefault(tenant, str(row.get("AccountName") or tenant))

    def rows(self) -> Iterator[Entity]:
        """Yield the rows with every column."""
        return (item for item in self.items(None) if not isinstance(item, Missed))

    def name_of(self, tenant_id: str) -> str:
        """Return what the settings, or else its rows, call a tenant."""
        return self.names.get(tenant_id, tenant_id)

    def silent(self) -> Iterator[str]:
        """Say which of the wanted accounts have no row at all in the time, and whether days were missed."""
        for tenant in self.wanted.tenants or sorted(self.names):
            if tenant in self.met:
                continue
            first, until = self.wanted.first, self.wanted.until
            if first is not None and first <= until and self.table.any_before(tenant, first):
                yield f"{self.name_of(tenant)}: missed: {Missed(tenant, first, until)}"
            else:
                yield f"{self.name_of(tenant)}: no history in this time"
