"""What a visual shows of a filled model, as text: its columns' heads and cells, as Power BI groups and sorts them."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from tests.powerbi.tools.dax import Dax
from tests.powerbi.tools.pbir import Field, Visual

Cells = dict[tuple[str, str], list[Any]]

FACTS = {"Failures", "Runs"}
"""Tables whose rows a visual lists one by one; others are grouped by what is shown."""

KEYS = {
    "Accounts": ("PartitionKey", "Tenant ID"),
    "Currencies": ("CurrencyCode", "Currency"),
    "Date": ("SnapshotDate", "Date"),
}


class Contents:
    """The texts of a page; `chosen` is what its slicers let through."""

    def __init__(self, dax: Dax, chosen: Cells) -> None:
        self.dax = dax
        self.chosen = chosen
        self.records = cache(dax.records)

    def value(self, measure: str, group: Cells | None = None) -> str:
        """Return a measure in words."""
        return self.dax.text(measure, self.chosen, group)

    def days(self) -> list[date]:
        """Return the days of the period."""
        periods = self.chosen.get(("Date", "Period"), [])
        return [day["Date"] for day in self.records("Date") if not periods or day["Period"] in periods]

    def number(self, measure: str, day: date) -> float:
        """Return a measure of one day; NaN where it is blank."""
        value = self.dax.value(measure, self.chosen, {("Date", "Date"): [day]})
        return float(value) if isinstance(value, Decimal) else float("nan")

    def lines(self, visual: Visual, at_most: int) -> list[list[str]]:
        """Return a table's lines, sorted as the visual asks for, without those that are blank in every measure."""
        columns = [field for field in visual.fields if field.kind == "Column"]
        measures = [field for field in visual.fields if field.kind == "Measure"]
        if not columns:
            return [[self.value(field.name) for field in measures]]
        found: list[tuple[Any, list[str]]] = []
        groups = sorted(
            self._groups(columns), key=lambda group: str(group[columns[0].table, columns[0].name][0]), reverse=True
        )
        for group in groups:
            if len(found) == at_most and columns[0].name != "Account":
                break
            cells = [
                _short(group[field.table, field.name][0]) if field.kind == "Column" else self.value(field.name, group)
                for field in visual.fields
            ]
            if measures and not any(
                cell for cell, field in zip(cells, visual.fields, strict=True) if field in measures
            ):
                continue
            found.append((self._order(visual, group), cells))
        (sort,) = visual.document["visual"]["query"]["sortDefinition"]["sort"]
        found.sort(key=lambda line: line[0], reverse=sort["direction"] == "Descending")
        return [cells for _, cells in found]

    def _order(self, visual: Visual, group: Cells) -> Any:
        (sort,) = visual.document["visual"]["query"]["sortDefinition"]["sort"]
        ((kind, field),) = sort["field"].items()
        if kind == "Measure":
            return self.dax.value(field["Property"], self.chosen, group) or Decimal("-Infinity")
        value = group[field["Expression"]["SourceRef"]["Entity"], field["Property"]][0]
        positions = {row["Comparison"]: row["Position"] for row in self.records("Comparison")}
        return positions.get(value, str(value))

    def _groups(self, columns: Sequence[Field]) -> list[Cells]:
        """Return the combinations of columns that exist."""
        tables = {field.table for field in columns}
        if len(tables) == 1:
            table = next(iter(tables))
            rows = [{(table, name): value for name, value in row.items()} for row in self.records(table)]
        else:
            fact = next(iter(tables & FACTS), "Balances")
            rows = [self._joined(fact, row) for row in self.records(fact)]
        wanted = [(field.table, field.name) for field in columns]
        groups: dict[str, Cells] = {}
        for row in rows:
            if all(row[key] in values for key, values in self.chosen.items() if key in row):
                groups.setdefault(str([row[key] for key in wanted]), {key: [row[key]] for key in wanted})
        return list(groups.values())

    def _joined(self, fact: str, row: dict[str, Any]) -> dict[tuple[str, str], Any]:
        found = {(fact, name): value for name, value in row.items()}
        for table, (many, one) in KEYS.items():
            key = row.get(many, row.get(one))
            found |= {
                (table, name): value
                for other in self.records(table)
                if other[one] == key
                for name, value in other.items()
            }
        return found


def _short(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return f"{value:,.2f}" if isinstance(value, Decimal) else str(value)
