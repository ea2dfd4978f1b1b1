"""Runs the command line with a running playground: `python -P balances.py FOLDER COMMAND ...`.

FOLDER contains the playground's variables and settings. Only the project's own modules are imported, whatever the
current folder contains.
"""

import json
import os
import runpy
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WITHOUT_SETTINGS = frozenset({"demo"})


def main() -> None:
    """Run `python -m cli` with the playground's settings."""
    folder, arguments = Path(sys.argv[1]), sys.argv[2:]
    os.environ.update(json.loads((folder / "environ.json").read_text(encoding="utf-8")))
    sys.path.insert(0, str(ROOT))
    if arguments and not arguments[0].startswith("-") and arguments[0] not in WITHOUT_SETTINGS:
        arguments[1:1] = ["--settings", str(folder / "settings.json")]
    sys.argv[1:] = arguments
    runpy.run_module("cli", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
