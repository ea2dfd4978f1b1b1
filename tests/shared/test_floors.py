"""The floors of the job: no import runs up or in a circle, and the edge alone reads the world."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
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

NEVER_DEPLOYED = {"cli", "standin", "tests", "benchmarks", "dev"}
EDGE = {"shared.job", "shared.services"}
READS_THE_WORLD = {
    *("os.environ", "os.getenv", "os.environb", "datetime.now", "datetime.utcnow", "datetime.today", "date.today"),
    *("time.time", "time.time_ns", "requests.Session", "requests.get", "HttpSession"),
    *("TableClient", "TableServiceClient", "SecretClient"),
}
"""What inner modules get as arguments. Elapsed time (time.monotonic) is not the clock."""


def modules() -> dict[str, ast.Module]:
    """Return the syntax tree of each module of the job, by name."""
    files = sorted((ROOT / "shared").rglob("*.py"))
    names = (".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for file in files)
    return {name: ast.parse(file.read_text(encoding="utf-8")) for name, file in zip(names, files, strict=True)}


def floor_of(module: str) -> int:
    """Return the number of a module's floor, 0 at the top; the package itself lies below all."""
    room = ".".join(module.split(".")[:2])
    return next((number for number, floor in enumerate(FLOORS) if room in floor), len(FLOORS))


def imports(tree: ast.Module) -> Iterator[str]:
    """Walk what a module imports, wherever in it: `from a import b` is a.b. ruff refuses relative imports (TID252)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{name.name}" for name in node.names)


def test_no_import_runs_up() -> None:
    """Data flows one way, so that a part can be understood without what uses it."""
    wrong = [
        f"{module} imports {imported}"
        for module, tree in modules().items()
        for imported in imports(tree)
        if floor_of(imported) < floor_of(module) or imported.split(".")[0] in NEVER_DEPLOYED
    ]
    assert wrong == []


def test_no_import_runs_in_a_circle() -> None:
    """Not within a floor either."""
    trees = modules()
    graph = {
        module: {name for one in imports(tree) for name in (one, one.rpartition(".")[0]) if name in trees}
        for module, tree in trees.items()
    }
    TopologicalSorter(graph).prepare()  # CycleError names the circle


def test_every_module_has_a_floor() -> None:
    """A new room is put on a floor on purpose."""
    assert {".".join(module.split(".")[:2]) for module in modules()} - {"shared"} == {
        room for floor in FLOORS for room in floor
    }


def test_the_world_is_read_at_the_edge() -> None:
    """Inner modules get settings, clock and clients as arguments."""
    wrong = [
        f"{module}: {read}"
        for module, tree in modules().items()
        if module not in EDGE
        for node in ast.walk(tree)
        for read in [ast.unparse(node.func) if isinstance(node, ast.Call) else ast.unparse(node)]
        if (isinstance(node, ast.Call) and read in READS_THE_WORLD) or read.startswith(("os.environ", "os.getenv"))
    ]
    assert wrong == []
