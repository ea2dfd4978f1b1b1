"""The report as its JSON files describe it: pages, their visuals, and the model's fields in them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.powerbi.tools.model import PROJECT

REPORT = PROJECT / "PartnerBalances.Report"
DEFINITION = REPORT / "definition"


@dataclass(frozen=True)
class Field:
    """A field of the model in a visual; `role` is the visual's well that it is in, `label` what heads it."""

    kind: str
    table: str
    name: str
    role: str
    label: str


@dataclass(frozen=True)
class Visual:
    """One visual; position and size in the page's pixels."""

    key: str
    name: str
    kind: str
    x: float
    y: float
    width: float
    height: float
    tab_order: int
    title: str
    alt_text: str
    fields: tuple[Field, ...]
    document: dict[str, Any]

    def of(self, role: str) -> tuple[Field, ...]:
        """Return the fields of a well."""
        return tuple(field for field in self.fields if field.role == role)

    @property
    def shows_title(self) -> bool:
        """Whether the title is a line above the visual."""
        return bool(_text(self.document["visual"]["visualContainerObjects"], "title", "text"))

    @property
    def has_total(self) -> bool:
        """Whether a table ends with a total."""
        return bool(self._set("total", "totals") == "true")

    def size(self, item: str) -> float:
        """Return the size of an item's text in points."""
        return float((self._set(item, "fontSize") or "10D").removesuffix("D"))

    def column_widths(self) -> list[float]:
        """Return the widths of a table's columns in pixels: as they are set, or an equal share."""
        found = {
            instance["selector"]["metadata"]: instance["properties"]["value"]["expr"]["Literal"]["Value"]
            for instance in self._objects("columnWidth")
        }
        share = (self.width - 16) / len(self.fields) if self.kind == "tableEx" else 0
        return [float(found.get(f"{field.table}.{field.name}", f"{share}D").removesuffix("D")) for field in self.fields]

    def cell_colour(self, field: Field) -> str:
        """Return the measure that colours a field's cells, or the empty text."""
        for instance in self._objects("values"):
            if instance.get("selector", {}).get("metadata") == f"{field.table}.{field.name}":
                measure: str = instance["properties"]["backColor"]["solid"]["color"]["expr"]["Measure"]["Property"]
                return measure
        return ""

    def line_style(self, field: Field) -> dict[str, Any]:
        """Return how a chart's line is drawn, in matplotlib's words."""
        own = {"metadata": f"{field.table}.{field.name}"}
        (fill,) = [item["properties"]["fill"] for item in self._objects("dataPoint") if item["selector"] == own]
        style: dict[str, Any] = {"color": fill["solid"]["color"]["expr"]["Literal"]["Value"].strip("'"), "lw": 2}
        for item in self._objects("lineStyles"):
            if item["selector"] == own:
                properties = item["properties"]
                if "strokeShow" in properties:
                    style |= {"lw": 0, "marker": _literal(properties["markerShape"]), "mew": 2}
                elif "lineStyle" in properties:
                    style["ls"] = _literal(properties["lineStyle"])
        return style

    def _objects(self, item: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.document["visual"].get("objects", {}).get(item, [])
        return found

    def _set(self, item: str, name: str) -> str:
        return next(
            (_literal(each["properties"][name]) for each in self._objects(item) if name in each["properties"]), ""
        )


@dataclass(frozen=True)
class Page:
    """One page; its visuals are in their tab order."""

    key: str
    name: str
    title: str
    width: float
    height: float
    visuals: tuple[Visual, ...]


def colours(visual: Visual) -> set[str]:
    """Return the measures that colour a visual's cells."""
    cells = visual.document["visual"].get("objects", {}).get("values", ())
    fills = [
        cell["properties"]["backColor"]["solid"]["color"]["expr"] for cell in cells if "backColor" in cell["properties"]
    ]
    return {fill["Measure"]["Property"] for fill in fills}


def load(path: Path) -> Any:
    """Read a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def read_pages() -> tuple[Page, ...]:
    """Read all pages, in the report's order."""
    pages = {page.name: page for page in map(_page, (DEFINITION / "pages").glob("*/page.json"))}
    return tuple(pages[name] for name in load(DEFINITION / "pages" / "pages.json")["pageOrder"])


def _page(path: Path) -> Page:
    document = load(path)
    visuals = map(_visual, path.parent.glob("visuals/*/visual.json"))
    return Page(
        key=path.parent.name,
        name=document["name"],
        title=document["displayName"],
        width=document["width"],
        height=document["height"],
        visuals=tuple(sorted(visuals, key=lambda visual: visual.tab_order)),
    )


def _visual(path: Path) -> Visual:
    document = load(path)
    position, visual = document["position"], document["visual"]
    container = visual.get("visualContainerObjects", {})
    fields = tuple(_fields(visual.get("query", {}).get("queryState", {})))
    heading = fields[0].label if len(fields) == 1 else _heading(visual)
    return Visual(
        key=path.parent.name,
        name=document["name"],
        kind=visual["visualType"],
        x=position["x"],
        y=position["y"],
        width=position["width"],
        height=position["height"],
        tab_order=position["tabOrder"],
        title=_text(container, "title", "text") or heading,
        alt_text=_text(container, "general", "altText"),
        fields=fields,
        document=document,
    )


def _fields(state: dict[str, Any]) -> Iterator[Field]:
    for role, well in state.items():
        for projection in well["projections"]:
            ((kind, field),) = projection["field"].items()
            name = field["Property"]
            label = projection.get("displayName", name)
            yield Field(kind, field["Expression"]["SourceRef"]["Entity"], name, role, label)


def _literal(value: dict[str, Any]) -> str:
    text: str = value["expr"]["Literal"]["Value"]
    return text.strip("'")


def _text(objects: dict[str, Any], item: str, name: str) -> str:
    for instance in objects.get(item, ()):
        if name in instance["properties"]:
            literal: str = instance["properties"][name]["expr"]["Literal"]["Value"]
            return literal[1:-1].replace("''", "'")
    return ""


def _heading(visual: dict[str, Any]) -> str:
    """Return the text of a text box."""
    paragraphs = visual.get("objects", {}).get("general", [{}])[0].get("properties", {}).get("paragraphs", ())
    return " ".join(run["value"] for paragraph in paragraphs for run in paragraph["textRuns"])
