"""The semantic model is complete, described, right about money, and follows the contract of the row."""

import re
from collections.abc import Iterator

import pytest
from pbi_parsers import dax  # type: ignore[import-untyped] # ships no types
from pbix_mcp.builder import find_reserved_var_names  # type: ignore[import-untyped] # ships no types

from shared.history.row import COLUMNS, Edm
from tests.powerbi.tools import pbir
from tests.powerbi.tools.model import Model

DATA_TYPES = {Edm.STRING: "string", Edm.DOUBLE: "decimal", Edm.DATETIME: "dateTime", Edm.INT32: "int64"}
REFERENCE = re.compile(r"(?P<table>'[^']+'|\b[A-Za-z]\w*)?\[(?P<name>[^\]]+)\]")
STRING = re.compile(r'"(?:[^"]|"")*"')


DERIVED = ["PaidOn", "InvoicedOn", "Recurring", "OneTime", "Other", "DetailsUnreadable"]
RELATED = {
    *((fact, one) for fact in ("Balances", "Parts") for one in ("Accounts", "Currencies", "Date")),
    *(("Runs", "Date"), ("Failures", "Date"), ("Failures", "Accounts")),
}


def test_balances_has_the_columns_of_the_row(model: Model) -> None:
    """No column of the contract is missing, renamed or of another type; what the query adds is hidden and comes after."""
    columns = list(model.tables["Balances"].columns.values())
    found = [(column.name, column.source, column.data_type) for column in columns[: len(COLUMNS)]]
    expected = [
        (column.name, column.name, "dateTime" if column.name == "SnapshotDate" else DATA_TYPES[column.edm])
        for column in COLUMNS
    ]
    assert found == expected
    assert [column.name for column in columns[len(COLUMNS) :] if column.hidden] == DERIVED


def test_everything_is_described(model: Model) -> None:
    """Every table, column, measure and shared query says what it is."""
    for table in model.tables.values():
        assert table.description, table.name
        descriptions = {name: column.description for name, column in table.columns.items()}
        descriptions |= {name: measure.description for name, measure in table.measures.items()}
        assert [name for name, description in descriptions.items() if not description.endswith(".")] == [], table.name
    assert all(model.descriptions.values()), model.descriptions


def test_nothing_can_be_summed_by_dragging_a_column(model: Model) -> None:
    """A balance must not be added over days or currencies: there are measures, and no implicit ones."""
    assert model.root.has("discourageImplicitMeasures")
    summed = [
        column.name
        for table in model.tables.values()
        for column in table.columns.values()
        if column.summarize_by != "none"
    ]
    assert summed == []


def test_keys_and_aggregated_columns_are_hidden(model: Model) -> None:
    """The dimensions are looked at, not the columns that relate to them; amounts are looked at through measures."""
    for relationship in model.relationships:
        many, column = relationship.many
        assert model.tables[many].columns[column].hidden or (many, column) in (("Runs", "Day"), ("Failures", "Day"))
    for table in model.tables.values():
        assert all(column.hidden for column in table.columns.values() if column.data_type == "decimal"), table.name


def test_dimensions_have_their_key(model: Model) -> None:
    """The one side of each relationship is marked as a key."""
    for relationship in model.relationships:
        table, column = relationship.one
        assert model.tables[table].columns[column].key, relationship


MAY_DEPEND_ON_A_RELATIONSHIP = re.compile(r"\b(CALCULATE|CALCULATETABLE|VALUES|ALL|RELATED|SUMMARIZE\w*)\s*\(")


def test_calculated_tables_cannot_be_circular(model: Model) -> None:
    """They are made from loaded tables alone, without a function that looks at relationships, which depend on them."""
    loaded = {table.name for table in model.tables.values() if not table.calculated}
    for table in model.tables.values():
        if table.calculated:
            assert not MAY_DEPEND_ON_A_RELATIONSHIP.search(table.source), table.name
            used = {found["table"] for found in REFERENCE.finditer(STRING.sub('""', table.source)) if found["table"]}
            assert used - {"IN", "RETURN"} <= loaded, table.name


def test_no_name_in_dax_is_reserved(model: Model) -> None:
    """Analysis Services refuses a variable that bears the name of a function or keyword."""
    assert find_reserved_var_names("VAR Code = 1 RETURN Code") == ["Code"], "this check would pass anything"
    for expression in dax_of(model):
        assert find_reserved_var_names(expression) == []


def dax_of(model: Model) -> Iterator[str]:
    """Go through every DAX expression."""
    for measure in model.measures.values():
        yield from filter(None, (measure.dax, measure.format_expression))
    yield from (table.source for table in model.tables.values() if table.calculated)


