"""The job's layers: no import goes up or in a circle, and only the edge reads the environment."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[2]

LAYERS = (
    ("shared.job",),
    ("shared.services",),
    ("shared.snapshot",),
    ("shared.balance_reader",),
    ("shared.history", "shared.sign_in"),
    ("shared.partner_center", "shared.azure_services", "shared.settings"),
    ("shared.net",),
    ("shared.errors", "shared.log"),
)
"""From the top. A module may import from its own layer and from those below."""

NEVER_DEPLOYED = {"cli", "standin", "tests", "benchmarks", "dev"}
EDGE = {"shared.job", "shared.services"}
READS_THE_WORLD = {
    *("os.environ", "os.getenv", "os.environb", "datetime.now", "datetime.utcnow", "datetime.today", "date.today"),
    *("time.time", "time.time_ns", "requests.Session", "requests.get", "HttpSession"),
    *("TableClient", "TableServiceClient", "SecretClient"),
}
"""Inner modules get these as arguments. Elapsed time (time.monotonic) does not count as the clock."""


def modules() -> dict[str, ast.Module]:
    """Return each module's syntax tree by name."""
    files = sorted((ROOT / "shared").rglob("*.py"))
    names = (".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for file in files)
    return {name: ast.parse(file.read_text(encoding="utf-8")) for name, file in zip(names, files, strict=True)}


def layer_of(module: str) -> int:
    """Return the number of a module's layer, 0 at the top; the package itself is below all of them."""
    room = ".".join(module.split(".")[:2])
    return next((number for number, layer in enumerate(LAYERS) if room in layer), len(LAYERS))


def imports(tree: ast.Module) -> Iterator[str]:
    """Yield everything a module imports, anywhere in it: `from a import b` is a.b. ruff refuses relative imports (TID252)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{name.name}" for name in node.names)


def test_no_import_goes_up() -> None:
    """Data flows one way, so that a part can be understood without its callers."""
    wrong = [
        f"{module} imports {imported}"
        for module, tree in modules().items()
        for imported in imports(tree)
        if layer_of(imported) < layer_of(module) or imported.split(".")[0] in NEVER_DEPLOYED
    ]
    assert wrong == []


def test_no_import_is_circular() -> None:
    """Not even within a layer."""
    trees = modules()
    graph = {
        module: {name for one in imports(tree) for name in (one, one.rpartition(".")[0]) if name in trees}
        for module, tree in trees.items()
    }
    TopologicalSorter(graph).prepare()  # CycleError names the circle


def test_every_module_has_a_layer() -> None:
    """A new folder must be assigned to a layer."""
    assert {".".join(module.split(".")[:2]) for module in modules()} - {"shared"} == {
        room for layer in LAYERS for room in layer
    }


def test_only_the_edge_reads_the_environment() -> None:
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
