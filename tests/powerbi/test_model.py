"""The semantic model is complete, described, correct about money, and follows the row's contract."""

import re

import pytest
from pbi_parsers import dax  # type: ignore[import-untyped] # ships no types
from pbix_mcp.builder import find_reserved_var_names  # type: ignore[import-untyped] # ships no types

from shared.history.row import COLUMNS, Edm
from tests.powerbi.tools import pbir
from tests.powerbi.tools.model import documents, read_model, source_column

MODEL = read_model()
EXPRESSIONS = list(MODEL.dax())
COLUMNS_OF_TABLES = {
    (table, name): column for table, each in MODEL.tables.items() for name, column in each.columns.items()
}
REFERENCE = re.compile(r"(?P<table>'[^']+'|\b[A-Za-z]\w*)?\[(?P<name>[^\]]+)\]")
STRING = re.compile(r'"(?:[^"]|"")*"')
MAY_DEPEND_ON_A_RELATIONSHIP = re.compile(r"\b(CALCULATE|CALCULATETABLE|VALUES|ALL|RELATED|SUMMARIZE\w*)\s*\(")

DATA_TYPES = {Edm.STRING: "string", Edm.DOUBLE: "decimal", Edm.DATETIME: "dateTime", Edm.INT32: "int64"}
DERIVED = ["PaidOn", "InvoicedOn", "Recurring", "OneTime", "Other", "DetailsUnreadable"]
RELATED = {
    *((fact, one) for fact in ("Balances", "Parts") for one in ("Accounts", "Currencies", "Date")),
    *(("Runs", "Date"), ("Failures", "Date"), ("Failures", "Accounts")),
}
TEXTS = {
    *("Hint", "Day status", "What happened", "Last payment", "Compared with", "Worst credit use", "Freshness"),
    "Missed because",
}
AMOUNTS = {
    *("Current balance", "Balance on the day", "Limit on the day", "Headroom", "Month-end close", "Variance", "Change"),
    *("Change to previous snapshot", "Change over 7 days", "Change over 30 days", "Change since month close"),
    *("Recurring part", "One-time part", "Other parts"),
}

TMDL_EXPRESSION = re.compile(r"^(\t*)(\S.* =)\n(?:\1\t\t.*\n|\n)+", re.MULTILINE)
TMDL_LINE = re.compile(
    r"""\t{0,2} (
    | (table|measure|column|expression|partition|relationship|annotation) [ ] .+
    | (source|formatStringDefinition) [ ] = .*
    | (culture|defaultPowerBIDataSourceVersion|sourceQueryCulture|dataCategory|dataType|displayFolder|formatString|mode
      |fromColumn|toColumn|sortByColumn|sourceColumn|summarizeBy|compatibilityLevel): [ ] .+
    | database | model [ ] Model | ref [ ] table [ ] .+ | /// [ ] .+
    | dataAccessOptions | discourageImplicitMeasures | isHidden | isKey | legacyRedirects | returnErrorValuesAsNull
    )""",
    re.VERBOSE,
)
"""The lines allowed outside an expression in this project's files."""


@pytest.mark.parametrize("name", documents())
def test_every_line_is_one_that_desktop_knows(name: str) -> None:
    """A misspelled property stops Desktop from opening the project, and these tests' reader would ignore it."""
    lines = TMDL_EXPRESSION.sub(r"\1\2\n", documents()[name]).splitlines()
    assert [line for line in lines if not TMDL_LINE.fullmatch(line)] == []


@pytest.mark.parametrize("name", documents())
def test_everything_is_described(name: str) -> None:
    """Every table, column, measure and shared query has a description of one sentence."""
    lines = documents()[name].splitlines()
    for before, line in zip(["", *lines], lines, strict=False):
        if re.match(r"(table|\tcolumn|\tmeasure|expression) ", line):
            assert re.fullmatch(r"\t?/// .+\.", before), f"{name}: {line}"


def test_balances_has_the_columns_of_the_row() -> None:
    """No column of the contract is missing, renamed or of a different type; columns that the query adds are hidden and come last."""
    columns = list(MODEL.tables["Balances"].columns.values())
    found = [(column.name, source_column(column), column.props["dataType"]) for column in columns[: len(COLUMNS)]]
    expected = [
        (column.name, column.name, "dateTime" if column.name == "SnapshotDate" else DATA_TYPES[column.edm])
        for column in COLUMNS
    ]
    assert found == expected
    assert [column.name for column in columns[len(COLUMNS) :] if "isHidden" in column.flags] == DERIVED


