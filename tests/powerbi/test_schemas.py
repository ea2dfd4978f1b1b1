"""Every JSON file of the Power BI project keeps to the schema that Microsoft publishes for it.

The schemas are looked for below the folder in POWERBI_SCHEMAS_DIR, laid out as in https://github.com/microsoft/json-schemas.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

from tests.powerbi.tools.model import PROJECT

PUBLISHED_AT = "https://developer.microsoft.com/json-schemas/"
JSON_NAMES = {".json", ".pbip", ".pbir", ".pbism"}
WITHOUT_SCHEMA = {"PartnerBalances.json"}
"""The theme: its schema is published elsewhere, by Desktop's version."""

EXPECTED = {
    "report.json": "fabric/item/report/definition/report/2.0.0",
    "version.json": "fabric/item/report/definition/versionMetadata/1.0.0",
    "pages.json": "fabric/item/report/definition/pagesMetadata/1.0.0",
    "page.json": "fabric/item/report/definition/page/2.0.0",
    "visual.json": "fabric/item/report/definition/visualContainer/2.0.0",
    "definition.pbir": "fabric/item/report/definitionProperties/2.0.0",
    "definition.pbism": "fabric/item/semanticModel/definitionProperties/1.0.0",
    "PartnerBalances.pbip": "fabric/pbip/pbipProperties/1.0.0",
    ".platform": "fabric/gitIntegration/platformProperties/2.0.0",
}
"""The generation of June 2025, which older versions of Desktop open too."""

FILES = sorted(
    path
    for path in PROJECT.rglob("*")
    if (path.suffix in JSON_NAMES or path.name == ".platform")
    and path.name not in WITHOUT_SCHEMA
    and ".pbi" not in path.parts
)


@pytest.fixture(scope="session")
def schemas() -> Path:
    """Return the folder with the published schemas; a test that asks for it is skipped where there is none."""
    folder = os.environ.get("POWERBI_SCHEMAS_DIR", "")
    if not Path(folder, "fabric").is_dir():
        pytest.skip("POWERBI_SCHEMAS_DIR names no folder with Microsoft's published schemas")
    return Path(folder)


def mistakes(document: Any, schemas: Path) -> list[str]:
    """Return what the schema that a document names says against it."""

    def retrieve(uri: str) -> Resource[Any]:
        text = (schemas / uri.removeprefix(PUBLISHED_AT)).read_text(encoding="utf-8")
        return Resource.from_contents(json.loads(text), default_specification=DRAFT7)

    registry: Registry[Any] = Registry(retrieve=retrieve)  # type: ignore[call-arg] # attrs' alias is beyond mypy here
    validator = Draft7Validator({"$ref": document["$schema"]}, registry=registry)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


def test_the_whole_project_is_looked_at() -> None:
    """Every kind of file is there."""
    assert {path.name for path in FILES} == set(EXPECTED)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_a_file_names_the_expected_version(path: Path) -> None:
    """Desktop refuses a version that it does not know, so all files are of one generation."""
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document["$schema"] == f"{PUBLISHED_AT}{EXPECTED[path.name]}/schema.json"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_a_file_keeps_to_its_schema(path: Path, schemas: Path) -> None:
    """A schema error stops Desktop from opening the project."""
    assert mistakes(json.loads(path.read_text(encoding="utf-8")), schemas) == []


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("visual.json", {"position": {"x": 0}}),
        ("page.json", {"displayOption": "FitToNothing"}),
        ("report.json", {"themeCollection": {"customTheme": {"name": "x"}}}),
        ("definition.pbir", {"version": 4}),
    ],
)
def test_the_schemas_notice_a_mistake(name: str, change: dict[str, Any], schemas: Path) -> None:
    """The check above can fail."""
    path = next(path for path in FILES if path.name == name)
    assert mistakes(json.loads(path.read_text(encoding="utf-8")) | change, schemas)
