"""The reader of the model's text refuses what Power BI Desktop would refuse."""

from pathlib import Path

import pytest

from tests.powerbi.tools import tmdl

TABLE = "/// What it is.\ntable 'A table'\n\tcolumn Name\n\t\tdataType: string\n\t\tisHidden\n"


def read(folder: Path, text: str) -> list[tmdl.Node]:
    """Read a text as a file."""
    path = folder / "table.tmdl"
    path.write_text(text, encoding="utf-8")
    return tmdl.read(path)


def test_an_object_has_its_name_description_and_properties(tmp_path: Path) -> None:
    """A quoted name is unquoted; a property without a value is there or not."""
    (table,) = read(tmp_path, TABLE)
    (column,) = table.of("column")
    assert (table.name, table.description) == ("A table", "What it is.")
    assert column.get("dataType") == "string"
    assert column.has("isHidden")
    assert not column.has("isKey")


def test_an_expression_may_stand_on_its_line_or_below_it(tmp_path: Path) -> None:
    """Both forms of a default property are read, the indented one without its indentation."""
    text = "table T\n\tmeasure A = 1 + 1\n\t\tformatString: 0\n\n\tmeasure B =\n\t\t\tIF (\n\t\t\t    1,\n\t\t\t    2\n\t\t\t)\n\t\tformatString: 0\n"
    (table,) = read(tmp_path, text)
    assert [measure.expression for measure in table.of("measure")] == ["1 + 1", "IF (\n    1,\n    2\n)"]
    assert [measure.get("formatString") for measure in table.of("measure")] == ["0", "0"]


@pytest.mark.parametrize(
    "text",
    [
        TABLE.replace("dataType", "dataTyp"),
        TABLE.replace("column", "colum"),
        TABLE.replace("\t\tdataType", "    dataType"),
        TABLE.replace("\t\tisHidden", "\t\t\tisHidden"),
        TABLE.replace("'A table'", "A table"),
        TABLE + "\t/// A description of nothing.\n",
    ],
    ids=["property", "object", "spaces", "indentation", "quotes", "description"],
)
def test_a_mistake_is_refused(tmp_path: Path, text: str) -> None:
    """A misspelled property or object, a wrong indentation or a lost description is an error, not ignored."""
    with pytest.raises(tmdl.TmdlError, match=r"table\.tmdl"):
        read(tmp_path, text)
