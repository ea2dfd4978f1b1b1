"""Every JSON file in the Power BI project conforms to Microsoft's published schema.

POWERBI_SCHEMAS_DIR names the folder with the schemas, with the layout of https://github.com/microsoft/json-schemas.
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
SCHEMAS = Path(os.environ.get("POWERBI_SCHEMAS_DIR", "no folder"))
THEME = "PartnerBalances.json"  # its schema is published elsewhere, per Desktop version

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
"""The June 2025 generation, which the oldest supported Desktop opens."""

DOCUMENTS = {
    path: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted(PROJECT.rglob("*"))
    if path.name in EXPECTED or (path.suffix == ".json" and path.name != THEME and ".pbi" not in path.parts)
}


def test_every_file_names_the_expected_version() -> None:
    """Every kind of file exists. Desktop refuses unknown versions, so all files are from one generation."""
    assert {path.name for path in DOCUMENTS} == set(EXPECTED)
    for path, document in DOCUMENTS.items():
        assert document["$schema"] == f"{PUBLISHED_AT}{EXPECTED[path.name]}/schema.json", path


@pytest.mark.skipif(
    not (SCHEMAS / "fabric").is_dir(), reason="POWERBI_SCHEMAS_DIR names no folder of published schemas"
)
def test_every_file_conforms_to_its_schema() -> None:
    """A schema error stops Desktop from opening the project."""

    def retrieve(uri: str) -> Resource[Any]:
        text = (SCHEMAS / uri.removeprefix(PUBLISHED_AT)).read_text(encoding="utf-8")
        return Resource.from_contents(json.loads(text), default_specification=DRAFT7)

    registry: Registry[Any] = Registry(retrieve=retrieve)  # type: ignore[call-arg] # attrs' alias is beyond mypy here
    for path, document in DOCUMENTS.items():
        validator = Draft7Validator({"$ref": document["$schema"]}, registry=registry)
        assert [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)] == [], path
