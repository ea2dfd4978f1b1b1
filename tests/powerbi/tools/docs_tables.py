"""Writes the generated tables of docs/power-bi.md: the data dictionary, the measures, the worked examples.

After a change of the row, the model or the examples: `python3 dev.py docs`.
"""

import logging
import re
import sys
from pathlib import Path

from shared.history.row import COLUMNS
from tests.powerbi.tools import demo
from tests.powerbi.tools.meaning import History
from tests.powerbi.tools.model import Model, read_model
from tests.powerbi.tools.worked_examples import EXAMPLES, in_words, value_of
from tests.support.generated_page import write_or_check

PAGE = Path(__file__).parents[3] / "docs" / "power-bi.md"


def dictionary_table() -> str:
    """Return the columns of the table `Balances`, from the contract of the row."""
    lines = ["| column | type in the table | on every row | meaning |", "|---|---|---|---|"]
    lines += [
        f"| {column.name} | {column.edm} | {'yes' if column.always else 'no'} | {column.meaning} |"
        for column in COLUMNS
    ]
    return "\n".join(lines)


def measures_table(model: Model) -> str:
    """Return the measures that a user sees, with their descriptions in the model."""
    lines = ["| measure | meaning |", "|---|---|"]
    lines += [f"| {name} | {measure.description} |" for name, measure in model.measures.items() if not measure.hidden]
    return "\n".join(lines)


def examples_table(history: History) -> str:
    """Return the worked examples over the demo's rows."""
    lines = ["| measure | in view | value | because |", "|---|---|---|---|"]
    for example in EXAMPLES:
        words = in_words(value_of(history, example), example.measure)
        lines.append(f"| {example.measure} | {example.view.words()} | {words} | {example.why} |")
    return "\n".join(lines)


def generated(history: History) -> dict[str, str]:
    """Return every generated part of the page, by the name in its markers."""
    return {
        "dictionary": dictionary_table(),
        "measures": measures_table(read_model()),
        "examples": examples_table(history),
    }


def part(page: str, name: str) -> str:
    """Return what stands between the markers of a part; raises ValueError when they are not there once."""
    found = _pattern(name).findall(page)
    if len(found) != 1:
        raise ValueError(f"{PAGE.name}: the markers of {name!r} should be there exactly once")
    text: str = found[0][1]
    return text


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(rf"(<!-- {name}: written by .* -->\n\n)(.*?)(\n\n<!-- {name}: end -->)", re.DOTALL)


def rendered(page: str) -> str:
    """Return the page with every generated part as the code has it; the rest is kept."""
    for name, text in generated(History(demo.record_rows())).items():
        page = page.replace(part(page, name), text)
    return page


if __name__ == "__main__":
    logging.disable()  # the job's lines about the made-up rows
    sys.exit(write_or_check(PAGE, rendered, sys.argv[1:]))
