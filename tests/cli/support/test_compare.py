"""Two tables side by side."""

from hypothesis import given
from hypothesis import strategies as st

from cli.support.compare import Pair, pairs
from shared.history.row import Entity

KEYS = st.sets(st.tuples(st.sampled_from("ab"), st.integers(100, 130)))


def rows(keys: set[tuple[str, int]]) -> list[Entity]:
    """Return rows of these keys, in order."""
    return [{"PartitionKey": tenant, "RowKey": str(number)} for tenant, number in sorted(keys)]


@given(KEYS, KEYS)
def test_every_row_is_met_once_and_with_its_other(mine: set[tuple[str, int]], theirs: set[tuple[str, int]]) -> None:
    """In the order of keys, whatever is missing where."""
    found = list(pairs(iter(rows(mine)), iter(rows(theirs))))
    met = [(pair.tenant_id, int(str(pair.row["RowKey"]))) for pair in found]
    assert met == sorted(mine | theirs)
    assert [pair.table is not None for pair in found] == [key in mine for key in met]
    assert [pair.archive is not None for pair in found] == [key in theirs for key in met]


def test_a_difference_is_told_by_column() -> None:
    """Also where only one side has the column; a row that is missing differs in none."""
    pair = Pair({"PartitionKey": "a", "B": "1"}, {"PartitionKey": "a", "B": "2", "C": 3})
    assert [pair.show(column) for column in pair.differing()] == ["B table 1 / archive 2", "C table None / archive 3"]
    assert Pair({"PartitionKey": "a"}, None).differing() == []
