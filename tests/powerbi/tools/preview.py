"""Draws the report's pages from the demo's rows: the places, titles and fields are those of the report's files.

It shows what is where and what the measures give; it does not claim to look as Power BI Desktop draws it.
Write the pictures of docs/images anew: `python -m tests.powerbi.tools.preview`.
"""

import hashlib
import re
import textwrap
from collections.abc import Callable, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from tests.powerbi.tools import demo, pbir
from tests.powerbi.tools.meaning import History
from tests.powerbi.tools.report_texts import BLANK, ReportTexts
from tests.powerbi.tools.snapshots import View

IMAGES = Path(__file__).parents[3] / "docs" / "images"
CURRENCY = "USD"
"""The currency that is chosen in the pictures."""

PIXELS_PER_INCH = 100
PIXELS_PER_LETTER = 7.2
LINE = 22  # pixels from one line of a table to the next
THEME = pbir.load(pbir.REPORT / "StaticResources" / "RegisteredResources" / "PartnerBalances.json")
FRAME, BOX = "#D5DAE0", "#8A929B"
DAYS_OF_A_MONTH = 31

_WORD_IN_CAMEL_CASE = re.compile(r"(?<=[a-z])(?=[A-Z])")


class Picture:
    """A page as a figure; all places are in the page's pixels, counted from the top left corner."""

    def __init__(self, page: pbir.Page, history: History, rows: Sequence[demo.Row]) -> None:
        has_currency = any(field.table == "Currencies" for visual in page.visuals for field in visual.fields)
        view = View(currencies=frozenset({CURRENCY}) if has_currency else frozenset())
        self.page = page
        self.texts = ReportTexts(history, rows, view)
        size = (page.width / PIXELS_PER_INCH, page.height / PIXELS_PER_INCH)
        self.figure = Figure(figsize=size, dpi=PIXELS_PER_INCH, facecolor=THEME["background"])
        FigureCanvasAgg(self.figure)
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set(xlim=(0, page.width), ylim=(page.height, 0))
        self.axes.set_axis_off()

    def draw(self) -> Figure:
        """Draw every visual."""
        draws: dict[str, Callable[[pbir.Visual], None]] = {
            "textbox": self._heading,
            "slicer": self._slicer,
            "cardVisual": self._cards,
            "lineChart": self._lines,
            "pivotTable": self._calendar,
            "tableEx": self._table,
        }
        for visual in self.page.visuals:
            if visual.kind != "textbox":
                self._box(visual.x, visual.y, visual.width, visual.height, FRAME)
                self._write(visual.x + 8, visual.y + 15, visual.title, fontweight="bold")
            draws[visual.kind](visual)
        return self.figure

    def _write(self, x: float, y: float, text: str, **style: Any) -> None:
        given: dict[str, Any] = {"fontsize": 8, "color": THEME["foreground"], "va": "center", "parse_math": False}
        self.axes.text(x, y, text, **(given | style))

    def _box(self, x: float, y: float, width: float, height: float, color: str) -> None:
        self.axes.add_patch(Rectangle((x, y), width, height, fill=False, ec=color, lw=1))

    def _heading(self, visual: pbir.Visual) -> None:
        self._write(visual.x, visual.y + visual.height / 2, visual.title, fontsize=17, fontweight="bold")

    def _slicer(self, visual: pbir.Visual) -> None:
        view = self.texts.view
        (field,) = visual.fields
        chosen = {"Currency": CURRENCY, "Date": f"{view.first}   to   {view.last}"}.get(field.name, "All")
        self._box(visual.x + 8, visual.y + 34, visual.width - 16, 36, BOX)
        self._write(visual.x + 18, visual.y + 52, chosen, fontsize=9)

    def _cards(self, visual: pbir.Visual) -> None:
        step = visual.width / len(visual.fields)
        for number, field in enumerate(visual.fields):
            middle = visual.x + step * (number + 0.5)
            value = self.texts.value(field.name, self.texts.view)
            self._write(middle, visual.y + 58, value, fontsize=14, fontweight="bold", ha="center")
            self._write(middle, visual.y + 88, field.label, fontsize=9, ha="center")

    def _lines(self, visual: pbir.Visual) -> None:
        width, height = self.page.width, self.page.height
        left, bottom = (visual.x + 70) / width, 1 - (visual.y + visual.height - 28) / height
        chart = self.figure.add_axes((left, bottom, (visual.width - 86) / width, (visual.height - 80) / height))
        days = np.array(self.texts.days, dtype="datetime64[D]")
        for account in self.texts.history.accounts:
            balances = self.texts.balances(account)
            if not np.isnan(balances).all():
                chart.plot(days, balances, color=THEME["dataColors"][len(chart.lines)], lw=2, label=account)
        chart.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, frameon=False, fontsize=8)
        chart.yaxis.set_major_formatter("{x:,.0f}")
        chart.tick_params(labelsize=8, colors=THEME["foreground"])
        chart.grid(axis="y", color=FRAME)
        chart.spines[["top", "right"]].set_visible(False)

    def _calendar(self, visual: pbir.Visual) -> None:
        months = sorted({(day.year, day.month) for day in self.texts.days}, reverse=True)
        step = (visual.width - 90) / DAYS_OF_A_MONTH

        def column(number: int) -> float:
            return visual.x + 80 + step * (number - 0.5)

        for number in range(1, DAYS_OF_A_MONTH + 1):
            self._write(column(number), visual.y + 44, str(number), fontweight="bold", ha="center")
        for line, (year, month) in enumerate(months):
            y = visual.y + 72 + line * 32
            self._write(visual.x + 12, y, f"{year}-{month:02}", fontsize=9, fontweight="bold")
            for day in (day for day in self.texts.days if (day.year, day.month) == (year, month)):
                status = self.texts.value("Day status", self.texts.at(day=day))
                self._write(column(day.day), y, status, fontsize=11, ha="center")

    def _table(self, visual: pbir.Visual) -> None:
        lines = self.texts.cells(visual)
        if len(visual.fields) == 1:
            for number, words in enumerate(textwrap.wrap(lines[0][0], int(visual.width / 6.2))):
                self._write(visual.x + 8, visual.y + 36 + number * 15, words, fontsize=9)
            return
        heads = [_WORD_IN_CAMEL_CASE.sub(" ", field.label) for field in visual.fields]
        columns = [
            [line[number] for line in lines[: int((visual.height - 100) / LINE)]] for number in range(len(heads))
        ]
        longest = [max(map(len, (*head.split(), *cells))) for head, cells in zip(heads, columns, strict=True)]
        shown = sum(width <= visual.width / PIXELS_PER_LETTER for width in accumulate(longest))
        pixels = (visual.width - 16) / sum(longest[:shown])
        x = visual.x + 8
        for head, cells, letters in zip(heads[:shown], columns[:shown], longest[:shown], strict=True):
            width = pixels * letters
            self._column(x, x + width - 8, visual.y, textwrap.wrap(head, max(letters, int(width / 6))), cells)
            x += width
        if shown < len(heads):
            note = f"… and {len(heads) - shown} more columns: {', '.join(heads[shown:])}"
            self._write(visual.x + 8, visual.y + visual.height - 12, note, fontsize=7)

    def _column(self, left: float, right: float, top: float, head: Sequence[str], cells: Sequence[str]) -> None:
        numeric = all(cell == BLANK or any(letter.isdigit() for letter in cell) for cell in cells)
        x, align = (right, "right") if numeric else (left, "left")
        for number, words in enumerate(head):
            self._write(x, top + 36 + number * 11, words, fontsize=7, fontweight="bold", ha=align)
        for number, cell in enumerate(cells):
            self._write(x, top + 74 + number * LINE, cell, ha=align)


def pictures(rows: Sequence[demo.Row]) -> dict[str, Figure]:
    """Draw every page, by its key."""
    history = History(rows)
    return {page.key: Picture(page, history, rows).draw() for page in pbir.read_pages()}


def digest(figure: Figure) -> str:
    """Return a fingerprint of what a picture says: its texts with their places, and its lines."""
    drawn: list[object] = []
    for axes in figure.axes:
        drawn += [(text.get_text(), text.get_position()) for text in axes.texts]
        drawn += [(line.get_label(), np.asarray(line.get_ydata()).tolist()) for line in axes.lines]
    return hashlib.sha256(repr(drawn).encode()).hexdigest()


def write(rows: Sequence[demo.Row], folder: Path = IMAGES) -> None:
    """Write one PNG a page, with its fingerprint as the description."""
    folder.mkdir(parents=True, exist_ok=True)
    for key, figure in pictures(rows).items():
        figure.savefig(folder / f"power-bi-{key}.png", metadata={"Software": None, "Description": digest(figure)})


if __name__ == "__main__":
    write(demo.record_rows())
