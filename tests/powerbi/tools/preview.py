"""Draws the report's pages from its own files: places, titles, fields, widths and colours are those of the report.

It shows what is where and what the measures give; it does not claim to look as Power BI Desktop draws it.
Write the picture of docs/images anew: `python -m tests.powerbi.tools.preview`.
"""

import hashlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
from matplotlib.textpath import TextPath

from tests.powerbi.tools import demo, pbir
from tests.powerbi.tools.contents import Contents
from tests.powerbi.tools.dax import Dax
from tests.powerbi.tools.histories import History
from tests.powerbi.tools.model import read_model

IMAGES = Path(__file__).parents[3] / "docs" / "images"
PIXELS_PER_INCH = 100
PIXELS_PER_POINT = 96 / 72
PAD = 8
LINE = 24  # pixels from one line of a table to the next
TITLE, HEAD = 28, 24
THEME = pbir.load(pbir.REPORT / "StaticResources" / "RegisteredResources" / "PartnerBalances.json")
FRAME, BOX = "#D5DAE0", "#8A929B"
TEXT_SIZE, TITLE_SIZE = 10.0, 12.0
DAYS_OF_A_MONTH = 31
CUT = {"failures", "runs", "rows", "missed"}
"""Tables that are scrolled to the side or down by design: their cells are cut where they end."""


@cache
def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """Return a text's width in the page's pixels; the font here is wider than Desktop's Segoe UI."""
    if not text.strip():
        return 0.0
    font = FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal")
    return float(TextPath((0, 0), text, size=size, prop=font, usetex=False).get_extents().width) * PIXELS_PER_POINT


@dataclass(frozen=True)
class Written:
    """A text that was drawn: the pixels that it needs and has, and how far it is from its visual's lower edge."""

    visual: str
    text: str
    needed: float
    available: float
    below: float


