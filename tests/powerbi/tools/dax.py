"""Evaluates the model's calculated tables and measures, with their DAX text unchanged, over rows that its own queries gave.

The engine is the one of pbix-mcp, which reproduces Analysis Services. `[Today]` is the one measure that is replaced.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pbix_mcp.dax import engine as dax_engine  # type: ignore[import-untyped] # ships no types
from pbix_mcp.dax.calc_tables import evaluate_calc_table_expression  # type: ignore[import-untyped] # ships no types

from tests.powerbi.tools.mashup import Record
from tests.powerbi.tools.model import Table, read_model

Filters = Mapping[tuple[str, str], Sequence[Any]]
"""What is in view: the chosen values by (table, column). A column that is not in it is not filtered."""


class DaxError(AssertionError):
    """A measure could not be evaluated, or needs what the engine does not have."""


class Dax:
    """The model, filled."""

    def __init__(self, tables: Mapping[str, Sequence[Record]], today: date) -> None:
        """Take every table that is not in `tables` from its DAX."""
        model = read_model()
        self._measures = {name: measure.dax for name, measure in model.measures.items()}
        self._measures["Today"] = f"DATE ( {today.year}, {today.month}, {today.day} )"
        self._tables: dict[str, dict[str, Any]] = {}
        for table in sorted(model.tables.values(), key=lambda table: table.calculated):
            records = tables[table.name] if table.name in tables else self._calculated(table)
            sources = [column.source for column in table.columns.values()]
            rows = [[_cell(record[source]) for source in sources] for record in records]
            self._tables[table.name] = {"columns": list(table.columns), "rows": rows}
            money = [column.name for column in table.columns.values() if column.data_type == "decimal"]
            dax_engine.mark_currency_columns(self._tables, {table.name: money})
        self._model = {
            "relationships": [
                {"FromTable": end.many[0], "FromColumn": end.many[1], "ToTable": end.one[0], "ToColumn": end.one[1]}
                | {"IsActive": 1}
                for end in model.relationships
            ],
            "measure_tables": {name: table.name for table in model.tables.values() for name in table.measures},
            "model_columns": {table.name: set(table.columns) for table in model.tables.values()},
            "date_tables": {"Date": "Date"},
            "cache": {},  # what a measure gave in a context is kept for this model
        }

    def text(self, measure: str, slicers: Filters | None = None, group: Filters | None = None) -> str:
        """Return a measure as its format string writes it; a blank is the empty text."""
        value = self.value(measure, slicers, group)
        if value is None or isinstance(value, str):
            return value or ""
        defined = read_model().measures[measure]
        pattern = defined.format_string or self.value(defined.format_expression.strip("[]"), slicers, group)
        if isinstance(value, date):
            return f"{value:%Y-%m-%d %H:%M}" if "hh" in pattern else f"{value:%Y-%m-%d}"
        written: str = dax_engine._format_number(float(value), pattern)
        return written

    def records(self, table: str) -> list[Record]:
        """Return a table's rows."""
        columns = self._tables[table]["columns"]
        return [
            {name: _plain(value) for name, value in zip(columns, row, strict=True)}
            for row in self._tables[table]["rows"]
        ]

    def _calculated(self, table: Table) -> list[Record]:
        found, error = evaluate_calc_table_expression(table.source, self._tables)
        if error and "non-empty" in error:
            return []
        if error:
            raise DaxError(f"{table.name}: {error}")
        if set(found["columns"]) != {column.source for column in table.columns.values()}:
            raise DaxError(f"{table.name}: {found['columns']}")
        days = {column.source for column in table.columns.values() if column.data_type == "dateTime"}
        records = [dict(zip(found["columns"], row, strict=True)) for row in found["rows"]]
        for record in records:  # CALENDAR gives the engine's days as texts
            record |= {name: datetime.fromisoformat(str(record[name])) for name in days if record[name]}
        return records

    def value(self, measure: str, slicers: Filters | None = None, group: Filters | None = None) -> Any:
        """Return a measure's value; `slicers` are chosen for the whole visual, `group` is the one row or point of it.

        Raises:
            DaxError: when the engine had to give up, which would look like a blank.

        """
        chosen, grouped = _cells(slicers or {}), _cells(group or {})
        engine = dax_engine._engine
        troubles = (engine.unsupported_functions, engine.unsupported_by_measure, engine.eval_errors, engine.timed_out)
        for trouble in troubles:
            trouble.clear()
        results = dax_engine.evaluate_measures_smart(
            [measure],
            self._tables,
            self._measures,
            chosen | grouped,
            "Date",
            "Date",
            simulate_row_context=False,
            culture="en-US",
            group_by=set(grouped) or None,
            selected_filters=chosen if grouped else None,
            **self._model,
        )
        if any(troubles):
            raise DaxError(f"{measure}: {troubles}")
        return _plain(results[measure])


def _cells(filters: Filters) -> dict[str, list[Any]]:
    return {f"{table}.{column}": [_cell(value) for value in values] for (table, column), values in filters.items()}


def _cell(value: Any) -> Any:
    """Return a value as the engine holds it: a day is a midnight, an amount a float."""
    if type(value) is date:
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - DAX has no zones
    return float(value) if isinstance(value, Decimal) else value


def _plain(value: Any) -> Any:
    """Return amounts as Decimal with DAX's four places, and days as dates."""
    if isinstance(value, datetime) and value.time() == datetime.min.time():
        return value.date()
    if isinstance(value, float):
        return Decimal(repr(float(value))).quantize(Decimal("0.0001"))
    return value
