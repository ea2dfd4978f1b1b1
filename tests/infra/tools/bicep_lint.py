"""Compiles, lints and formats infra/ with Microsoft's compiler: `python -m tests.infra.tools.bicep_lint [--write]`.

`--write` puts the layout right and writes the snapshots anew. Every line that the compiler says is a failure.
"""

import sys
from collections.abc import Iterator

from tests.infra.tools import bicep
from tests.infra.tools.bicep import DEPLOYMENTS, INFRA, MARK, ROOT

AGES = ROOT / "tests/infra/tools/bicep_lint.json"


def findings() -> Iterator[str]:
    """Yield what is wrong with infra/ and with the parameter files."""
    main = INFRA / "main.bicep"
    parameters = [INFRA / "main.bicepparam", *DEPLOYMENTS.glob("*.bicepparam")]
    yield bicep.bicep("build", main, "--stdout").stderr
    yield bicep.bicep("lint", main, "--config", AGES).stderr
    for path in parameters:
        yield bicep.bicep("build-params", path, "--stdout").stderr
    for path in [*INFRA.glob("*.bicep"), *parameters]:
        if bicep.bicep("format", path, "--stdout").stdout != path.read_text("utf-8"):
            yield f"{path.relative_to(ROOT).as_posix()}: the layout differs from `bicep format`\n"


def write() -> Iterator[str]:
    """Format every file and write every snapshot; yield what the compiler says."""
    parameters = list(DEPLOYMENTS.glob("*.bicepparam"))
    for path in [*INFRA.glob("*.bicep"), *INFRA.glob("*.bicepparam"), *parameters]:
        yield bicep.bicep("format", path).stderr
    for path in parameters:
        yield bicep.snapshot(path, "overwrite").stderr
    MARK.write_text(bicep.fingerprint() + "\n", "utf-8")


def main(arguments: list[str]) -> int:
    """Return 1 where the compiler has something to say; on a machine without it, say so and return 0."""
    if bicep.compiler() is None:
        print(f"{bicep.MISSING}.")  # noqa: T201 - a command's answer
        return 0
    said = "".join([*(write() if "--write" in arguments else ()), *findings()])
    print(said or "Bicep: build, lint, format and parameter files are clean.")  # noqa: T201 - a command's answer
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
