"""The semantic model is complete, described, right about money, and rests on the contract of the row."""

import re

import pytest
from pbi_parsers import dax  # type: ignore[import-untyped] # ships no types

from shared.history.row import COLUMNS, Edm
from tests.powerbi.tools.model import Model

DATA_TYPES = {Edm.STRING: "string", Edm.DOUBLE: "decimal", Edm.DATETIME: "dateTime", Edm.INT32: "int64"}
REFERENCE = re.compile(r"(?P<table>'[^']+'|\b[A-Za-z]\w*)?\[(?P<name>[^\]]+)\]")
STRING = re.compile(r'"(?:[^"]|"")*"')


def test_balances_has_exactly_the_columns_of_the_row(model: Model) -> None:
    """No column of the contract is missing, renamed, added or of another type; SnapshotDate is the one text read as a day."""
    found = [(column.name, column.source, column.data_type) for column in model.tables["Balances"].columns.values()]
    expected = [
        (column.name, column.name, "dateTime" if column.name == "SnapshotDate" else DATA_TYPES[column.edm])
        for column in COLUMNS
    ]
    assert found == expected


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


def test_keys_are_hidden_so_that_the_dimensions_are_used(model: Model) -> None:
    """The measures look at Accounts, Currencies and Date; the columns that relate to them are not offered."""
    for relationship in model.relationships:
        table, column = relationship.many
        assert model.tables[table].columns[column].hidden, relationship


def test_each_fact_relates_to_each_dimension(model: Model) -> None:
    """Every relationship is many to one, between columns that exist and have the same type."""
    ends = {(relationship.many[0], relationship.one[0]) for relationship in model.relationships}
    assert ends == {(fact, one) for fact in ("Balances", "Parts") for one in ("Accounts", "Currencies", "Date")}
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


def test_a_user_sees_formatted_measures_in_folders(model: Model) -> None:
    """Amounts take the format of the currency in view; everything else that is a number or a day has a format of its own."""
    texts = {"Hint", "Day status"}
    for measure in model.measures.values():
        assert measure.folder, measure.name
        assert bool(measure.format_string or measure.format_expression) != (
            measure.name in texts | {"Amount format"}
        ), measure.name
    amounts = {measure.name for measure in model.measures.values() if measure.format_expression}
    assert amounts == {
        *("Current balance", "Highest balance", "Lowest balance", "Credit limit"),
        *("Change to previous snapshot", "Change over 7 days", "Change over 30 days", "Change since month start"),
        *("Recurring part", "One-time part", "Other parts"),
    }


def test_every_dax_expression_parses(model: Model) -> None:
    """The grammar of DAX, by an independent parser."""
    for measure in model.measures.values():
        for expression in filter(None, (measure.dax, measure.format_expression)):
            assert dax.to_ast(expression) is not None, measure.name


@pytest.mark.parametrize("broken", ["SUM ( Balances[BalanceAmount]", "VAR x = 1", "1 +", "IF ( a b )"])
def test_the_dax_parser_refuses_broken_dax(broken: str) -> None:
    """The check above can fail."""
    with pytest.raises((AssertionError, ValueError)):
        dax.to_ast(broken)


def test_every_name_in_dax_exists(model: Model) -> None:
    """A column is one of its table, a bare name is a measure or a column that the expression itself makes."""
    for measure in model.measures.values():
        for expression in filter(None, (measure.dax, measure.format_expression)):
            made = {text.strip('"') for text in STRING.findall(expression) if text.startswith('"@')}
            for found in REFERENCE.finditer(STRING.sub('""', expression)):
                table, name = (found["table"] or "").strip("'"), found["name"]
                known = model.tables[table].columns if table else {*model.measures, *made}
                assert name in known, f"{measure.name}: {found[0]}"


def test_the_parameters_are_plain_and_wide(model: Model) -> None:
    """A computed source breaks the scheduled refresh; narrow ranges hide rows; the placeholder is nobody's account."""
    for name in ("StorageAccount", "TableName", "RangeStart", "RangeEnd"):
        assert "IsParameterQuery = true" in model.queries[name], name
    assert model.queries["TableName"].startswith('"partnerbalances" ')
    assert model.queries["RangeStart"].startswith("#datetime(2000, 1, 1, 0, 0, 0) ")
    assert model.queries["RangeEnd"].startswith("#datetime(2100, 1, 1, 0, 0, 0) ")
    placeholder = model.queries["StorageAccount"].split('"')[1]
    assert not re.fullmatch(r"[a-z0-9]{3,24}", placeholder), "a storage account could have this name"
