"""Compiles, lints and formats infra/ with Microsoft's compiler: `python -m tests.infra.tools.bicep_lint [--write]`.

`--write` fixes the formatting and regenerates the snapshots. Any compiler output is a failure.
"""

import subprocess
import sys
from collections.abc import Iterator

from tests.infra.tools.bicep import DEPLOYMENTS, INFRA, MARK, MISSING, ROOT, Bicep, compiler, fingerprint

AGES = ROOT / "tests/infra/tools/bicep_lint.json"
DEPLOYED = [*DEPLOYMENTS.glob("*.bicepparam")]
PARAMETERS = [INFRA / "main.bicepparam", *DEPLOYED]
FILES = [*INFRA.glob("*.bicep"), *PARAMETERS]


def findings(bicep: Bicep) -> Iterator[str]:
    """Yield the problems in infra/ and the parameter files."""
    for path in PARAMETERS:
        for found in bicep.ask("compileParams", path, parameterOverrides={})["diagnostics"]:
            yield f"{found['source']}({found['range']['start']['line'] + 1}): {found['code']}: {found['message']}\n"
    line = [bicep.path, "lint", str(INFRA / "main.bicep"), "--config", str(AGES)]
    yield subprocess.run(line, capture_output=True, encoding="utf-8", check=False).stderr  # noqa: S603 - from PATH or BICEP
    for path in FILES:
        if bicep.ask("format", path)["contents"] != path.read_text("utf-8"):
            yield f"{path.relative_to(ROOT).as_posix()}: the layout differs from `bicep format`\n"


def write(bicep: Bicep) -> None:
    """Format every file and write every snapshot."""
    for path in FILES:
        path.write_text(bicep.ask("format", path)["contents"], "utf-8")
    for path in DEPLOYED:
        path.with_suffix(".snapshot.json").write_text(bicep.snapshot(path), "utf-8")
    MARK.write_text(fingerprint() + "\n", "utf-8")


def main(arguments: list[str]) -> int:
    """Return 1 if the compiler reports anything; without a compiler, say so and return 0."""
    with compiler() as bicep:
        if bicep is None:
            print(f"{MISSING}.")  # noqa: T201 - a command's answer
            return 0
        if "--write" in arguments:
            write(bicep)
        report = "".join(findings(bicep))
    print(report or "Bicep: build, lint, format and parameter files are clean.")  # noqa: T201 - a command's answer
    return 1 if report else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
