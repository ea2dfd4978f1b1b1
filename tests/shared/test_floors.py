"""The floors of the job: no import runs up, and nothing deployed imports what is not."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]

FLOORS = (
    ("shared.job",),
    ("shared.services",),
    ("shared.snapshot",),
    ("shared.balance_reader",),
    ("shared.history", "shared.sign_in"),
    ("shared.partner_center", "shared.azure_services", "shared.settings"),
    ("shared.net",),
    ("shared.errors", "shared.log"),
)
"""From the top; a module may import from its own floor and from those below."""


def floor_of(module: str) -> int:
    """Return the number of a module's floor, 0 at the top; the package itself lies below all."""
    room = ".".join(module.split(".")[:2])
    return next((number for number, floor in enumerate(FLOORS) if room in floor), len(FLOORS))


def imports(file: Path) -> Iterator[str]:
    """Walk the modules that a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{name.name}" for name in node.names)


def test_no_import_runs_up() -> None:
    """Data flows one way, so that a part can be understood without what uses it."""
    wrong = []
    for file in sorted((ROOT / "shared").rglob("*.py")):
        module = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for imported in imports(file):
            if imported.startswith("shared.") and floor_of(imported) < floor_of(module):
                wrong.append(f"{module} imports {imported}")
            if imported.split(".")[0] in {"cli", "standin", "tests", "benchmarks"}:
                wrong.append(f"{module} imports {imported}")
    assert wrong == []


def test_every_module_has_a_floor() -> None:
    """A new room is put on a floor on purpose."""
    rooms = {
        path.stem for path in (ROOT / "shared").iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    listed = {room.removeprefix("shared.") for floor in FLOORS for room in floor}
    assert rooms - {"__init__"} == listed


def test_the_environment_is_read_at_the_edge() -> None:
    """Inner modules get settings, clock and clients as arguments."""
    files = (ROOT / "shared").rglob("*.py")
    assert [file.name for file in files if "os.environ" in file.read_text(encoding="utf-8")] == []