def test_everything_is_used(model: Model) -> None:
    """Each visible measure is in a visual, each other one in DAX or a visual."""
    text = "\n".join(dax_of(model))
    shown = {field.name for page in pbir.read_pages() for visual in page.visuals for field in visual.fields}
    shown |= {name for page in pbir.read_pages() for visual in page.visuals for name in pbir.colours(visual)}
    for measure in model.measures.values():
        assert measure.name in shown or f"[{measure.name}]" in text, measure.name
    for table in model.tables.values():
        for column in table.columns.values():
            reference = re.compile(rf"(\b{table.name}|'{table.name}')\[{re.escape(column.name)}\]")
            related = any((table.name, column.name) in (end.many, end.one) for end in model.relationships)
            sorts = any(other.sort_by == column.name for other in table.columns.values())
            assert column.name in shown or related or sorts or reference.search(text), (table.name, column.name)


def test_each_fact_relates_to_each_dimension(model: Model) -> None:
    """Every relationship is many to one, between columns that exist and have the same type."""
    ends = {(relationship.many[0], relationship.one[0]) for relationship in model.relationships}
    assert ends == RELATED
    for relationship in model.relationships:
        many, one = (model.tables[table].columns[column] for table, column in (relationship.many, relationship.one))
        assert many.data_type == one.data_type, relationship


def test_date_is_the_date_table(model: Model) -> None:
    """It is marked, has a key, and Desktop makes no hidden date tables of its own."""
    assert model.tables["Date"].category == "Time"
    assert [column.name for column in model.tables["Date"].columns.values() if column.key] == ["Date"]
    (automatic,) = [node for node in model.root.of("annotation") if node.name == "__PBI_TimeIntelligenceEnabled"]
    assert automatic.expression == "0"


def test_every_table_is_named_in_the_model_file(model: Model) -> None:
    """A table whose `ref` is missing loses its place; a `ref` without a table stops Desktop."""
    assert {node.name for node in model.root.of("ref")} == set(model.tables)


def test_every_query_has_its_place_in_the_editor(model: Model) -> None:
    """START HERE comes first in the Power Query editor."""
    (order,) = [node.expression for node in model.root.of("annotation") if node.name == "PBI_QueryOrder"]
    names = re.findall(r'"([^"]+)"', order)
    assert names[0] == "START HERE"
    assert sorted(names) == sorted(model.bodies)


TEXTS = {
    "Hint",
    "Day status",
    "What happened",
    "Last payment",
    "Compared with",
    "Worst credit use",
    "Freshness",
    "Missed because",
}
AMOUNTS = {
    *("Current balance", "Balance on the day", "Limit on the day", "Headroom", "Month-end close", "Variance", "Change"),
    *("Change to previous snapshot", "Change over 7 days", "Change over 30 days", "Change since month close"),
    *("Recurring part", "One-time part", "Other parts"),
}


def test_a_user_sees_formatted_measures_in_folders(model: Model) -> None:
    """Amounts take the format of the currency in view; everything else that is a number or a day has a format of its own."""
    for measure in model.measures.values():
        assert measure.folder, measure.name
        is_text = measure.name in TEXTS or measure.name.endswith(("format", "colour"))
        assert bool(measure.format_string or measure.format_expression) != is_text, measure.name
    assert {measure.name for measure in model.measures.values() if measure.format_expression} == AMOUNTS


def test_every_dax_expression_parses(model: Model) -> None:
    """The grammar of DAX, by an independent parser."""
    for expression in dax_of(model):
        assert dax.to_ast(expression) is not None, expression


@pytest.mark.parametrize("broken", ["SUM ( Balances[BalanceAmount]", "VAR x = 1", "1 +", "IF ( a b )"])
def test_the_dax_parser_refuses_broken_dax(broken: str) -> None:
    """The check above can fail."""
    with pytest.raises((AssertionError, ValueError)):
        dax.to_ast(broken)


def test_every_name_in_dax_exists(model: Model) -> None:
    """A column is one of its table, a bare name is a measure or a column that the expression itself makes."""
    for expression in dax_of(model):
        made = {text.strip('"') for text in STRING.findall(expression) if text.startswith('"@')} | {"Date"}
        for found in REFERENCE.finditer(STRING.sub('""', expression)):
            table, name = (found["table"] or "").strip("'"), found["name"]
            known = model.tables[table].columns if table else {*model.measures, *made}
            assert name in known, f"{expression}: {found[0]}"


def test_the_parameters_are_plain_and_wide(model: Model) -> None:
    """A computed source breaks the scheduled refresh; narrow ranges hide rows; the placeholder is nobody's account."""
    for name in ("StorageAccount", "TableName", "RangeStart", "RangeEnd"):
        assert "IsParameterQuery = true" in model.queries[name], name
    assert model.queries["TableName"].startswith('"partnerbalances" ')
    assert model.queries["RangeStart"].startswith("#datetime(2000, 1, 1, 0, 0, 0) ")
    assert model.queries["RangeEnd"].startswith("#datetime(2100, 1, 1, 0, 0, 0) ")
    placeholder = model.queries["StorageAccount"].split('"')[1]
    assert not re.fullmatch(r"[a-z0-9]{3,24}", placeholder), "a storage account could have this name"