def test_nothing_can_be_summed_by_dragging_a_column() -> None:
    """A balance must not be added across days or currencies: there are explicit measures but no implicit ones, and amounts are hidden."""
    assert "\tdiscourageImplicitMeasures" in documents()["model.tmdl"].splitlines()
    assert {column.props["summarizeBy"] for column in COLUMNS_OF_TABLES.values()} == {"none"}
    assert all(
        "isHidden" in column.flags for column in COLUMNS_OF_TABLES.values() if column.props["dataType"] == "decimal"
    )


def test_each_fact_relates_to_each_dimension() -> None:
    """Every relationship is many to one, between columns of the same type. One column is marked as a key, and the other is hidden."""
    assert {(many[0], one[0]) for many, one in MODEL.relationships} == RELATED
    for ends in MODEL.relationships:
        many, one = (MODEL.tables[table].columns[column] for table, column in ends)
        assert many.props["dataType"] == one.props["dataType"], ends
        assert "isKey" in one.flags, ends
        assert "isHidden" in many.flags or ends[0] in (("Runs", "Day"), ("Failures", "Day")), ends


def test_date_is_the_date_table() -> None:
    """It is marked, has a key, and Desktop creates no hidden date tables."""
    assert MODEL.tables["Date"].node.props["dataCategory"] == "Time"
    assert [name for name, column in MODEL.tables["Date"].columns.items() if "isKey" in column.flags] == ["Date"]
    assert MODEL.annotations["__PBI_TimeIntelligenceEnabled"] == "0"


def test_every_table_and_query_has_its_place() -> None:
    """A `ref` without a table stops Desktop. START HERE comes first in the Power Query editor."""
    assert set(re.findall(r"^ref table (.+)$", documents()["model.tmdl"], re.MULTILINE)) == set(MODEL.tables)
    names = re.findall(r'"([^"]+)"', MODEL.annotations["PBI_QueryOrder"])
    assert names[0] == "START HERE"
    assert sorted(names) == sorted(MODEL.bodies)


def test_a_user_sees_formatted_measures_in_folders() -> None:
    """Amounts have the format of the currency in view; all other numbers and dates have their own format."""
    for name, measure in MODEL.measures.items():
        assert measure.props["displayFolder"], name
        is_text = name in TEXTS or name.endswith(("format", "color"))
        assert ("formatString" in measure.props or name in MODEL.amounts) != is_text, name
    assert MODEL.amounts == AMOUNTS


def test_everything_is_used() -> None:
    """Each measure and column is in a visual, in DAX or in a relationship, or sorts another column."""
    text = "\n".join(EXPRESSIONS)
    visuals = [visual for page in pbir.read_pages() for visual in page.visuals]
    shown = {field.name for visual in visuals for field in visual.fields}
    shown |= {color for visual in visuals for color in visual.cell_colors.values()}
    for measure in MODEL.measures:
        assert measure in shown or f"[{measure}]" in text, measure
    for place in COLUMNS_OF_TABLES:
        table, column = place
        reference = re.compile(rf"(\b{table}|'{table}')\[{re.escape(column)}\]")
        related = any(place in ends for ends in MODEL.relationships)
        sorts = any(other.props.get("sortByColumn") == column for other in MODEL.tables[table].columns.values())
        assert column in shown or related or sorts or reference.search(text), place


def test_calculated_tables_cannot_be_circular() -> None:
    """They use only loaded tables, without functions that depend on relationships, which in turn depend on them."""
    loaded = {name for name, table in MODEL.tables.items() if not table.calculated}
    for name, table in MODEL.tables.items():
        if table.calculated:
            assert not MAY_DEPEND_ON_A_RELATIONSHIP.search(table.source), name
            used = {found["table"] for found in REFERENCE.finditer(STRING.sub('""', table.source)) if found["table"]}
            assert used - {"IN", "RETURN"} <= loaded, name


def test_every_dax_expression_parses_and_names_what_exists() -> None:
    """According to an independent grammar. A column must be in its table; a bare name must be a measure or a column that the expression creates."""
    for expression in EXPRESSIONS:
        assert dax.to_ast(expression) is not None, expression
        assert find_reserved_var_names(expression) == [], expression
        made = {text.strip('"') for text in STRING.findall(expression) if text.startswith('"@')} | {"Date"}
        for found in REFERENCE.finditer(STRING.sub('""', expression)):
            table, name = (found["table"] or "").strip("'"), found["name"]
            known = MODEL.tables[table].columns if table else {*MODEL.measures, *made}
            assert name in known, f"{expression}: {found[0]}"
