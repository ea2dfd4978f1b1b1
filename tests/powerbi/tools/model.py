"""The semantic model as its TMDL files describe it: tables, columns, measures, queries, parameters, relationships."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pbix_mcp.formats.tmdl_reader import TmdlNode, parse_tmdl_document  # type: ignore[import-untyped] # ships no types

PROJECT = Path(__file__).parents[3] / "powerbi"
DEFINITION = PROJECT / "PartnerBalances.SemanticModel" / "definition"


@dataclass(frozen=True)
class Column:
    """A column: its name in the model, and in the table's query."""

    name: str
    source: str
    data_type: str
    hidden: bool
    key: bool
    summarize_by: str
    sort_by: str


@dataclass(frozen=True)
class Measure:
    """A measure; `format_expression` is DAX, `format_string` a constant."""

    name: str
    dax: str
    folder: str
    format_string: str
    format_expression: str


@dataclass(frozen=True)
class Table:
    """A table that is filled by one M query, or `calculated` by DAX from the tables that were."""

    name: str
    category: str
    calculated: bool
    source: str
    columns: Mapping[str, Column]
    measures: Mapping[str, Measure]


@dataclass(frozen=True)
class Relationship:
    """Many to one; both ends as (table, column)."""

    many: tuple[str, str]
    one: tuple[str, str]


@dataclass(frozen=True)
class Model:
    """The whole model; `queries` are the shared M expressions, parameters among them; `annotations` the root's."""

    tables: Mapping[str, Table]
    queries: Mapping[str, str]
    relationships: tuple[Relationship, ...]
    annotations: Mapping[str, str]

    @property
    def measures(self) -> dict[str, Measure]:
        """Every measure by its name."""
        return {name: measure for table in self.tables.values() for name, measure in table.measures.items()}

    @property
    def bodies(self) -> dict[str, str]:
        """Every M expression: of the tables and the shared ones."""
        return {name: table.source for name, table in self.tables.items() if not table.calculated} | dict(self.queries)

    def dax(self) -> Iterator[str]:
        """Go through every DAX expression."""
        for measure in self.measures.values():
            yield from filter(None, (measure.dax, measure.format_expression))
        yield from (table.source for table in self.tables.values() if table.calculated)


def documents() -> dict[str, str]:
    """Return the text of each TMDL file."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(DEFINITION.rglob("*.tmdl"))}


@cache
def read_model() -> Model:
    """Read the definition folder, once."""
    nodes = [node for text in documents().values() for node in parse_tmdl_document(text)]
    tables = [_table(node) for node in nodes if node.kind == "table"]
    return Model(
        tables={table.name: table for table in tables},
        queries={node.name: node.expression for node in nodes if node.kind == "expression"},
        relationships=tuple(
            Relationship(many=_end(node.props["fromColumn"]), one=_end(node.props["toColumn"]))
            for node in nodes
            if node.kind == "relationship"
        ),
        annotations={node.name: node.expression for node in nodes if node.kind == "annotation"},
    )


def _table(node: TmdlNode) -> Table:
    (partition,) = node.all("partition")
    return Table(
        name=node.name,
        category=node.props.get("dataCategory", ""),
        calculated=partition.expression == "calculated",
        source=partition.child("source").expression,
        columns={column.name: _column(column) for column in node.all("column")},
        measures={measure.name: _measure(measure) for measure in node.all("measure")},
    )


def _column(node: TmdlNode) -> Column:
    return Column(
        name=node.name,
        source=node.props.get("sourceColumn", "").strip("[]"),
        data_type=node.props.get("dataType", ""),
        hidden="isHidden" in node.flags,
        key="isKey" in node.flags,
        summarize_by=node.props.get("summarizeBy", ""),
        sort_by=node.props.get("sortByColumn", ""),
    )


def _measure(node: TmdlNode) -> Measure:
    dynamic = node.child("formatStringDefinition")
    return Measure(
        name=node.name,
        dax=node.expression,
        folder=node.props.get("displayFolder", ""),
        format_string=node.props.get("formatString", ""),
        format_expression=dynamic.expression if dynamic else "",
    )


def _end(text: str) -> tuple[str, str]:
    table, _, column = text.partition(".")
    return table, column.strip("'")
