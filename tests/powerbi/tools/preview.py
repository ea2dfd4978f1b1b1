"""Draws the report's pages from its own files: positions, titles, fields, widths and colors are the report's.

It shows the layout and the measures' values; it does not reproduce Power BI Desktop's look. The calendar and lists that scroll
by design are left empty. To regenerate the picture in docs/images: `python -m tests.powerbi.tools.preview`.
"""

import hashlib
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle

from standin import StandIn
from tests.powerbi.tools import pbir
from tests.powerbi.tools.dax import Dax
from tests.powerbi.tools.histories import recorded_by_the_job
from tests.powerbi.tools.model import read_model
from tests.powerbi.tools.pbir import Field, Page, Visual

IMAGE = Path(__file__).parents[3] / "docs" / "images" / "power-bi-overview.png"
THEME = pbir.load(pbir.REPORT / "StaticResources" / "RegisteredResources" / "PartnerBalances.json")
FRAME, BOX = "#D5DAE0", "#8A929B"
DPI = 100
POINTS_PER_PIXEL = 72 / 96  # the report's sizes are in points
PAD = 8
LINE = 24  # pixels between the lines of a table
TITLE, HEAD = 28, 24
SCROLLED = {"failures", "runs", "rows", "missed"}

Chosen = dict[tuple[str, str], list[Any]]


@dataclass(frozen=True)
class Written:
    """A text that was drawn: the pixels it needs and has, and its distance from its visual's lower edge."""

    visual: str
    text: str
    needed: float
    available: float
    below: float


