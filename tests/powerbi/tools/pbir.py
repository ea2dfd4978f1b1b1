"""The report in its JSON files: pages, their visuals, and the model's fields in them."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.powerbi.tools.model import PROJECT

REPORT = PROJECT / "PartnerBalances.Report"
DEFINITION = REPORT / "definition"


@dataclass(frozen=True)
class Field:
    """A model field in a visual; `role` is its well in the visual, `label` its heading."""

    kind: str
    table: str
    name: str
    role: str
    label: str


@dataclass(frozen=True)
class Visual:
    """One visual, read from its document; position and size are in page pixels."""

    key: str
    document: dict[str, Any]

    @property
    def kind(self) -> str:
        """The visual's type."""
        return str(self.document["visual"]["visualType"])

    @property
    def box(self) -> tuple[float, float, float, float]:
        """The left, top, width and height."""
        position = self.document["position"]
        return position["x"], position["y"], position["width"], position["height"]

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The fields of all wells."""
        found = []
        for role, well in self.query.get("queryState", {}).items():
            for projection in well["projections"]:
                ((kind, field),) = projection["field"].items()
                name, table = field["Property"], field["Expression"]["SourceRef"]["Entity"]
                found.append(Field(kind, table, name, role, projection.get("displayName", name)))
        return tuple(found)

    @property
    def query(self) -> dict[str, Any]:
        """The wells and the sort order."""
        query: dict[str, Any] = self.document["visual"].get("query", {})
        return query

    def instances(self, item: str, field: Field | None = None) -> list[dict[str, Any]]:
        """Return an item's settings, for the whole visual and its container, or for one field."""
        visual = self.document["visual"]
        found = [each for part in ("objects", "visualContainerObjects") for each in visual.get(part, {}).get(item, ())]
        of = field and f"{field.table}.{field.name}"
        return [each["properties"] for each in found if each.get("selector", {}).get("metadata") == of]

    def setting(self, item: str, name: str, field: Field | None = None) -> str:
        """Return a literal setting, or the empty string."""
        for properties in self.instances(item, field):
            if "Literal" in properties.get(name, {}).get("expr", {}):
                literal: str = properties[name]["expr"]["Literal"]["Value"]
                return literal[1:-1].replace("''", "'") if literal.startswith("'") else literal.removesuffix("D")
        return ""

    @property
    def title(self) -> str:
        """The line above the visual, a text box's text, or the heading of the only field."""
        if self.kind == "textbox":
            (general,) = (each for each in self.instances("general") if "paragraphs" in each)
            return " ".join(run["value"] for paragraph in general["paragraphs"] for run in paragraph["textRuns"])
        only = self.fields[0].label if len(self.fields) == 1 else ""
        return self.setting("title", "text") or only

    @cached_property
    def cell_colors(self) -> dict[Field, str]:
        """The measure that colors each field's cells."""
        return {
            field: properties["backColor"]["solid"]["color"]["expr"]["Measure"]["Property"]
            for field in self.fields
            for properties in self.instances("values", field)
            if "backColor" in properties
        }


@dataclass(frozen=True)
class Page:
    """One page; its visuals are in their tab order."""

    key: str
    document: dict[str, Any]
    visuals: tuple[Visual, ...]


def load(path: Path) -> Any:
    """Read a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def read_pages() -> tuple[Page, ...]:
    """Read all pages, in the report's order."""
    pages = {}
    for path in (DEFINITION / "pages").glob("*/page.json"):
        visuals = [Visual(each.parent.name, load(each)) for each in path.parent.glob("visuals/*/visual.json")]
        visuals.sort(key=lambda visual: int(visual.document["position"]["tabOrder"]))
        document = load(path)
        pages[document["name"]] = Page(path.parent.name, document, tuple(visuals))
    return tuple(pages[name] for name in load(DEFINITION / "pages" / "pages.json")["pageOrder"])
