"""Microsoft's own Tabular Object Model, the library that Power BI Desktop uses to read TMDL, accepts the model.

This needs Mono (`mono` and `mcs` on the PATH) and, in the folder that POWERBI_TOM_DIR names, the .NET Framework assemblies
Microsoft.AnalysisServices.{Core,Tabular,Tabular.Json}.dll, from the package pbi-cli-tool or Microsoft's NuGet package.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.powerbi.tools.model import DEFINITION, read_model

SOURCE = Path(__file__).with_name("tools") / "tom" / "check.cs"
ASSEMBLIES = tuple(f"Microsoft.AnalysisServices.{name}.dll" for name in ("Core", "Tabular", "Tabular.Json"))


def test_the_library_reads_the_model_as_these_tests_do(tmp_path: Path) -> None:
    """It refuses nothing, and finds the same tables, columns, measures and queries."""
    given = os.environ.get("POWERBI_TOM_DIR", "")
    mono, compiler = shutil.which("mono"), shutil.which("mcs")
    if not mono or not compiler or not all(Path(given, name).is_file() for name in ASSEMBLIES):
        pytest.skip("needs Mono, and POWERBI_TOM_DIR with the assemblies of Microsoft's Tabular Object Model")
    for assembly in Path(given).glob("*.dll"):
        shutil.copy(assembly, tmp_path)
    program = tmp_path / "check.exe"
    references = [f"-r:{tmp_path / name}" for name in ASSEMBLIES]
    subprocess.run([compiler, *references, f"-out:{program}", str(SOURCE)], check=True, capture_output=True)  # noqa: S603 - our own program
    command = [mono, str(program), str(DEFINITION)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)  # noqa: S603 - our own program
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)["model"]
    model = read_model()
    tables = {table["name"]: table for table in found["tables"]}
    assert set(tables) == set(model.tables)
    for name, table in model.tables.items():
        assert [column["name"] for column in tables[name]["columns"]] == list(table.columns)
        measures = {measure["name"]: text(measure["expression"]) for measure in tables[name].get("measures", ())}
        assert measures == {name: measure.expression for name, measure in table.measures.items()}
        (partition,) = tables[name]["partitions"]
        assert text(partition["source"]["expression"]) == table.source
        assert (partition["source"]["type"] == "calculated") == table.calculated
    assert {query["name"]: text(query["expression"]) for query in found["expressions"]} == dict(model.queries)
    assert len(found["relationships"]) == len(model.relationships)


def text(lines: str | list[str]) -> str:
    """Return an expression, which the library returns as a string or as lines."""
    return lines if isinstance(lines, str) else "\n".join(lines)