class Picture:
    """A page as a figure; all positions are in page pixels, counted from the top left corner."""

    def __init__(self, page: Page, dax: Dax) -> None:
        self.dax = dax
        self.chosen: Chosen = {("Date", "Period"): ["Last 12 months"]}
        slicers = {visual.fields[0].name for visual in page.visuals if visual.kind == "slicer"}
        first = [row["Currency"] for row in dax.records("Currencies") if row["Position"] == 1]
        if "Currency" in slicers and first:
            self.chosen["Currencies", "Currency"] = first
        self.written: list[Written] = []
        self.width, self.height = page.document["width"], page.document["height"]
        self.figure = Figure(figsize=(self.width / DPI, self.height / DPI), dpi=DPI, facecolor=THEME["background"])
        self.canvas = FigureCanvasAgg(self.figure)
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set(xlim=(0, self.width), ylim=(self.height, 0))
        self.axes.set_axis_off()

    def draw(self, visual: Visual) -> None:
        """Draw a visual."""
        x, y, width, height = visual.box
        if visual.kind == "textbox":
            self._write(visual, (x, y + height / 2), visual.title, width, 18, bold=True)
            return
        self._box((x, y), width, height, FRAME)
        if title := visual.setting("title", "text"):
            self._write(visual, (x + PAD, y + TITLE / 2), title, width, 12, bold=True)
        match visual.kind:
            case "slicer":
                self._slicer(visual)
            case "cardVisual":
                self._cards(visual)
            case "lineChart":
                self._lines(visual)
            case "tableEx":
                self._table(visual)

    def _text(self, field: Field, group: Chosen | None = None) -> str:
        return self.dax.text(field.name, self.chosen, group)

    def _font(self, size: float, *, bold: bool = False) -> FontProperties:
        """Return a font that is wider than Desktop's Segoe UI; `size` is in the report's points."""
        points = size / POINTS_PER_PIXEL * 72 / DPI
        return FontProperties(family="DejaVu Sans", size=points, weight="bold" if bold else "normal")

    def _width(self, text: str, font: FontProperties) -> float:
        return float(self.canvas.get_renderer().get_text_width_height_descent(text, font, ismath=False)[0])  # type: ignore[no-untyped-call] # matplotlib's

    def _write(
        self, visual: Visual, place: tuple[float, float], text: str, available: float, size: float = 10, *,
        bold: bool = False, align: str = "left",
    ) -> None:  # fmt: skip
        font = self._font(size, bold=bold)
        _, top, _, height = visual.box
        below = top + height - place[1] - size / POINTS_PER_PIXEL / 2
        self.written.append(Written(visual.key, text, self._width(text, font), available, below))
        look = {"fontproperties": font, "ha": align, "va": "center", "color": THEME["foreground"], "parse_math": False}
        self.axes.text(*place, text, **look)

    def _box(self, place: tuple[float, float], width: float, height: float, edge: str, fill: str | None = None) -> None:
        self.axes.add_patch(Rectangle(place, width, height, fill=fill is not None, fc=fill, ec=edge, lw=1))

    def _slicer(self, visual: Visual) -> None:
        x, y, width, _ = visual.box
        (field,) = visual.fields
        chosen = ", ".join(self.chosen.get((field.table, field.name), ["All"]))
        self._box((x + PAD, y + 30), width - 2 * PAD, 34, BOX)
        self._write(visual, (x + 2 * PAD, y + 47), chosen, width - 4 * PAD)

    def _cards(self, visual: Visual) -> None:
        x, y, width, _ = visual.box
        step = width / len(visual.fields)
        for number, field in enumerate(visual.fields):
            for item, text, down in (("value", self._text(field) or "(Blank)", 48), ("label", field.label, 76)):
                size = float(visual.setting(item, "fontSize") or 10)
                place = x + step * (number + 0.5), y + down
                self._write(visual, place, text, step - 2 * PAD, size, align="center")

    def _lines(self, visual: Visual) -> None:
        x, y, width, height = visual.box
        left, bottom = (x + 70) / self.width, 1 - (y + height - 28) / self.height
        chart = self.figure.add_axes((left, bottom, (width - 86) / self.width, (height - 90) / self.height))
        days = [day["Date"] for day in self.dax.records("Date") if day["Period"] == "Last 12 months"]
        for field in visual.fields:
            if field.role == "Y":
                values = [self.dax.value(field.name, self.chosen, {("Date", "Date"): [day]}) for day in days]
                x_values, y_values = np.array(days, dtype="datetime64[D]"), np.array(values, dtype=float)
                chart.plot(x_values, y_values, label=field.label, **line_style(visual, field))
        chart.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, frameon=False, fontsize=8)
        chart.yaxis.set_major_formatter("{x:,.0f}")
        chart.tick_params(labelsize=8, colors=THEME["foreground"])
        chart.grid(axis="y", color=FRAME)
        chart.spines[["top", "right"]].set_visible(False)

    def _table(self, visual: Visual) -> None:
        x, y, width, height = visual.box
        top, end = y + (TITLE if visual.setting("title", "text") else 2), x + width - PAD
        has_total = visual.setting("total", "totals") == "true"
        room_for = int((y + height - top - HEAD) / LINE) - has_total
        lines = [] if visual.key in SCROLLED else self._rows(visual)[:room_for]
        if has_total:
            lines.append(["Total", *(self._text(field) for field in visual.fields[1:])])
        x += PAD
        share = (width - 2 * PAD) / len(visual.fields)
        for field, *cells in zip(visual.fields, *lines, strict=True):
            room = float(visual.setting("columnWidth", "value", field) or share)
            if visual.key in SCROLLED and x + room > end:
                break
            self._write(visual, (x, top + HEAD / 2), field.label, room, bold=True)
            if field in visual.cell_colors:
                fill = self.dax.text(visual.cell_colors[field], self.chosen) or THEME["background"]
                self._box((x - PAD / 2, top + HEAD), room - PAD / 2, height - HEAD - 6, FRAME, fill)
            for number, cell in enumerate(cells):
                middle = top + HEAD + LINE * (number + 0.5)
                self._cell(visual, (x, middle), cell, room - PAD, wraps=len(lines) == 1)
            x += room

    def _rows(self, visual: Visual) -> list[list[str]]:
        """Return a table's rows, sorted as the visual specifies, without rows that are blank in every measure."""
        columns = [field for field in visual.fields if field.kind == "Column"]
        if not columns:
            return [[self._text(field) for field in visual.fields]]
        ((_, sorted_by),) = visual.query["sortDefinition"]["sort"][0]["field"].items()
        table, name = columns[0].table, sorted_by["Property"]
        groups: dict[str, tuple[Any, list[str]]] = {}
        for record in self.dax.records(table):
            group: Chosen = {(table, field.name): [record[field.name]] for field in columns}
            if str(group) in groups or any(
                record[column] not in values for (of, column), values in self.chosen.items() if of == table
            ):
                continue
            cells = {field: self._text(field, group) for field in visual.fields if field not in columns}
            if any(cells.values()):
                cells |= {field: str(record[field.name] or "") for field in columns}
                row = [cells[field] for field in visual.fields]
                groups[str(group)] = self._order(name, table, record, group), row
        descending = visual.query["sortDefinition"]["sort"][0]["direction"] == "Descending"
        return [cells for _, cells in sorted(groups.values(), key=lambda row: row[0], reverse=descending)]

    def _order(self, name: str, table: str, record: dict[str, Any], group: Chosen) -> Any:
        if column := read_model().tables[table].columns.get(name):
            return record[column.props.get("sortByColumn", name)]
        return self.dax.value(name, self.chosen, group) or Decimal("-Infinity")

    def _cell(self, visual: Visual, place: tuple[float, float], text: str, room: float, *, wraps: bool) -> None:
        size = float(visual.setting("values", "fontSize") or 10)
        lines = [""]
        for word in text.split(" "):
            longer = f"{lines[-1]} {word}".strip()
            if wraps and self._width(longer, self._font(size)) > room:
                lines.append(word)
            else:
                lines[-1] = longer
        for number, part in enumerate(lines):
            self._write(visual, (place[0], place[1] + number * 18), part, room, size)


def line_style(visual: Visual, field: Field) -> dict[str, Any]:
    """Return how a chart's line is drawn, in matplotlib's terms."""
    ((fill),) = (properties["fill"] for properties in visual.instances("dataPoint", field))
    color = fill["solid"]["color"]["expr"]["Literal"]["Value"].strip("'")
    if visual.setting("lineStyles", "strokeShow", field):
        return {"color": color, "lw": 0, "marker": visual.setting("lineStyles", "markerShape", field), "mew": 2}
    return {"color": color, "lw": 2, "ls": visual.setting("lineStyles", "lineStyle", field) or "solid"}


def digest(picture: Picture) -> str:
    """Return a fingerprint of a picture's content: its texts with their positions, and its lines."""
    drawn: list[object] = []
    for axes in picture.figure.axes:
        drawn += [(text.get_text(), text.get_position()) for text in axes.texts]
        drawn += [(line.get_label(), np.asarray(line.get_ydata()).tolist()) for line in axes.lines]
    return hashlib.sha256(repr(drawn).encode()).hexdigest()


def overview(dax: Dax) -> Picture:
    """Draw the first page."""
    page = pbir.read_pages()[0]
    picture = Picture(page, dax)
    for visual in page.visuals:
        picture.draw(visual)
    return picture


if __name__ == "__main__":
    with StandIn() as world:
        drawn = overview(recorded_by_the_job(world).dax)
    drawn.figure.savefig(IMAGE, metadata={"Software": None, "Description": digest(drawn)})
