"""One row, every column on a line of its own."""

from datetime import datetime

from cli.support.console import say
from shared.history.row import COLUMNS, Entity

_WIDTH = max(len(column.name) for column in COLUMNS)


def print_row(row: Entity) -> None:
    """Print the row's columns in the contract's order; one that the row does not have is shown as absent."""
    for column in COLUMNS:
        value = row.get(column.name)
        shown = ("(absent)", "dim") if value is None else as_text(value)
        say(f"    {column.name:{_WIDTH}}  ", (f"{column.edm.value:8}  ", "dim"), shown)


def as_text(value: str | float | datetime) -> str:
    """Write a column's value as text: times as ISO 8601 in UTC."""
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else str(value)
