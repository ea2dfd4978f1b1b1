"""The semantic model as its TMDL files describe it: tables, columns, measures, queries, parameters, relationships."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.powerbi.tools import tmdl

PROJECT = Path(__file__).parents[3] / "powerbi"
DEFINITION = PROJECT / "PartnerBalances.SemanticModel" / "definition"


@dataclass(frozen=True)
class Column:
    """A column: its name in the model, and in the table's query."""

    name: str
    source: str
    data_type: str
    description: str
    hidden: bool
    key: bool
    summarize_by: str
    sort_by: str


@dataclass(frozen=True)
class Measure:
    """A measure; `format_expression` is DAX, `format_string` a constant."""

    name: str
    dax: str
    description: str
    hidden: bool
    folder: str
    format_string: str
    format_expression: str


@dataclass(frozen=True)
class Table:
    """A table that is filled by one M query, or `calculated` by DAX from the tables that were."""

    name: str
    description: str
    category: str
    hidden: bool
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
    """The whole model; `queries` are the shared M expressions, parameters among them."""

    tables: Mapping[str, Table]
    queries: Mapping[str, str]
    descriptions: Mapping[str, str]
    relationships: tuple[Relationship, ...]
    root: tmdl.Node

    @property
    def measures(self) -> dict[str, Measure]:
        """Every measure by its name."""
        return {name: measure for table in self.tables.values() for name, measure in table.measures.items()}

    @property
    def bodies(self) -> dict[str, str]:
        """Every M expression: of the tables and the shared ones."""
        return {name: table.source for name, table in self.tables.items() if not table.calculated} | dict(self.queries)


def read_model(definition: Path = DEFINITION) -> Model:
    """Read the definition folder; raises TmdlError."""
    expressions = tmdl.read(definition / "expressions.tmdl")
    tables = [_table(node) for path in sorted((definition / "tables").glob("*.tmdl")) for node in tmdl.read(path)]
    roots = tmdl.read(definition / "model.tmdl")
    root = roots[0]
    root.children += roots[1:]  # Desktop writes the model's annotations and references without indentation
    return Model(
        tables={table.name: table for table in tables},
        queries={node.name: node.expression for node in expressions},
        descriptions={node.name: node.description for node in expressions},
        relationships=tuple(_relationship(node) for node in tmdl.read(definition / "relationships.tmdl")),
        root=root,
    )


def _table(node: tmdl.Node) -> Table:
    (partition,) = node.of("partition")
    (source,) = partition.of("source")
    return Table(
        name=node.name,
        description=node.description,
        category=node.get("dataCategory"),
        hidden=node.has("isHidden"),
        calculated=partition.expression == "calculated",
        source=source.expression,
        columns={column.name: _column(column) for column in node.of("column")},
        measures={measure.name: _measure(measure) for measure in node.of("measure")},
    )


def _column(node: tmdl.Node) -> Column:
    return Column(
        name=node.name,
        source=node.get("sourceColumn").strip("[]"),
        data_type=node.get("dataType"),
        description=node.description,
        hidden=node.has("isHidden"),
        key=node.has("isKey"),
        summarize_by=node.get("summarizeBy"),
        sort_by=node.get("sortByColumn"),
    )


def _measure(node: tmdl.Node) -> Measure:
    return Measure(
        name=node.name,
        dax=node.expression,
        description=node.description,
        hidden=node.has("isHidden"),
        folder=node.get("displayFolder"),
        format_string=node.get("formatString"),
        format_expression=next((child.expression for child in node.of("formatStringDefinition")), ""),
    )


def _relationship(node: tmdl.Node) -> Relationship:
    return Relationship(many=_end(node.get("fromColumn")), one=_end(node.get("toColumn")))


def _end(text: str) -> tuple[str, str]:
    table, _, column = text.partition(".")
    return table, column.strip("'")
