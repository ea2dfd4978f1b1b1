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


@dataclass(frozen=True)
class Page:
    """One page; its visuals are in their tab order."""

    key: str
    name: str
    title: str
    width: float
    height: float
    visuals: tuple[Visual, ...]


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
