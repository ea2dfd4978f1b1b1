"""Evaluates the model's calculated tables and measures, with unchanged DAX, over rows that its own queries produced.

The engine is pbix-mcp's, which reproduces Analysis Services. Only the measure `[Today]` is replaced.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pbix_mcp.dax import engine as dax_engine  # type: ignore[import-untyped] # ships no types
from pbix_mcp.dax.calc_tables import evaluate_calc_table_expression  # type: ignore[import-untyped] # ships no types

from tests.powerbi.tools.mashup import Record
from tests.powerbi.tools.model import Table, format_expression, read_model, source_column

Filters = Mapping[tuple[str, str], Sequence[Any]]
"""What is in view: the selected values by (table, column). Other columns are not filtered."""


class DaxError(AssertionError):
    """A measure could not be evaluated, or needs something that the engine lacks."""


class Dax:
    """The model with data."""

    def __init__(self, tables: Mapping[str, Sequence[Record]], today: date) -> None:
        """Compute every table that is not in `tables` from its DAX."""
        model = read_model()
        self._measures = {name: measure.expression for name, measure in model.measures.items()}
        self._measures["Today"] = f"DATE ( {today.year}, {today.month}, {today.day} )"
        self._tables: dict[str, dict[str, Any]] = {}
        for name, table in sorted(model.tables.items(), key=lambda item: item[1].calculated):
            records = tables[name] if name in tables else self._calculated(table)
            sources = [*map(source_column, table.columns.values())]
            rows = [[_cell(record[source]) for source in sources] for record in records]
            self._tables[name] = {"columns": list(table.columns), "rows": rows}
            money = [column.name for column in table.columns.values() if column.props["dataType"] == "decimal"]
            dax_engine.mark_currency_columns(self._tables, {name: money})
        self._model = {
            "relationships": [
                {"FromTable": many[0], "FromColumn": many[1], "ToTable": one[0], "ToColumn": one[1], "IsActive": 1}
                for many, one in model.relationships
            ],
            "measure_tables": {name: table for table, each in model.tables.items() for name in each.measures},
            "model_columns": {name: set(table.columns) for name, table in model.tables.items()},
            "date_tables": {"Date": "Date"},
            "cache": {},  # a cache of this model's measure values by context
        }

    def text(self, measure: str, slicers: Filters | None = None, group: Filters | None = None) -> str:
        """Return a measure's value in its format; a blank is the empty string."""
        value = self.value(measure, slicers, group)
        if value is None or isinstance(value, str):
            return value or ""
        defined = read_model().measures[measure]
        pattern = defined.props.get("formatString") or self.value(
            format_expression(defined).strip("[]"), slicers, group
        )
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
            raise DaxError(f"{table.node.name}: {error}")
        types = {source_column(column): column.props["dataType"] for column in table.columns.values()}
        if set(found["columns"]) != set(types):
            raise DaxError(f"{table.node.name}: {found['columns']}")
        days = [name for name, kind in types.items() if kind == "dateTime"]
        records = [dict(zip(found["columns"], row, strict=True)) for row in found["rows"]]
        for record in records:  # the engine's CALENDAR returns days as strings
            record |= {name: datetime.fromisoformat(str(record[name])) for name in days if record[name]}
        return records

    def value(self, measure: str, slicers: Filters | None = None, group: Filters | None = None) -> Any:
        """Return a measure's value; `slicers` apply to the whole visual, and `group` is the row or point within it.

        Raises:
            DaxError: if the engine gave up, which would otherwise look like a blank.

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
    """Return a value as the engine stores it: a day is a midnight, an amount a float."""
    if type(value) is date:
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - DAX has no zones
    return float(value) if isinstance(value, Decimal) else value


def _plain(value: Any) -> Any:
    """Return amounts as Decimal with DAX's four decimals, and days as dates."""
    if isinstance(value, datetime) and value.time() == datetime.min.time():
        return value.date()
    if isinstance(value, float):
        return Decimal(repr(float(value))).quantize(Decimal("0.0001"))
    return value
