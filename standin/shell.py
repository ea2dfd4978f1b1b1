"""A playground's files, and the shell or single command that uses them."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from shared.settings.read import NAMES

SCRIPT = Path(__file__).with_name("balances.py")
WINDOWS = os.name == "nt"


def write_files(place: Path, environ: Mapping[str, str]) -> None:
    """Write the settings file, the other variables and the `balances` program to the folder `place`."""
    settings = {name: value for name, value in environ.items() if name in NAMES}
    others = {name: value for name, value in environ.items() if name not in NAMES}
    _write_json(place / "settings.json", {"IsEncrypted": False, "Values": settings})
    _write_json(place / "environ.json", others)
    programs = place / "bin"
    programs.mkdir()
    words = _command(place)
    if WINDOWS:
        (programs / "balances.cmd").write_text(f"@{subprocess.list2cmdline(words)} %*\n", encoding="utf-8")
    else:
        program = programs / "balances"
        program.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n', encoding="utf-8")
        program.chmod(0o700)


def run_command(place: Path, arguments: list[str], folder: Path) -> int:
    """Run one `balances` command in `folder` and return its exit status, or 128 + n if signal n ended it."""
    return _status(subprocess.call([*_command(place), *arguments], cwd=folder))  # noqa: S603 - our own script


def open_shell(place: Path, folder: Path, environ: Mapping[str, str]) -> int:
    """Open the user's shell in `folder`, with `balances` on its PATH, and return its exit status."""
    shell = shutil.which(environ.get("COMSPEC" if WINDOWS else "SHELL", "")) or ("cmd.exe" if WINDOWS else "/bin/sh")
    path = os.pathsep.join([str(place / "bin"), environ.get("PATH", os.defpath)])
    return _status(subprocess.call([shell], cwd=folder, env=dict(environ, PATH=path)))  # noqa: S603 - the user's shell


def _command(place: Path) -> list[str]:
    return [sys.executable, "-P", str(SCRIPT), str(place)]


def _write_json(file: Path, document: object) -> None:
    file.write_text(json.dumps(document, indent=2), encoding="utf-8")


def _status(status: int) -> int:
    return status if status >= 0 else 128 - status
