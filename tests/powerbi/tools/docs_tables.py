"""Writes the data dictionary of docs/power-bi.md. After a change of the row: `python3 dev.py docs`."""

import re
import sys
from pathlib import Path

from shared.history.row import COLUMNS
from tests.support.generated_page import write_or_check

PAGE = Path(__file__).parents[3] / "docs" / "power-bi.md"
DICTIONARY = re.compile(r"(<!-- dictionary: written by .* -->\n)(.*?)(<!-- dictionary: end -->)", re.DOTALL)


def dictionary_table() -> str:
    """Return the columns of the row, from its contract."""
    lines = ["| column | type in the table | on every row | meaning |", "|---|---|---|---|"]
    lines += [
        f"| {column.name} | {column.edm} | {'yes' if column.always else 'no'} | {column.meaning} |"
        for column in COLUMNS
    ]
    return "\n".join(lines)


def rendered(page: str) -> str:
    """Return the page with the dictionary as the code has it; raises ValueError when its markers are not there once."""
    text, found = DICTIONARY.subn(lambda match: f"{match[1]}\n{dictionary_table()}\n\n{match[3]}", page)
    if found != 1:
        raise ValueError(f"{PAGE.name}: the markers of the dictionary should be there exactly once")
    return text


if __name__ == "__main__":
    sys.exit(write_or_check(PAGE, rendered, sys.argv[1:]))