class Picture:
    """A page as a figure; all places are in the page's pixels, counted from the top left corner."""

    def __init__(self, page: pbir.Page, dax: Dax) -> None:
        chosen: dict[tuple[str, str], list[Any]] = {}
        fields = {field.name for visual in page.visuals if visual.kind == "slicer" for field in visual.fields}
        currencies = sorted(dax.records("Currencies"), key=lambda row: row["Position"])
        if "Currency" in fields and currencies:
            chosen["Currencies", "Currency"] = [currencies[0]["Currency"]]
        chosen["Date", "Period"] = ["Last 12 months"]
        self.page = page
        self.contents = Contents(dax, chosen)
        self.written: list[Written] = []
        self.figure = Figure(
            figsize=(page.width / PIXELS_PER_INCH, page.height / PIXELS_PER_INCH),
            dpi=PIXELS_PER_INCH,
            facecolor=THEME["background"],
        )
        FigureCanvasAgg(self.figure)
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set(xlim=(0, page.width), ylim=(page.height, 0))
        self.axes.set_axis_off()

    def draw(self) -> "Picture":
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
            if visual.shows_title:
                self._write(
                    visual, visual.x + PAD, visual.y + TITLE / 2, visual.title, visual.width, TITLE_SIZE, bold=True
                )
            draws[visual.kind](visual)
        return self

    def _write(
        self, visual: pbir.Visual, x: float, y: float, text: str, available: float, size: float = TEXT_SIZE, *,
        bold: bool = False, align: str = "left",
    ) -> None:  # fmt: skip
        below = visual.y + visual.height - y - size * PIXELS_PER_POINT / 2
        self.written.append(Written(visual.key, text, width_of(text, size, bold=bold), available, below))
        points = size * PIXELS_PER_POINT * 72 / PIXELS_PER_INCH
        weight = "bold" if bold else "normal"
        self.axes.text(
            x,
            y,
            text,
            fontsize=points,
            fontweight=weight,
            ha=align,
            va="center",
            color=THEME["foreground"],
            parse_math=False,
        )

    def _box(self, x: float, y: float, width: float, height: float, edge: str, fill: str | None = None) -> None:
        self.axes.add_patch(Rectangle((x, y), width, height, fill=fill is not None, fc=fill, ec=edge, lw=1))

    def _heading(self, visual: pbir.Visual) -> None:
        self._write(visual, visual.x, visual.y + visual.height / 2, visual.title, visual.width, 18, bold=True)

    def _slicer(self, visual: pbir.Visual) -> None:
        (field,) = visual.fields
        chosen = ", ".join(self.contents.chosen.get((field.table, field.name), ["All"]))
        self._box(visual.x + PAD, visual.y + 30, visual.width - 2 * PAD, 34, BOX)
        self._write(visual, visual.x + 2 * PAD, visual.y + 47, chosen, visual.width - 4 * PAD)

    def _cards(self, visual: pbir.Visual) -> None:
        step = visual.width / len(visual.fields)
        for number, field in enumerate(visual.fields):
            middle = visual.x + step * (number + 0.5)
            value = self.contents.value(field.name) or "(Blank)"
            self._write(visual, middle, visual.y + 48, value, step - 2 * PAD, visual.size("value"), align="center")
            self._write(
                visual, middle, visual.y + 76, field.label, step - 2 * PAD, visual.size("label"), align="center"
            )

    def _lines(self, visual: pbir.Visual) -> None:
        width, height = self.page.width, self.page.height
        left, bottom = (visual.x + 70) / width, 1 - (visual.y + visual.height - 28) / height
        chart = self.figure.add_axes((left, bottom, (visual.width - 86) / width, (visual.height - 90) / height))
        days = self.contents.days()
        for field in visual.of("Y"):
            values = np.array([self.contents.number(field.name, day) for day in days])
            style = visual.line_style(field)
            chart.plot(np.array(days, dtype="datetime64[D]"), values, label=field.label, **style)
        chart.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, frameon=False, fontsize=8)
        chart.yaxis.set_major_formatter("{x:,.0f}")
        chart.tick_params(labelsize=8, colors=THEME["foreground"])
        chart.grid(axis="y", color=FRAME)
        chart.spines[["top", "right"]].set_visible(False)

    def _calendar(self, visual: pbir.Visual) -> None:
        months = sorted({f"{day:%Y-%m}" for day in self.contents.days()}, reverse=True)
        step = (visual.width - 90) / DAYS_OF_A_MONTH
        top = visual.y + TITLE
        for number in range(1, DAYS_OF_A_MONTH + 1):
            self._write(visual, visual.x + 80 + step * (number - 0.5), top + 10, str(number), step, 9, align="center")
        for line, month in enumerate(months):
            y = top + 32 + line * 21
            self._write(visual, visual.x + PAD, y, month, 72)
            for day in (day for day in self.contents.days() if f"{day:%Y-%m}" == month):
                group: dict[tuple[str, str], list[Any]] = {("Date", "Date"): [day]}
                x = visual.x + 80 + step * (day.day - 1)
                fill = self.contents.value("Day colour", group) or THEME["background"]
                self._box(x, y - 10, step, 20, FRAME, fill)
                self._write(visual, x + step / 2, y, self.contents.value("Day status", group), step, align="center")

    def _table(self, visual: pbir.Visual) -> None:
        top = visual.y + (TITLE if visual.shows_title else 2)
        rows = int((visual.y + visual.height - top - HEAD) / LINE) - visual.has_total
        lines = self.contents.lines(visual, rows)[:rows]
        if visual.has_total:
            lines.append(["Total", *(self.contents.value(field.name) for field in visual.fields[1:])])
        x, end = visual.x + PAD, visual.x + visual.width - PAD
        size = visual.size("values")
        for number, (field, width) in enumerate(zip(visual.fields, visual.column_widths(), strict=True)):
            room = min(width, end - x) if visual.key in CUT else width
            if room < 40:
                break
            self._write(visual, x, top + HEAD / 2, field.label, room if visual.key not in CUT else 999, bold=True)
            for line, cells in enumerate(lines):
                y = top + HEAD + LINE * (line + 0.5)
                if colour := visual.cell_colour(field):
                    self._box(
                        x - PAD / 2,
                        y - LINE / 2,
                        width - PAD / 2,
                        visual.height - HEAD - 6,
                        FRAME,
                        self.contents.value(colour) or THEME["background"],
                    )
                self._cell(
                    visual, x, y, cells[number], room - PAD, size, wraps=len(lines) == 1 and visual.key not in CUT
                )
            x += width

    def _cell(
        self, visual: pbir.Visual, x: float, y: float, text: str, room: float, size: float, *, wraps: bool
    ) -> None:
        lines = [""]
        for word in text.split(" "):
            longer = f"{lines[-1]} {word}".strip()
            if wraps and width_of(longer, size) > room:
                lines.append(word)
            else:
                lines[-1] = longer
        while visual.key in CUT and width_of(lines[0], size) > room:
            lines[0] = f"{lines[0].rstrip('…')[:-1]}…"
        for number, part in enumerate(lines):
            self._write(visual, x, y + number * 18, part, room, size)


def digest(picture: Picture) -> str:
    """Return a fingerprint of what a picture says: its texts with their places, and its lines."""
    drawn: list[object] = []
    for axes in picture.figure.axes:
        drawn += [(text.get_text(), text.get_position()) for text in axes.texts]
        drawn += [(line.get_label(), np.asarray(line.get_ydata()).tolist()) for line in axes.lines]
    return hashlib.sha256(repr(drawn).encode()).hexdigest()


def write(dax: Dax, folder: Path, keys: set[str]) -> None:
    """Write one PNG a page, with its fingerprint as the description."""
    folder.mkdir(parents=True, exist_ok=True)
    for page in pbir.read_pages():
        if page.key in keys:
            picture = Picture(page, dax).draw()
            about = {"Software": None, "Description": digest(picture)}
            picture.figure.savefig(folder / f"power-bi-{page.key}.png", metadata=about)


if __name__ == "__main__":
    recorded = demo.record()
    made_up = History(recorded.rows, recorded.ledger, demo.LOADED, demo.LOADED).open(read_model())
    write(
        made_up,
        *((Path(sys.argv[1]), {page.key for page in pbir.read_pages()}) if sys.argv[1:] else (IMAGES, {"overview"})),
    )
