"""The semantic model in its TMDL files: tables, columns, measures, queries, parameters, relationships."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pbix_mcp.formats.tmdl_reader import TmdlNode, parse_tmdl_document  # type: ignore[import-untyped] # ships no types

PROJECT = Path(__file__).parents[3] / "powerbi"
DEFINITION = PROJECT / "PartnerBalances.SemanticModel" / "definition"


@dataclass(frozen=True)
class Table:
    """A table filled by an M query, or `calculated` with DAX from such tables."""

    node: TmdlNode
    calculated: bool
    source: str
    columns: Mapping[str, TmdlNode]
    measures: Mapping[str, TmdlNode]


@dataclass(frozen=True)
class Model:
    """The whole model. `queries` are the shared M expressions, including parameters; `annotations` are the root's.

    A relationship is many to one; each of its ends is (table, column).
    """

    tables: Mapping[str, Table]
    queries: Mapping[str, str]
    relationships: tuple[tuple[tuple[str, str], tuple[str, str]], ...]
    annotations: Mapping[str, str]

    @property
    def measures(self) -> dict[str, TmdlNode]:
        """Every measure by its name."""
        return {name: measure for table in self.tables.values() for name, measure in table.measures.items()}

    @property
    def amounts(self) -> set[str]:
        """The measures with the format of the currency in view."""
        return {name for name, measure in self.measures.items() if format_expression(measure)}

    @property
    def bodies(self) -> dict[str, str]:
        """Every M expression, both the tables' and the shared ones."""
        return {name: table.source for name, table in self.tables.items() if not table.calculated} | dict(self.queries)

    def dax(self) -> Iterator[str]:
        """Iterate over every DAX expression."""
        for measure in self.measures.values():
            yield from filter(None, (measure.expression, format_expression(measure)))
        yield from (table.source for table in self.tables.values() if table.calculated)


def documents() -> dict[str, str]:
    """Return the text of each TMDL file."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(DEFINITION.rglob("*.tmdl"))}


@cache
def read_model() -> Model:
    """Read the definition folder, once."""
    nodes = [node for text in documents().values() for node in parse_tmdl_document(text)]
    ends = [(node.props["fromColumn"], node.props["toColumn"]) for node in nodes if node.kind == "relationship"]
    return Model(
        tables={node.name: _table(node) for node in nodes if node.kind == "table"},
        queries={node.name: node.expression for node in nodes if node.kind == "expression"},
        relationships=tuple((_end(many), _end(one)) for many, one in ends),
        annotations={node.name: node.expression for node in nodes if node.kind == "annotation"},
    )


def source_column(column: TmdlNode) -> str:
    """Return the column's name in its table's query."""
    return str(column.props["sourceColumn"].strip("[]"))


def format_expression(measure: TmdlNode) -> str:
    """Return the DAX of a measure's format, or the empty string if the format is a constant."""
    dynamic = measure.child("formatStringDefinition")
    return dynamic.expression if dynamic else ""


def _table(node: TmdlNode) -> Table:
    (partition,) = node.all("partition")
    return Table(
        node,
        partition.expression == "calculated",
        partition.child("source").expression,
        {column.name: column for column in node.all("column")},
        {measure.name: measure for measure in node.all("measure")},
    )


def _end(text: str) -> tuple[str, str]:
    table, _, column = text.partition(".")
    return table, column.strip("'")
